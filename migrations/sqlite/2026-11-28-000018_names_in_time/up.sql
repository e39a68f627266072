-- A search for a common word looks through the newest records by this index alone. SQLite does not see that it need not read
-- a record to know that it was not deleted.
DROP INDEX patients_owner_id_created_at_idx;
CREATE INDEX patients_owner_id_created_at_idx ON patients (owner_id, created_at, id, name_key, deleted_at)
WHERE deleted_at IS NULL;
