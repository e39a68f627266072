//! Rows of CSV and NDJSON, one at a time: whatever is wrong with one row, the next one is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead};

use domain::SheetFormat as Format;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::SheetError;
use super::formula::plain;

/// A row with what was in it, by the names of its columns.
pub(super) struct Row {
    /// Which row of the sheet; the header of a CSV is the first.
    pub(super) number: u64,
    pub(super) values: BTreeMap<String, String>,
}

/// A row that cannot be read.
pub(super) struct BadRow {
    pub(super) number: u64,
    pub(super) message: String,
}

/// The longest line of NDJSON, in bytes.
const LONGEST: usize = 1 << 20;

/// As much of a column's name as is told, in characters.
const LONGEST_SHOWN: usize = 64;

/// The rows of a sheet.
pub(super) struct Rows<R> {
    sheet: Sheet<R>,
    names: Names,
    number: u64,
}

enum Sheet<R> {
    Csv { reader: Box<csv::Reader<R>>, header: Vec<String> },
    Ndjson(R),
}

/// The most columns of a CSV.
const MOST_COLUMNS: usize = 256;

/// What columns are called here.
struct Names {
    renames: Vec<(String, String)>,
    seen: BTreeSet<String>,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(from: R, format: Format, renames: &[(String, String)]) -> Result<Self, SheetError> {
        let renames = renames.iter().map(|(from, to)| (from.trim().to_lowercase(), column(to))).collect();
        let mut names = Names { renames, seen: BTreeSet::new() };
        Ok(match format {
            Format::Ndjson => Self { sheet: Sheet::Ndjson(from), names, number: 0 },
            Format::Csv => Self { sheet: csv(from, &mut names)?, names, number: 1 },
        })
    }

    /// The columns of a CSV.
    pub(super) const fn columns(&self) -> &BTreeSet<String> {
        &self.names.seen
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Result<Row, BadRow>>, SheetError> {
        let read = match &mut self.sheet {
            Sheet::Csv { reader, header } => {
                self.number += 1;
                let mut record = csv::ByteRecord::new();
                if !reader.read_byte_record(&mut record).map_err(csv_error)? {
                    return Ok(None);
                }
                csv_values(header, &record)
            }
            Sheet::Ndjson(from) => loop {
                let line = line(from)?;
                self.number += 1;
                match line {
                    Line::End => return Ok(None),
                    Line::TooLong => break Err("is longer than a megabyte".to_owned()),
                    Line::Whole(line) if line.iter().all(u8::is_ascii_whitespace) => {}
                    Line::Whole(line) => break json_values(&self.names, &line),
                }
            },
        };
        let number = self.number;
        let row = read.map(|values| Row { number, values });
        Ok(Some(row.map_err(|message| BadRow { number, message })))
    }
}

impl Names {
    /// What a column of this name is called here.
    fn of(&self, raw: &str) -> String {
        let lower = raw.trim().to_lowercase();
        let renamed = self.renames.iter().find(|(from, _)| *from == lower);
        renamed.map_or_else(|| column(raw), |(_, to)| to.clone())
    }
}

/// `Date of birth` and `date-of-birth` are `date_of_birth`.
fn column(raw: &str) -> String {
    raw.trim().to_lowercase().replace([' ', '-'], "_")
}

fn csv<R: BufRead>(mut from: R, names: &mut Names) -> Result<Sheet<R>, SheetError> {
    let delimiter = delimiter(from.fill_buf()?);
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.flexible(true).has_headers(false).delimiter(delimiter).from_reader(from);
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(csv_error)? {
        return Err(SheetError::NoHeader);
    }
    if record.len() > MOST_COLUMNS {
        return Err(SheetError::TooManyColumns(MOST_COLUMNS));
    }
    let mut header = Vec::new();
    for name in &record {
        let name = std::str::from_utf8(name).map_err(|_| SheetError::NotUtf8)?;
        let name = names.of(name.trim_start_matches('\u{feff}'));
        if !names.seen.insert(name.clone()) {
            return Err(SheetError::ColumnTwice(name));
        }
        header.push(name);
    }
    Ok(Sheet::Csv { reader: Box::new(reader), header })
}

fn csv_error(error: csv::Error) -> SheetError {
    SheetError::Read(error.into())
}

/// Whichever of comma, semicolon and tab the first line has most of.
fn delimiter(beginning: &[u8]) -> u8 {
    let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.split(|byte| *byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn csv_values(header: &[String], record: &csv::ByteRecord) -> Result<BTreeMap<String, String>, String> {
    if record.len() != header.len() {
        return Err(format!("has {} values, and the header has {}", record.len(), header.len()));
    }
    let mut values = BTreeMap::new();
    for (name, value) in header.iter().zip(record) {
        let value = std::str::from_utf8(value).map_err(|_| "is not UTF-8".to_owned())?;
        values.insert(name.clone(), plain(value).to_owned());
    }
    Ok(values)
}

fn json_values(names: &Names, line: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let Pairs(pairs) =
        serde_json::from_slice(line).map_err(|_| "is no JSON object on one line".to_owned())?;
    let mut values = BTreeMap::new();
    for (name, value) in pairs {
        let name = names.of(&name);
        let value = match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err("has a value that is neither text nor number".to_owned());
            }
        };
        if values.contains_key(&name) {
            let shown: String = name.chars().take(LONGEST_SHOWN).collect();
            return Err(format!("has the column {} twice", shown.escape_debug()));
        }
        values.insert(name, value);
    }
    Ok(values)
}

/// An object as it was written: of two values by one name, a map would keep the last.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

/// What there is to read.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

/// A line without its end.
fn line<R: BufRead>(from: &mut R) -> io::Result<Line> {
    let (mut line, mut is_long, mut is_there) = (Vec::new(), false, false);
    loop {
        let part = from.fill_buf()?;
        if part.is_empty() {
            return Ok(match (is_there, is_long) {
                (false, _) => Line::End,
                (true, true) => Line::TooLong,
                (true, false) => Line::Whole(line),
            });
        }
        is_there = true;
        let end = part.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(part.len(), |end| end + 1);
        is_long |= line.len() + taken > LONGEST;
        if !is_long {
            line.extend_from_slice(part.get(..end.unwrap_or(taken)).unwrap_or_default());
        }
        from.consume(taken);
        if end.is_some() {
            return Ok(if is_long { Line::TooLong } else { Line::Whole(line) });
        }
    }
}
