\set owner random(1, 100)
INSERT INTO patients (name, first_name, last_name, name_key, date_of_birth, gender, phone, owner_id, created_at, updated_at,
    version)
VALUES ('Asha Rao', 'Asha', 'Rao', 'asha rao', '1984-05-17', 'female', '+91 22 5550 0001', :owner, now(), now(), 1)
RETURNING id, (SELECT users.username FROM users WHERE users.id = patients.owner_id LIMIT 1);
