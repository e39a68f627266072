\set id random(1, 10000)
\set owner (:id - 1) % 100 + 1
SELECT mappings.id, notes, assigned_at, doctors.id, created_by_id, name, name_key, specialization, specialization_key, email, email_key, phone, address,
    availability, license_number, experience_years, consultation_fee_minor, created_at, doctors.updated_at, doctors.version,
    (SELECT users.username FROM users WHERE users.id = doctors.created_by_id LIMIT 1)
FROM mappings INNER JOIN doctors ON doctors.id = mappings.doctor_id
WHERE owner_id = :owner AND patient_id = :id AND ended_at IS NULL ORDER BY assigned_at DESC, mappings.id DESC LIMIT 101;
