DROP TABLE patient_words;
DROP TABLE patients;
