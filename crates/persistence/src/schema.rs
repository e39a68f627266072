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
    admin_sessions (key_hash) {
        key_hash -> Text,
        session_id -> crate::types::Uid,
    }
}

diesel::table! {
    password_resets (key_hash) {
        key_hash -> Text,
        user_id -> BigInt,
        user_version -> Integer,
        created_at -> crate::types::Instant,
        expires_at -> crate::types::Instant,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        code_hash -> Text,
        role -> Text,
        created_at -> crate::types::Instant,
        expires_at -> crate::types::Instant,
        used_at -> Nullable<crate::types::Instant>,
        used_by_id -> Nullable<BigInt>,
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
        created_by_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    patient_words (owner_id, word, created_micros, patient_id) {
        owner_id -> BigInt,
        word -> Text,
        created_micros -> BigInt,
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

diesel::table! {
    patient_versions (owner_id, patient_id, version) {
        owner_id -> BigInt,
        patient_id -> BigInt,
        version -> Integer,
        at -> crate::types::Instant,
        by_id -> Nullable<BigInt>,
        act -> Text,
        fields -> Text,
        since -> crate::types::Instant,
        record -> Text,
    }
}

diesel::table! {
    doctor_versions (doctor_id, version) {
        doctor_id -> BigInt,
        version -> Integer,
        at -> crate::types::Instant,
        by_id -> Nullable<BigInt>,
        act -> Text,
        fields -> Text,
        since -> crate::types::Instant,
        record -> Text,
    }
}

diesel::table! {
    mapping_versions (owner_id, mapping_id, version) {
        owner_id -> BigInt,
        mapping_id -> BigInt,
        version -> Integer,
        at -> crate::types::Instant,
        by_id -> Nullable<BigInt>,
        act -> Text,
        fields -> Text,
        since -> crate::types::Instant,
        notes -> Nullable<Text>,
        ended_at -> Nullable<crate::types::Instant>,
    }
}

diesel::table! {
    idempotency_keys (key) {
        key -> Text,
        fingerprint -> Text,
        record_kind -> Text,
        record_id -> Nullable<BigInt>,
        created_at -> crate::types::Instant,
    }
}

diesel::table! {
    imported_records (source, kind, external_id) {
        source -> Text,
        kind -> Text,
        external_id -> Text,
        record_id -> BigInt,
        origin -> Nullable<crate::types::Instant>,
        imported_at -> crate::types::Instant,
    }
}

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        at -> crate::types::Instant,
        operation -> Text,
        outcome -> Text,
        user_id -> Nullable<BigInt>,
        session_id -> Nullable<crate::types::Uid>,
        address -> Nullable<Text>,
        request_id -> Text,
        record_kind -> Nullable<Text>,
        record_id -> Nullable<Text>,
        version -> Nullable<Integer>,
        patient_id -> Nullable<BigInt>,
        fields -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    audit_seals (seq) {
        seq -> BigInt,
        first_id -> BigInt,
        last_id -> BigInt,
        count -> BigInt,
        events -> BigInt,
        sealed_at -> crate::types::Instant,
        digest -> Binary,
        key_id -> Nullable<Text>,
        hash -> Binary,
    }
}

diesel::table! {
    audit_leaves (seal) {
        seal -> BigInt,
        leaves -> Binary,
    }
}

diesel::table! {
    audit_prunings (seal) {
        seal -> BigInt,
        through_id -> BigInt,
        before -> crate::types::Instant,
        pruned_at -> crate::types::Instant,
        key_id -> Nullable<Text>,
        hash -> Binary,
    }
}

diesel::table! {
    audit_checks (id) {
        id -> BigInt,
        at -> crate::types::Instant,
        user_id -> Nullable<BigInt>,
        seals -> BigInt,
        events -> BigInt,
        broken_seal -> Nullable<BigInt>,
        broken_event -> Nullable<BigInt>,
        fault -> Nullable<Text>,
    }
}

diesel::joinable!(audit_leaves -> audit_seals (seal));
diesel::joinable!(audit_prunings -> audit_seals (seal));
diesel::allow_tables_to_appear_in_same_query!(users, audit_events);
diesel::allow_tables_to_appear_in_same_query!(audit_seals, audit_leaves, audit_prunings);

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    admin_sessions,
    password_resets,
    patients,
    patient_words,
    doctors,
    doctor_words,
    mappings,
    patient_versions,
    doctor_versions,
    mapping_versions,
);
