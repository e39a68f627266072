\set again random(1, 100)
\set id CASE WHEN :again <= 5 THEN random(1, 200) ELSE random(1, 10000) END
\set doctor CASE WHEN :again <= 5 THEN 1 ELSE random(2, 1000) END
\set owner (:id - 1) % 100 + 1
BEGIN;
SELECT name, first_name, last_name, deleted_at FROM patients WHERE owner_id = :owner AND id = :id FOR SHARE;
SELECT name, specialization FROM doctors WHERE id = :doctor AND retired_at IS NULL FOR SHARE;
INSERT INTO mappings (owner_id, patient_id, doctor_id, assigned_by_id, assigned_at, updated_at, version)
VALUES (:owner, :id, :doctor, :owner, now(), now(), 1) ON CONFLICT DO NOTHING
RETURNING id, (SELECT users.username FROM users WHERE users.id = mappings.assigned_by_id LIMIT 1);
INSERT INTO audit_events (at, operation, outcome, user_id, session_id, address, request_id, record_kind, record_id, version,
    patient_id, fields)
VALUES (now(), 'mappings_create', 'done', :owner, '0193526e-6d7a-7c3e-9f0a-2b8f5c1d4e6f', '127.0.0.1',
    '0193526e-6d7a-7c3e-9f0a-2b8f5c1d4e6f', 'mapping', '1', 1, :id, 'patient,doctor');
COMMIT;
