\set owner random(1, 100)
SELECT id, owner_id, name, first_name, last_name, name_key, date_of_birth, age_told, age_told_on, gender, email, phone,
    emergency_contact, address, medical_history, blood_group, created_at, updated_at, version,
    (SELECT users.username FROM users WHERE users.id = patients.owner_id LIMIT 1)
FROM patients WHERE owner_id = :owner AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 21;
