-- Numbers users and patients so that patient n belongs to user (n - 1) % 100 + 1, and nothing refers to what is gone.
SET session_replication_role = replica;
CREATE TEMPORARY TABLE numbered AS
    SELECT owner_id, id AS old_id,
        (row_number() OVER (PARTITION BY owner_id ORDER BY id) - 1) * 100 + owner_id AS new_id
    FROM patients;
UPDATE patients SET id = id + 10000000;
UPDATE patients p SET id = n.new_id FROM numbered n WHERE p.owner_id = n.owner_id AND p.id = n.old_id + 10000000;
UPDATE patient_words SET patient_id = patient_id + 10000000;
UPDATE patient_words w SET patient_id = n.new_id FROM numbered n
    WHERE w.owner_id = n.owner_id AND w.patient_id = n.old_id + 10000000;
UPDATE mappings SET patient_id = patient_id + 10000000;
UPDATE mappings m SET patient_id = n.new_id FROM numbered n
    WHERE m.owner_id = n.owner_id AND m.patient_id = n.old_id + 10000000;
SELECT setval(pg_get_serial_sequence('patients', 'id'), 20000000);
DO $$ BEGIN
    ASSERT (SELECT count(*) FROM patients p JOIN users u ON u.id = p.owner_id
        WHERE p.id BETWEEN 1 AND 10000 AND p.owner_id = (p.id - 1) % 100 + 1) = 10000,
        'the data set is not the one that these scripts are for';
    ASSERT (SELECT count(*) FROM doctors WHERE id BETWEEN 1 AND 1000) = 1000, 'doctors are numbered otherwise';
END $$
