CREATE INDEX audit_events_patient_id_idx ON audit_events (patient_id) WHERE patient_id IS NOT NULL;
DROP INDEX audit_events_slice_patient_id_idx;
