//! What the generated requests are made of: mostly right, some wrong, all kinds of text.

use serde_json::{Value, json};

/// Names: equal but for case, accents, width and form; of many scripts; some refused.
pub(super) const NAMES: [&str; 38] = [
    "Ann",
    "ann",
    "ANN",
    "Änn",
    "A\u{308}nn",
    "Ａｎｎ",
    "Ann Lee",
    "Ann  Lee",
    "ann-lee",
    "Ann O'Neil",
    "Ann O’Neil",
    "José Álvarez",
    "jose alvarez",
    "Straße",
    "STRASSE",
    "strasse",
    "ẞ",
    "İstanbul",
    "istanbul",
    "Ⅸ",
    "ﬁne",
    "fine",
    "अनुपमा राव",
    "अनुपमा",
    "王小明",
    "محمد",
    "שלום",
    "👩🏽‍⚕️ Rao",
    "🩺",
    "z",
    "Z",
    "_",
    "%",
    "a\\b",
    "Zoë \"Z\" <b>",
    "'; DROP TABLE patients;--",
    "  outer spaces  ",
    "NULL",
];

/// Names that no record may have.
pub(super) const BAD_NAMES: [&str; 6] = [
    "",
    "   ",
    "\u{a0}",
    "a\u{0}b",
    "a\tb",
    "tooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo long",
];

/// User names, some the same to the server.
pub(super) const USER_NAMES: [&str; 12] =
    ["kim", "KIM", "Kim", "ｋｉｍ", "kım", "straße", "STRASSE", "अनुपमा", "a b", "x@y", "", "k.i-m_+1"];

/// E-mail addresses, some the same to the server.
pub(super) const EMAILS: [&str; 9] = [
    "kim@example.com",
    "KIM@example.com",
    "kim@EXAMPLE.com",
    "o'neil@bücher.example",
    "o'neil@xn--bcher-kva.example",
    "kim@localhost",
    "no address",
    "a@b@c.de",
    " kim2@example.com ",
];

/// What to search for, percent-encoded.
pub(super) const SEARCHES: [&str; 20] = [
    "ann",
    "AN",
    "%C3%84nn",
    "a%CC%88nn",
    "lee",
    "o'n",
    "neil",
    "alv",
    "strasse",
    "stra%C3%9Fe",
    "%E1%BA%9E",
    "ist",
    "%E2%85%A8",
    "ix",
    "%E0%A4%85",
    "%F0%9F%A9%BA",
    "_",
    "%25",
    "z",
    "ann%20lee",
];

/// The fields of a patient, each with values that it can and cannot have.
pub(super) fn patient_fields() -> Vec<(&'static str, Vec<Value>)> {
    let long = "x".repeat(2_001);
    vec![
        (
            "date_of_birth",
            vec![
                json!("1984-05-17"),
                json!("1900-01-01"),
                json!("2000-02-29"),
                json!("1899-12-31"),
                json!("2999-01-01"),
                json!("x"),
                json!(null),
            ],
        ),
        (
            "age",
            vec![
                json!(0),
                json!(42),
                json!(150),
                json!(151),
                json!(-1),
                json!(3.0),
                json!(3.5),
                json!("3"),
                json!(null),
            ],
        ),
        (
            "gender",
            vec![json!("M"), json!("female"), json!("OTHER"), json!("u"), json!("x"), json!(""), json!(null)],
        ),
        ("email", vec![json!("a@b.de"), json!("A@B.de"), json!("x"), json!(null)]),
        ("phone", vec![json!("+91 (22) 5550-1234"), json!("999"), json!("99"), json!("٩٩٩"), json!(null)]),
        ("emergency_contact", vec![json!("022.5550"), json!("mum"), json!(5)]),
        (
            "address",
            vec![
                json!("12 MG Road\r\n\tPune"),
                json!("<script>alert(1)</script>"),
                json!("a\u{0}b"),
                json!(long),
                json!(""),
            ],
        ),
        (
            "medical_history",
            vec![json!("Asthma; \"none\" \\ NULL"), json!("\u{1f9ec}".repeat(300)), json!([])],
        ),
        ("blood_group", vec![json!("A+"), json!("o-"), json!("AB"), json!(null)]),
        ("last_name", vec![json!("Rao"), json!(""), json!(null)]),
        ("unknown", vec![json!({"a": [1, null]})]),
    ]
}

/// The fields of a doctor, each with values that it can and cannot have.
pub(super) fn doctor_fields() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "specialization",
            vec![
                json!("Cardiology"),
                json!("CARDIOLOGY"),
                json!("Cardiología"),
                json!("神経"),
                json!(""),
                json!(null),
                json!(1),
            ],
        ),
        (
            "email",
            vec![
                json!("d1@example.com"),
                json!("D1@example.com"),
                json!("d2@bücher.example"),
                json!("d2@xn--bcher-kva.example"),
                json!("x"),
                json!(null),
            ],
        ),
        ("phone", vec![json!("999"), json!("n/a")]),
        ("address", vec![json!("Bandra\nMumbai"), json!(null)]),
        ("availability", vec![json!("Mon to Fri"), json!("a\nb")]),
        (
            "license_number",
            vec![json!("L-1"), json!("l-1"), json!(" L-1 "), json!("L-2"), json!("Ł-3"), json!(null)],
        ),
        ("experience_years", vec![json!(0), json!(80), json!(81), json!(-1)]),
        (
            "consultation_fee",
            vec![
                json!("1500.00"),
                json!(0.1),
                json!("0.10"),
                json!(99_999_999.99),
                json!("100000000"),
                json!("1.005"),
                json!("1e3"),
                json!("-0"),
                json!(null),
            ],
        ),
    ]
}

/// Bodies that are no object, or not one that can be read.
pub(super) const BROKEN: [&str; 8] = [
    "",
    "{",
    "[]",
    "null",
    "{\"name\":\"a\",\"name\":\"b\"}",
    "{\"name\":NaN}",
    "{\"name\":\"\\ud800\"}",
    "{\"name\":\"a\"}x",
];

/// Queries of lists, right and wrong.
pub(super) const QUERIES: [&str; 22] = [
    "",
    "limit=3",
    "limit=1000&count=true",
    "limit=0",
    "limit=x",
    "count=true",
    "count=maybe",
    "ordering=name",
    "ordering=-name",
    "ordering=created_at",
    "ordering=-created_at",
    "ordering=age",
    "gender=female",
    "gender=M",
    "gender=x",
    "blood_group=A%2B",
    "blood_group=o-",
    "created_after=2999-01-01",
    "created_before=2999-01-01",
    "created_after=x",
    "unknown=1",
    "limit=1&limit=2",
];

/// Ids that are none.
pub(super) const BAD_IDS: [&str; 9] =
    ["0", "-1", "1.5", "x", "%00", "9223372036854775808", "4000000000000", "%D9%A3", "01x"];
