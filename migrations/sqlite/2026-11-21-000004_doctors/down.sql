DROP TABLE doctor_words;
DROP TABLE doctors;
