//! What a client sent for one field: nothing, null, a value, or something of the wrong type.

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One field of a JSON body. Reading it never fails, so that all wrong fields are found in one go.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) enum Sent<T> {
    /// The field was not in the body.
    #[default]
    Absent,
    /// The field was `null`.
    Null,
    /// A value of the right type.
    Value(T),
    /// Something else; what it should have been.
    Wrong(&'static str),
}

impl<T> Sent<T> {
    /// True when the field was not in the body.
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// A type of value that a field can have.
pub(crate) trait FromJson: Sized {
    /// Reads the JSON text of one value that is not null.
    ///
    /// # Errors
    /// What it should have been.
    fn from_json(json: &str) -> Result<Self, &'static str>;
}

impl<'de, T: FromJson> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(match raw.get() {
            "null" => Self::Null,
            json => T::from_json(json).map_or_else(Self::Wrong, Self::Value),
        })
    }
}

/// A JSON string.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl FromJson for Text {
    fn from_json(json: &str) -> Result<Self, &'static str> {
        serde_json::from_str(json).map(Self).map_err(|_| "must be text")
    }
}

/// A JSON number without a fraction; one beyond 64 bits is as far as they go, out of every range.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Integer(pub(crate) i64);

impl FromJson for Integer {
    fn from_json(json: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be a whole number";
        // 3.0 is a whole number to JSON Schema (section 4.2.3 of its core), and to some serializers.
        let whole = json.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0'));
        let digits = whole.map_or(json, |(digits, _)| digits);
        let (is_negative, magnitude) = digits.strip_prefix('-').map_or((false, digits), |rest| (true, rest));
        if magnitude.is_empty() || !magnitude.bytes().all(|b| b.is_ascii_digit()) {
            return Err(WRONG);
        }
        let limit = if is_negative { i64::MIN } else { i64::MAX };
        Ok(Self(digits.parse().unwrap_or(limit)))
    }
}

/// A decimal number as JSON text or number, to the digit as it was sent: never a binary fraction.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) String);

impl FromJson for Amount {
    fn from_json(json: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be a decimal amount as text or number";
        if json.starts_with('"') {
            return serde_json::from_str(json).map(Self).map_err(|_| WRONG);
        }
        let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if is_number { Ok(Self(json.to_owned())) } else { Err(WRONG) }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Body {
        text: Sent<Text>,
        number: Sent<Integer>,
        amount: Sent<Amount>,
    }

    fn read(json: &str) -> Body {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn tells_absent_from_null() {
        assert!(read("{}").text.is_absent());
        assert!(read(r#"{"text": null}"#).text == Sent::Null);
    }

    #[test]
    fn wrong_types_do_not_hide_one_another() {
        let body = read(r#"{"text": 5, "number": "x", "amount": []}"#);
        assert!(matches!(body.text, Sent::Wrong(_)));
        assert!(matches!(body.number, Sent::Wrong(_)));
        assert!(matches!(body.amount, Sent::Wrong(_)));
    }

    #[test]
    fn whole_numbers_of_any_size_are_read() {
        for (json, number) in [("3", 3), ("3.00", 3), ("-1", -1), ("9999999999999999999999", i64::MAX)] {
            assert!(
                read(&format!(r#"{{"number": {json}}}"#)).number == Sent::Value(Integer(number)),
                "{json}"
            );
        }
        for json in ["3.5", "true", "\"3\"", "1e2"] {
            assert!(matches!(read(&format!(r#"{{"number": {json}}}"#)).number, Sent::Wrong(_)), "{json}");
        }
    }

    #[test]
    fn amounts_keep_their_digits() {
        for json in ["0.10", "\"0.10\""] {
            assert!(read(&format!(r#"{{"amount": {json}}}"#)).amount == Sent::Value(Amount("0.10".into())));
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        assert!(matches!(read(r#"{"text": "\ud800"}"#).text, Sent::Wrong(_)));
    }
}
