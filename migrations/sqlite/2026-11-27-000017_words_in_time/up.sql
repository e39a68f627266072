-- With each word the time when its patient's record was made, in microseconds since 1970: a search finds a page without
-- reading all records that it finds. The newest come first, as in most lists.
CREATE TABLE patient_words_in_time (
    owner_id INTEGER NOT NULL,
    word TEXT NOT NULL,
    created_micros INTEGER NOT NULL,
    patient_id INTEGER NOT NULL,
    CONSTRAINT patient_words_pkey PRIMARY KEY (owner_id, word, created_micros DESC, patient_id DESC),
    CONSTRAINT patient_words_patient_id_fkey FOREIGN KEY (owner_id, patient_id) REFERENCES patients (owner_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO patient_words_in_time (owner_id, word, created_micros, patient_id)
SELECT patient_words.owner_id, word,
    unixepoch(substr(created_at, 1, 19)) * 1000000 + CAST(substr(created_at, 21, 6) AS INTEGER), patient_id
FROM patient_words JOIN patients ON patients.id = patient_id
ORDER BY 1, 2, 3 DESC, 4 DESC;
DROP TABLE patient_words;
ALTER TABLE patient_words_in_time RENAME TO patient_words;
CREATE INDEX patient_words_word_idx ON patient_words (word, patient_id);
