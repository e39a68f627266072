-- The indexes by patient and by user begin anew with every 4,096 events: what is added goes into a dozen pages that are
-- at hand. Over all events, or over many, each new entry would be on a page of its own.
CREATE INDEX audit_events_slice_user_id_idx ON audit_events ((id >> 12), user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_new_idx ON audit_events ((id >> 12), patient_id, id) WHERE patient_id IS NOT NULL;
-- Last, since nobody can read the trail from here to the end.
DROP INDEX audit_events_user_id_idx;
DROP INDEX audit_events_slice_patient_id_idx;
ALTER INDEX audit_events_new_idx RENAME TO audit_events_slice_patient_id_idx;
-- How many slices there are is not known otherwise until the next automatic run.
ANALYZE audit_events;
