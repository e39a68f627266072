-- Who made a record, where that is not its owner: who had it before, or an administrator. It refers to nothing: what is
-- told of the past outlives accounts.
ALTER TABLE patients ADD COLUMN created_by_id INTEGER;

-- Lists of all owners' patients that are narrowed to a gender, a blood group, or both, in the order of ids; and how
-- many there are of each. They end with the id, so that new records stand side by side.
CREATE INDEX patients_gender_idx ON patients (gender, id) WHERE deleted_at IS NULL AND gender IS NOT NULL;
CREATE INDEX patients_blood_group_idx ON patients (blood_group, id)
    WHERE deleted_at IS NULL AND blood_group IS NOT NULL;
CREATE INDEX patients_gender_blood_group_idx ON patients (gender, blood_group, id) WHERE deleted_at IS NULL;
