//! Values that the domain refuses, made acceptable or left out, each with a line of the report.

use domain::{EmailAddress, Gender, Phone};

use crate::case::Case;

/// The zeros of decimal digits that are met in phone numbers (Unicode, general category Nd): Arabic, Persian,
/// Devanagari, Bengali, Gurmukhi, Gujarati, Odia, Tamil, Telugu, Kannada, Malayalam, Thai, and full-width ones.
const ZEROS: [char; 13] = [
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
    '\u{ce6}', '\u{d66}', '\u{e50}', '\u{ff10}',
];

/// What a text may hold.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// One line.
    Line,
    /// Tabs and line ends as well.
    Lines,
}

/// How a text is read: what its field is called, what it may hold and how much.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) max: usize,
}

impl Field {
    pub(crate) const fn line(name: &'static str, max: usize) -> Self {
        Self { name, shape: Shape::Line, max }
    }

    pub(crate) const fn lines(name: &'static str, max: usize) -> Self {
        Self { name, shape: Shape::Lines, max }
    }
}

/// Present and not blank.
pub(crate) fn filled(raw: Option<&str>) -> Option<&str> {
    raw.filter(|text| !text.trim().is_empty())
}

impl Case<'_> {
    /// A text: control characters become blanks, what is too long is cut.
    pub(crate) fn text<T, E>(
        &mut self,
        field: Field,
        raw: Option<&str>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let raw = filled(raw)?;
        if let Ok(value) = parse(raw) {
            return Some(value);
        }
        let (max, original) = (field.max, Some(raw));
        let bare: String = raw.chars().map(|c| if is_refused(c, field.shape) { ' ' } else { c }).collect();
        let is_long = measured(&bare, field.shape).chars().count() > max;
        let cut: String = measured(&bare, field.shape).chars().take(max).collect();
        let Ok(value) = parse(&cut) else {
            self.repair(field.name, "is not acceptable", "left empty", original);
            return None;
        };
        match (bare == raw, is_long) {
            (true, _) => {
                let rule = format!("has more than {max} characters");
                self.repair(field.name, rule, format!("the first {max} are kept"), original);
            }
            (false, false) => {
                self.repair(field.name, "has control characters", "replaced by blanks", original);
            }
            (false, true) => {
                let rule = format!("has control characters and more than {max} characters");
                let done = format!("replaced by blanks; the first {max} are kept");
                self.repair(field.name, rule, done, original);
            }
        }
        Some(value)
    }

    /// A phone number: digits of other scripts become ASCII ones.
    pub(crate) fn phone(&mut self, field: &'static str, raw: Option<&str>) -> Option<Phone> {
        let raw = filled(raw)?;
        if let Ok(phone) = Phone::parse(raw) {
            return Some(phone);
        }
        let ascii: String = raw.chars().map(ascii_digit).collect();
        match Phone::parse(&ascii) {
            Ok(phone) => {
                self.repair(field, "has digits of another script", "written with ASCII digits", Some(raw));
                Some(phone)
            }
            Err(error) => {
                self.repair(field, format!("phone number {error}"), "left empty", Some(raw));
                None
            }
        }
    }

    /// An e-mail address.
    pub(crate) fn email(&mut self, raw: Option<&str>) -> Option<EmailAddress> {
        let raw = filled(raw)?;
        let email = EmailAddress::parse(raw);
        if let Err(error) = email {
            self.repair("email", error.to_string(), "left empty", Some(raw));
        }
        email.ok()
    }

    /// A gender: what is none is unknown.
    pub(crate) fn gender(&mut self, raw: Option<&str>) -> Option<Gender> {
        let raw = filled(raw)?;
        Some(Gender::parse(raw).unwrap_or_else(|error| {
            self.repair("gender", error.to_string(), "unknown", Some(raw));
            Gender::Unknown
        }))
    }
}

/// The part of a text whose length counts.
fn measured(text: &str, shape: Shape) -> &str {
    match shape {
        Shape::Line => text.trim(),
        Shape::Lines => text,
    }
}

fn is_refused(c: char, shape: Shape) -> bool {
    c.is_control() && !(matches!(shape, Shape::Lines) && matches!(c, '\t' | '\n' | '\r'))
}

fn ascii_digit(c: char) -> char {
    let of = |zero: &char| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10);
    ZEROS.iter().find_map(of).and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use domain::{Address, PersonName};

    use super::*;
    use crate::case::Ledger;
    use crate::report::Report;

    fn told(case: Case<'_>) -> Vec<String> {
        let (mut ledger, mut report) = (Ledger::new("t"), Report::default());
        ledger.close(case);
        ledger.finish(&mut report);
        report.lines.iter().map(|line| format!("{line:?}")).collect()
    }

    #[test]
    fn long_texts_are_cut_and_control_characters_become_blanks() {
        let mut case = Case::new("t", 1);
        let name = Field::line("name", PersonName::MAX_CHARS);
        assert_eq!(case.text(name, Some("Tab\tBell\u{7}"), PersonName::parse).unwrap().as_str(), "Tab Bell");
        let address = Field::lines("address", Address::MAX_CHARS);
        let long = "é\n".repeat(2_000);
        let cut = case.text(address, Some(&long), Address::parse).unwrap();
        assert_eq!(cut.as_str(), "é\n".repeat(1_000));
        assert!(case.text(address, Some(" \n "), Address::parse).is_none());
        assert_eq!(
            told(case),
            [
                "repaired t 1 name: has control characters; replaced by blanks",
                "repaired t 1 address: has more than 2000 characters; the first 2000 are kept"
            ]
        );
    }

    #[test]
    fn digits_of_other_scripts_are_read() {
        let mut case = Case::new("t", 1);
        assert_eq!(case.phone("phone", Some("٥٥٥٠١٠٠٠١٠")).unwrap().as_str(), "5550100010");
        assert_eq!(case.phone("phone", Some("+९१ २२")).unwrap().as_str(), "+91 22");
        assert!(case.phone("phone", Some("ext 12")).is_none());
        assert!(case.phone("phone", Some("")).is_none());
        assert_eq!(told(case).len(), 3);
    }
}
