\set owner random(1, 100)
BEGIN;
INSERT INTO patients (name, first_name, last_name, name_key, date_of_birth, gender, phone, owner_id, created_at, updated_at,
    version)
VALUES ('Asha Rao', 'Asha', 'Rao', 'asha rao', '1984-05-17', 'female', '+91 22 5550 0001', :owner, now(), now(), 1)
RETURNING id, (SELECT users.username FROM users WHERE users.id = patients.owner_id LIMIT 1)
\gset
INSERT INTO patient_words (owner_id, word, created_micros, patient_id)
VALUES (:owner, 'asha', (extract(epoch FROM now()) * 1000000)::bigint, :id),
    (:owner, 'rao', (extract(epoch FROM now()) * 1000000)::bigint, :id);
INSERT INTO audit_events (at, operation, outcome, user_id, session_id, address, request_id, record_kind, record_id, version,
    patient_id, fields)
VALUES (now(), 'patients_create', 'done', :owner, '0193526e-6d7a-7c3e-9f0a-2b8f5c1d4e6f', '127.0.0.1',
    '0193526e-6d7a-7c3e-9f0a-2b8f5c1d4e6f', 'patient', :id::bigint::text, 1, :id, 'name,date_of_birth,gender,phone');
COMMIT;
