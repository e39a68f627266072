\set id random(1, 1000)
SELECT doctors.id, created_by_id, name, name_key, specialization, specialization_key, email, email_key, phone, address,
    availability, license_number, experience_years, consultation_fee_minor, created_at, doctors.updated_at, doctors.version,
    (SELECT users.username FROM users WHERE users.id = doctors.created_by_id LIMIT 1)
FROM doctors WHERE id = :id AND retired_at IS NULL;
