-- The doctors of a patient, in their order. Without it SQLite goes through all that the owner has assigned, since that is
-- in order already.
CREATE INDEX mappings_owner_id_patient_id_idx ON mappings (owner_id, patient_id, assigned_at, id);
