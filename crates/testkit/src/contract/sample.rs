//! Texts that a careless store changes, cuts, misreads or compares wrongly.

/// On one line, each a name.
pub(super) const LINES: &[&str] = &[
    "O'Neil",
    "Robert'); DROP TABLE patients;--",
    "\" OR \"\"=\" \\' \\\\ \\",
    "100% _sure_ * [a-z] ? $1 :name @p1 {0} %s",
    "NULL",
    "<b>&amp;</b>",
    "José",
    "Jose\u{301}",
    "straße STRASSE ŉ İ ı ſ",
    "अनुपमा गुप्ता",
    "أحمد \u{202e}abc",
    "山田 太郎",
    "𝒜𝓃𝓃 𠮷田",
    "👩🏽\u{200d}⚕️ 👨\u{200d}👩\u{200d}👧\u{200d}👦 🇮🇳",
    "a\u{200b}b\u{feff}c\u{2028}d",
    "0042",
    "-1e309",
    "'",
];

/// On many lines, each an address, a history, notes.
pub(super) const PARAGRAPHS: &[&str] = &[
    "one\r\ntwo\rthree\nfour\n\n\tfive",
    "  blanks around stay  \n ",
    "\n\nline ends around stay\r\n",
    "'); DELETE FROM users; -- \\n \\r\\n \\u0000",
    "👩🏽\u{200d}⚕️\r\n𝒜\t\u{10ffff}",
    "{\"json\": [1, null]}",
];

/// Names that byte order, UTF-16 order and the order of a language put differently.
pub(super) const NAMES: &[&str] = &[
    "Zoe",
    "abe",
    "Ábel",
    "Abel",
    "ábel",
    "a b",
    "a-b",
    "ab",
    "aB",
    "Ab c",
    "O'Neil",
    "ONeil",
    "zebra",
    "Öz",
    "Oz",
    "~",
    "_",
    "0042",
    "\u{fa0e}",
    "👩🏽",
    "𝒜",
    "山田",
    "अनुपमा",
    "ß",
    "ss",
    "é",
    "ø",
    "ł",
];

/// Searches that find some of [`FOUND`], and many that find none.
pub(super) const SEARCHES: &[&str] = &[
    "ann",
    "ANN",
    "an",
    "an an",
    "anna smith",
    "smith ann",
    "SMI an",
    "nna",
    "mith",
    "jose",
    "JOSÉ",
    "jose\u{301}",
    "alv jo",
    "o'neil",
    "neil",
    "o neil",
    "ONeil",
    "marie",
    "ann-marie",
    "%",
    "_",
    "a%",
    "100%",
    "100",
    "_sure",
    "sure",
    "'",
    "\\",
    "\"",
    "';--",
    "strasse",
    "straße",
    "अनु",
    "अन",
    "山",
    "田",
    "👩",
    "ａｎｎ",
    "dr",
    "dr.",
    "zz",
    "ann zz",
    "a b c d e f g h i j",
    "NULL",
    "*",
    "an*",
];

/// Names that are searched.
pub(super) const FOUND: &[&str] = &[
    "Ann Smith",
    "Anna Smith-Jones",
    "Hannah",
    "Ann-Marie O'Neil",
    "José Álvarez",
    "JOSE ALVAREZ",
    "Ann Ann Anna Annabel",
    "100% _sure_ \\ \"x\"",
    "Straße",
    "अनुपमा गुप्ता",
    "山田 太郎",
    "👩🏽 Ann",
    "Dr. Meera",
    "a b c d e f g h i j",
    "Null",
];

/// Two names of full length whose keys are longer by far and hard to compress: indexes have a limit.
pub(super) fn names_that_grow() -> [String; 2] {
    // Squared words such as U+3300 and Arabic ligatures, no two alike; each folds to two to six letters.
    let letters = || (0x3300..=0x33ff_u32).chain(0xfd50..=0xfd7b).filter_map(char::from_u32);
    [letters().take(150).collect(), letters().skip(150).collect()]
}
