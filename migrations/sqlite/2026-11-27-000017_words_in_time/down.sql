CREATE TABLE patient_words_by_name (
    owner_id INTEGER NOT NULL,
    word TEXT NOT NULL,
    patient_id INTEGER NOT NULL,
    CONSTRAINT patient_words_pkey PRIMARY KEY (owner_id, word, patient_id),
    CONSTRAINT patient_words_patient_id_fkey FOREIGN KEY (owner_id, patient_id) REFERENCES patients (owner_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO patient_words_by_name SELECT owner_id, word, patient_id FROM patient_words;
DROP TABLE patient_words;
ALTER TABLE patient_words_by_name RENAME TO patient_words;
CREATE INDEX patient_words_word_idx ON patient_words (word, patient_id);
