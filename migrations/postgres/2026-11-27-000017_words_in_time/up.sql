-- With each word the time when its patient's record was made: a search finds the first page without reading all records
-- that it finds.
ALTER TABLE patient_words ADD COLUMN created_at TIMESTAMPTZ;
UPDATE patient_words SET created_at = patients.created_at FROM patients
WHERE patients.owner_id = patient_words.owner_id AND patients.id = patient_words.patient_id;
ALTER TABLE patient_words ALTER COLUMN created_at SET NOT NULL;
ALTER TABLE patient_words DROP CONSTRAINT patient_words_pkey,
    ADD CONSTRAINT patient_words_pkey PRIMARY KEY (owner_id, word, created_at, patient_id);
