DROP INDEX audit_events_slice_patient_id_idx;
DROP INDEX audit_events_slice_user_id_idx;
CREATE INDEX audit_events_slice_patient_id_idx ON audit_events (id >> 16, patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_events_user_id_idx ON audit_events (user_id) WHERE user_id IS NOT NULL;
DROP TRIGGER audit_events_replace;
CREATE TRIGGER audit_events_replace BEFORE INSERT ON audit_events
WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_events'); END;
