-- The indexes by patient and by user begin anew with every 4,096 events: what is added goes into a dozen pages that are
-- at hand. Over all events, or over many, each new entry would be on a page of its own.
DROP INDEX audit_events_slice_patient_id_idx;
DROP INDEX audit_events_user_id_idx;
CREATE INDEX audit_events_slice_patient_id_idx ON audit_events ((id >> 12), patient_id, id)
WHERE patient_id IS NOT NULL;
CREATE INDEX audit_events_slice_user_id_idx ON audit_events ((id >> 12), user_id, id) WHERE user_id IS NOT NULL;
