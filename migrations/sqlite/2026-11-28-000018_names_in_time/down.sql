DROP INDEX patients_owner_id_created_at_idx;
CREATE INDEX patients_owner_id_created_at_idx ON patients (owner_id, created_at, id) WHERE deleted_at IS NULL;
