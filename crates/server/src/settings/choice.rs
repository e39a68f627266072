//! Settings that are one of a few words.

use serde::Deserialize;

/// An enum that is read from one of its words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
        #[serde(try_from = "String")]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(word: String) -> Result<Self, String> {
                match word.as_str() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("must be one of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

choice! {
    /// Where the server runs.
    Environment {
        /// On somebody's own machine: secrets are made up where none are given.
        Development = "development",
        /// With patients' records: what is unsafe stops the start.
        Production = "production",
    }
}

choice! {
    /// How tokens are signed.
    SigningAlgorithm {
        /// With a secret: who verifies can sign.
        Hs256 = "HS256",
        /// With a private key: others verify with the public key.
        EdDsa = "EdDSA",
    }
}

choice! {
    /// Who may write doctors.
    DoctorsWriteSetting {
        /// Every user.
        Any = "any",
        /// The creator and staff.
        Creator = "creator",
        /// Staff.
        Staff = "staff",
    }
}

choice! {
    /// Who may make an account.
    RegistrationSetting {
        /// Everybody.
        Open = "open",
        /// Whoever shows an invitation that the administrator has made.
        Invite = "invite",
        /// Nobody: the administrator makes accounts.
        Closed = "closed",
    }
}

choice! {
    /// What `GET /api/mappings/<n>/` means.
    MappingDetailSetting {
        /// The doctors of patient n.
        Patient = "patient",
        /// Mapping n.
        Mapping = "mapping",
    }
}

choice! {
    /// What happens to reads in the audit trail.
    ReadAuditSetting {
        /// On record at most a tenth of a second later.
        Batched = "batched",
        /// On record before they are answered.
        Strict = "strict",
        /// Not on record.
        Off = "off",
    }
}

choice! {
    /// How much is logged.
    LogLevel {
        /// Nothing.
        Off = "off",
        /// What somebody must act on.
        Error = "error",
        /// What is degraded, too.
        Warn = "warn",
        /// Events, too.
        Info = "info",
        /// What helps to find a fault, too.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

choice! {
    /// What log lines look like.
    LogFormat {
        /// Lines for people on a terminal, JSON elsewhere.
        Auto = "auto",
        /// Lines for people.
        Human = "human",
        /// One JSON object a line.
        Json = "json",
    }
}

impl From<SigningAlgorithm> for security::Algorithm {
    fn from(setting: SigningAlgorithm) -> Self {
        match setting {
            SigningAlgorithm::Hs256 => Self::Hs256,
            SigningAlgorithm::EdDsa => Self::EdDsa,
        }
    }
}

impl From<ReadAuditSetting> for application::ReadAudit {
    fn from(setting: ReadAuditSetting) -> Self {
        match setting {
            ReadAuditSetting::Batched => Self::Batched,
            ReadAuditSetting::Strict => Self::Strict,
            ReadAuditSetting::Off => Self::Off,
        }
    }
}

impl From<DoctorsWriteSetting> for domain::DoctorsWrite {
    fn from(setting: DoctorsWriteSetting) -> Self {
        match setting {
            DoctorsWriteSetting::Any => Self::Any,
            DoctorsWriteSetting::Creator => Self::Creator,
            DoctorsWriteSetting::Staff => Self::Staff,
        }
    }
}

impl From<RegistrationSetting> for domain::Registration {
    fn from(setting: RegistrationSetting) -> Self {
        match setting {
            RegistrationSetting::Open => Self::Open,
            RegistrationSetting::Invite => Self::Invite,
            RegistrationSetting::Closed => Self::Closed,
        }
    }
}

impl From<MappingDetailSetting> for http_api::MappingDetail {
    fn from(setting: MappingDetailSetting) -> Self {
        match setting {
            MappingDetailSetting::Patient => Self::Patient,
            MappingDetailSetting::Mapping => Self::Mapping,
        }
    }
}
