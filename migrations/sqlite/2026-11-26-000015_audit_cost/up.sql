-- The indexes by patient and by user begin anew with every 4,096 events: what is added goes into a dozen pages that are
-- at hand. Over all events, or over many, each new entry would be on a page of its own.
DROP INDEX audit_events_slice_patient_id_idx;
DROP INDEX audit_events_user_id_idx;
CREATE INDEX audit_events_slice_patient_id_idx ON audit_events (id >> 12, patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_events_slice_user_id_idx ON audit_events (id >> 12, user_id) WHERE user_id IS NOT NULL;

-- As before, but for whoever gives an id, who is nobody but who does wrong: without one `NEW.id` is -1 here.
DROP TRIGGER audit_events_replace;
CREATE TRIGGER audit_events_replace BEFORE INSERT ON audit_events
WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to: no update of audit_events'); END;
