ALTER TABLE patient_words DROP CONSTRAINT patient_words_pkey,
    ADD CONSTRAINT patient_words_pkey PRIMARY KEY (owner_id, word, patient_id);
ALTER TABLE patient_words DROP COLUMN created_micros;
