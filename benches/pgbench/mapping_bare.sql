\set again random(1, 100)
\set id CASE WHEN :again <= 5 THEN random(1, 200) ELSE random(1, 10000) END
\set doctor CASE WHEN :again <= 5 THEN 1 ELSE random(2, 1000) END
\set owner (:id - 1) % 100 + 1
INSERT INTO mappings (owner_id, patient_id, doctor_id, assigned_by_id, assigned_at, updated_at, version)
VALUES (:owner, :id, :doctor, :owner, now(), now(), 1) ON CONFLICT DO NOTHING
RETURNING id, (SELECT users.username FROM users WHERE users.id = mappings.assigned_by_id LIMIT 1);
