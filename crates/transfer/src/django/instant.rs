//! Instants as the kinds of sources write them.

use chrono::NaiveDateTime;
use domain::Timestamp;

/// Reads `2024-01-02 03:04:05.678901+05:30`, with a `T`, with `Z`, with an offset that has seconds (`+05:21:10`), and
/// without an offset, which is UTC.
pub(super) fn parse(raw: &str) -> Option<Timestamp> {
    let text = raw.trim();
    let (date, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes().get(10), Some(b' ' | b'T' | b't')) {
        return None;
    }
    let end = rest.find(['+', '-', 'Z', 'z']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at_checked(end)?;
    let local =
        NaiveDateTime::parse_from_str(&format!("{date} {}", clock.trim()), "%Y-%m-%d %H:%M:%S%.f").ok()?;
    let micros =
        local.and_utc().timestamp_micros().checked_sub(seconds_ahead(offset)?.checked_mul(1_000_000)?)?;
    Timestamp::from_micros(micros)
}

/// How far a zone is ahead of UTC.
fn seconds_ahead(offset: &str) -> Option<i64> {
    let (sign, digits) = match offset.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(0),
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        Some(_) => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    Some(sign * (part(0)? * 3600 + part(2)? * 60 + part(4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(raw: &str) -> Option<String> {
        parse(raw).map(|at| at.to_string())
    }

    #[test]
    fn every_form_is_the_instant_that_it_means() {
        for (raw, expected) in [
            ("2024-01-02 03:04:05.678901", "2024-01-02T03:04:05.678901Z"),
            ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05.678Z"),
            ("2024-01-02T03:04:05+05:30", "2024-01-01T21:34:05Z"),
            ("2024-04-20 10:59:14.28744+05:30", "2024-04-20T05:29:14.287440Z"),
            ("2023-03-09 17:29:26.321642-05", "2023-03-09T22:29:26.321642Z"),
            ("1900-01-01 05:21:10+05:21:10", "1900-01-01T00:00:00Z"),
            ("2100-01-01 05:29:59.999999+05:30", "2099-12-31T23:59:59.999999Z"),
            ("2024-01-02 03:04:05+00", "2024-01-02T03:04:05Z"),
        ] {
            assert_eq!(utc(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for raw in [
            "",
            "infinity",
            "2024-01-02",
            "0044-03-15 12:00:00+00 BC",
            "2024-01-02 03:04:05+5",
            "2024-13-02 03:04:05",
        ] {
            assert_eq!(utc(raw), None, "{raw}");
        }
    }
}
