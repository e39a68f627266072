-- Patients come in no order: an index over all of them is written all over, and costs an event more than the rest of
-- it. This one begins anew with every 65,536 events, so that new ones go into a few pages that are at hand.
CREATE INDEX audit_events_slice_patient_id_idx ON audit_events ((id >> 16), patient_id, id)
WHERE patient_id IS NOT NULL;
DROP INDEX audit_events_patient_id_idx;
