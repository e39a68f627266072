//! The tables, alike on both databases. Kept by hand: a test compares them with both folders of migrations.

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        name -> Text,
        first_name -> Text,
        last_name -> Text,
        phone -> Nullable<Text>,
        role -> Text,
        is_active -> Bool,
        date_joined -> crate::types::Instant,
        last_login -> Nullable<crate::types::Instant>,
        version -> Integer,
    }
}

diesel::table! {
    sessions (id) {
        id -> crate::types::Uid,
        user_id -> BigInt,
        refresh_counter -> BigInt,
        rotated_at -> crate::types::Instant,
        created_at -> crate::types::Instant,
        last_used_at -> crate::types::Instant,
        expires_at -> crate::types::Instant,
        ended_at -> Nullable<crate::types::Instant>,
        user_agent -> Nullable<Text>,
        address -> Nullable<Text>,
    }
}

diesel::table! {
    patients (owner_id, id) {
        id -> BigInt,
        owner_id -> BigInt,
        name -> Text,
        first_name -> Text,
        last_name -> Text,
        name_key -> Text,
        date_of_birth -> Nullable<Date>,
        age_told -> Nullable<SmallInt>,
        age_told_on -> Nullable<Date>,
        gender -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        emergency_contact -> Nullable<Text>,
        address -> Nullable<Text>,
        medical_history -> Nullable<Text>,
        blood_group -> Nullable<Text>,
        created_at -> crate::types::Instant,
        updated_at -> crate::types::Instant,
        version -> Integer,
        deleted_at -> Nullable<crate::types::Instant>,
    }
}

diesel::table! {
    patient_words (owner_id, word, patient_id) {
        owner_id -> BigInt,
        word -> Text,
        patient_id -> BigInt,
    }
}

diesel::table! {
    doctors (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        specialization -> Nullable<Text>,
        specialization_key -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        phone -> Nullable<Text>,
        address -> Nullable<Text>,
        availability -> Nullable<Text>,
        license_number -> Nullable<Text>,
        experience_years -> Nullable<SmallInt>,
        consultation_fee_minor -> Nullable<BigInt>,
        created_by_id -> BigInt,
        created_at -> crate::types::Instant,
        updated_at -> crate::types::Instant,
        version -> Integer,
        retired_at -> Nullable<crate::types::Instant>,
    }
}

diesel::table! {
    doctor_words (word, doctor_id) {
        word -> Text,
        doctor_id -> BigInt,
    }
}

diesel::table! {
    mappings (owner_id, id) {
        id -> BigInt,
        owner_id -> BigInt,
        patient_id -> BigInt,
        doctor_id -> BigInt,
        notes -> Nullable<Text>,
        assigned_by_id -> Nullable<BigInt>,
        assigned_at -> crate::types::Instant,
        ended_at -> Nullable<crate::types::Instant>,
        updated_at -> crate::types::Instant,
        version -> Integer,
    }
}

diesel::table! {
    sign_in_attempts (key) {
        key -> Text,
        count -> BigInt,
        since -> crate::types::Instant,
        blocked_until -> crate::types::Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    patients,
    patient_words,
    doctors,
    doctor_words,
    mappings,
);
