//! Amounts of money.

use std::fmt;

use rust_decimal::Decimal;

/// An amount from 0.00 to 99,999,999.99, exact, in hundredths of the clinic's currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Money(i64);

/// The text is no amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("must be a decimal amount")]
    Malformed,
    /// More than two decimals.
    #[error("must have at most two decimals")]
    TooPrecise,
    /// Below zero or above 99,999,999.99.
    #[error("must be from 0.00 to 99999999.99")]
    OutOfRange,
}

impl Money {
    /// The highest amount, in hundredths.
    pub const MAX_MINOR: i64 = 9_999_999_999;

    /// Reads a decimal number, with or without an exponent; never through a binary fraction.
    pub fn parse(raw: &str) -> Result<Self, MoneyError> {
        let text = raw.trim();
        let amount = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
        let amount = amount.map_err(|_| MoneyError::Malformed)?.normalize();
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(MoneyError::OutOfRange);
        }
        if amount.scale() > 2 {
            return Err(MoneyError::TooPrecise);
        }
        let minor = amount.checked_mul(Decimal::ONE_HUNDRED).and_then(|minor| i64::try_from(minor).ok());
        minor.and_then(Self::from_minor).ok_or(MoneyError::OutOfRange)
    }

    /// The amount of so many hundredths, if it is in range.
    pub const fn from_minor(minor: i64) -> Option<Self> {
        if minor >= 0 && minor <= Self::MAX_MINOR { Some(Self(minor)) } else { None }
    }

    /// Hundredths of the currency.
    pub const fn minor(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Money {
    /// With two decimals: `1500.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&raw).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_exact_to_the_cent() {
        for (raw, shown) in [
            ("0.10", "0.10"),
            ("1500", "1500.00"),
            ("1500.5", "1500.50"),
            ("99999999.99", "99999999.99"),
            ("1.5e3", "1500.00"),
            ("2.000", "2.00"),
            ("-0", "0.00"),
        ] {
            assert_eq!(Money::parse(raw).unwrap().to_string(), shown, "{raw}");
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for raw in ["", "abc", "NaN", "1,5", "0x10", "1e999999999"] {
            assert_eq!(Money::parse(raw), Err(MoneyError::Malformed), "{raw}");
        }
        assert_eq!(Money::parse("0.001"), Err(MoneyError::TooPrecise));
        assert_eq!(Money::parse("-0.01"), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse("100000000.00"), Err(MoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(minor in 0..=Money::MAX_MINOR) {
            let amount = Money::from_minor(minor).unwrap();
            prop_assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
        }
    }
}
