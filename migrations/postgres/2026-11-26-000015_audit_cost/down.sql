CREATE INDEX audit_events_user_id_idx ON audit_events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_old_idx ON audit_events ((id >> 16), patient_id, id) WHERE patient_id IS NOT NULL;
DROP INDEX audit_events_slice_user_id_idx;
DROP INDEX audit_events_slice_patient_id_idx;
ALTER INDEX audit_events_old_idx RENAME TO audit_events_slice_patient_id_idx;
