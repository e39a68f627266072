DROP INDEX patients_gender_blood_group_idx;
DROP INDEX patients_blood_group_idx;
DROP INDEX patients_gender_idx;
ALTER TABLE patients DROP COLUMN created_by_id;
