-- With each word the time when its patient's record was made, in microseconds since 1970: a search finds a page without
-- reading all records that it finds.
ALTER TABLE patient_words ADD COLUMN created_micros BIGINT;
UPDATE patient_words SET created_micros = (extract(epoch FROM patients.created_at) * 1000000)::bigint
FROM patients
WHERE patients.owner_id = patient_words.owner_id AND patients.id = patient_words.patient_id;
ALTER TABLE patient_words ALTER COLUMN created_micros SET NOT NULL;
ALTER TABLE patient_words DROP CONSTRAINT patient_words_pkey,
    ADD CONSTRAINT patient_words_pkey PRIMARY KEY (owner_id, word, created_micros, patient_id);
