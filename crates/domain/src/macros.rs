//! Macros for what every id and value type has in common.

/// `Debug` that prints the type's name and nothing of its content.
///
/// For types that hold patient data or secrets: a stray `{:?}` in a log line then tells nothing.
macro_rules! redacted_debug {
    ($($name:ty),+ $(,)?) => {$(
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

/// Serde for a type with `as_str` and `parse`: a string on the way out, parsed on the way in.
macro_rules! serde_as_text {
    ($($name:ty),+ $(,)?) => {$(
        #[cfg(feature = "serde")]
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&raw).map_err(::serde::de::Error::custom)
            }
        }
    )+};
}

/// Serde for a number type with `get` and `new`: a number on the way out, checked on the way in.
macro_rules! serde_as_number {
    ($($name:ty : $number:ty),+ $(,)?) => {$(
        #[cfg(feature = "serde")]
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ::serde::Serialize::serialize(&self.get(), serializer)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = <$number as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::new(raw).ok_or_else(|| ::serde::de::Error::custom(concat!("out of range for ", stringify!($name))))
            }
        }
    )+};
}

pub(crate) use {redacted_debug, serde_as_number, serde_as_text};
