DROP TABLE idempotency_keys;
DROP TABLE mapping_versions;
DROP TABLE doctor_versions;
DROP TABLE patient_versions;
