-- A search for a common word looks through the newest records by this index alone.
-- Whoever writes waits from the beginning: with the lock of a row at hand it would wait for the index, and the end of this for it.
LOCK TABLE patients IN EXCLUSIVE MODE;
CREATE INDEX patients_new_idx ON patients (owner_id, created_at, id) INCLUDE (name_key) WHERE deleted_at IS NULL;
DROP INDEX patients_owner_id_created_at_idx;
ALTER INDEX patients_new_idx RENAME TO patients_owner_id_created_at_idx;
