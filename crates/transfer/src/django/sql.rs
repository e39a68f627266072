//! What `pg_dump` writes as text: `CREATE TABLE` tells the columns, `INSERT` or `COPY` the rows. It is read as data;
//! none of it is run.

mod copy;
mod lexer;

use std::collections::BTreeMap;

use self::lexer::{Lexer, Token};
use super::source::{Read, ReadError};
use super::table::Table;

/// What stands at the end of every dump.
const END: &str = "PostgreSQL database dump complete";
/// What begins a line of `CREATE TABLE` that is no column.
const NO_COLUMNS: [&str; 8] =
    ["constraint", "primary", "unique", "check", "foreign", "exclude", "like", "not"];

pub(super) fn read(text: &str) -> Result<Read, ReadError> {
    if text.starts_with("PGDMP") {
        let hint = "an archive of pg_dump; `pg_restore -f dump.sql` makes a text of it";
        return Err(ReadError::Malformed(hint.to_owned()));
    }
    let mut dump = Dump { lexer: Lexer::new(text), tables: BTreeMap::new(), is_complete: false };
    while dump.statement()? {}
    if !dump.is_complete {
        return Err(ReadError::CutShort("the line that ends a dump is missing"));
    }
    Ok(Read { tables: dump.tables, ..Read::default() })
}

struct Dump<'a> {
    lexer: Lexer<'a>,
    tables: BTreeMap<String, Table>,
    is_complete: bool,
}

impl Dump<'_> {
    /// Reads one statement; false at the end.
    fn statement(&mut self) -> Result<bool, ReadError> {
        let Some(first) = self.first()? else { return Ok(false) };
        // Nothing comes after the end of a dump but commands to psql.
        self.is_complete = false;
        match first.to_ascii_lowercase().as_str() {
            "create" => self.create()?,
            "insert" => self.insert()?,
            "copy" => self.copy()?,
            "set" => self.setting()?,
            _ => self.skip()?,
        }
        Ok(true)
    }

    /// The first word of the next statement.
    fn first(&mut self) -> Result<Option<String>, ReadError> {
        loop {
            match self.lexer.next()? {
                None => return Ok(None),
                Some(Token::Comment(text)) => self.is_complete |= text.contains(END),
                Some(Token::Word(word)) if word.starts_with('\\') => self.lexer.skip_line(),
                Some(Token::Word(word)) => return Ok(Some(word)),
                Some(Token::Symbol(';')) => {}
                Some(_) => return Err(self.malformed("a statement was expected")),
            }
        }
    }

    fn create(&mut self) -> Result<(), ReadError> {
        let mut word = self.word()?;
        while matches!(word.to_ascii_lowercase().as_str(), "unlogged" | "foreign" | "global" | "local") {
            word = self.word()?;
        }
        if !word.eq_ignore_ascii_case("table") {
            return self.skip();
        }
        let (name, end) = self.name()?;
        if end != Token::Symbol('(') {
            return if end == Token::Symbol(';') { Ok(()) } else { self.skip() };
        }
        let mut columns = Vec::new();
        loop {
            let Some(Token::Word(column)) = self.significant()? else {
                return Err(self.malformed("a column was expected"));
            };
            if !NO_COLUMNS.contains(&column.to_ascii_lowercase().as_str()) {
                columns.push(column);
            }
            if !self.rest_of_item()? {
                break;
            }
        }
        self.tables.insert(name, Table::new(columns));
        self.skip()
    }

    /// Passes over the rest of an item of a list; false when it was the last one.
    fn rest_of_item(&mut self) -> Result<bool, ReadError> {
        let mut depth = 0_u32;
        loop {
            match self.significant()? {
                Some(Token::Symbol('(')) => depth += 1,
                Some(Token::Symbol(')')) if depth == 0 => return Ok(false),
                Some(Token::Symbol(')')) => depth -= 1,
                Some(Token::Symbol(',')) if depth == 0 => return Ok(true),
                Some(_) => {}
                None => return Err(ReadError::CutShort("a statement has no end")),
            }
        }
    }

    /// `INTO table [(columns)] [OVERRIDING … VALUE] VALUES (…), (…) [ON CONFLICT DO NOTHING];`
    fn insert(&mut self) -> Result<(), ReadError> {
        self.word()?;
        let (name, mut token) = self.name()?;
        let mut columns = None;
        if token == Token::Symbol('(') {
            columns = Some(self.columns()?);
            token = self.some()?;
        }
        while token != Token::Word("VALUES".to_owned()) {
            if !matches!(token, Token::Word(_)) {
                return Err(self.malformed("VALUES was expected"));
            }
            token = self.some()?;
        }
        loop {
            if self.some()? != Token::Symbol('(') {
                return Err(self.malformed("a row was expected"));
            }
            let values = self.values()?;
            self.add(&name, columns.as_deref(), values)?;
            match self.some()? {
                Token::Symbol(',') => {}
                Token::Symbol(';') => return Ok(()),
                Token::Word(_) => return self.skip(),
                _ => return Err(self.malformed("the end of a row was expected")),
            }
        }
    }

    fn values(&mut self) -> Result<Vec<Option<String>>, ReadError> {
        let mut values = Vec::new();
        loop {
            values.push(match self.some()? {
                Token::Text(text) => Some(text),
                Token::Word(word) if word.eq_ignore_ascii_case("null") => None,
                Token::Word(word) => Some(word),
                _ => return Err(self.malformed("a value was expected")),
            });
            match self.some()? {
                Token::Symbol(',') => {}
                Token::Symbol(')') => return Ok(values),
                _ => return Err(self.malformed("the end of a value was expected")),
            }
        }
    }

    /// `table (columns) FROM stdin;` and the lines up to `\.`
    fn copy(&mut self) -> Result<(), ReadError> {
        let (name, token) = self.name()?;
        let columns = if token == Token::Symbol('(') { Some(self.columns()?) } else { None };
        self.skip()?;
        self.lexer.skip_line();
        loop {
            let line = self.lexer.line().ok_or(ReadError::CutShort("the rows of a COPY have no end"))?;
            if line == "\\." {
                return Ok(());
            }
            let values = copy::values(line).ok_or_else(|| self.malformed("a row of COPY was expected"))?;
            self.add(&name, columns.as_deref(), values)?;
        }
    }

    fn add(
        &mut self,
        name: &str,
        columns: Option<&[String]>,
        values: Vec<Option<String>>,
    ) -> Result<(), ReadError> {
        let Some(table) = self.tables.get_mut(name) else {
            return Err(self.malformed("rows of a table that was not made"));
        };
        let width = columns.map_or_else(|| table.width(), <[String]>::len);
        if values.len() != width {
            return Err(self.malformed("a row has another number of values than its table has columns"));
        }
        match columns {
            Some(columns) => table.push_named(columns.iter().cloned().zip(values)),
            None => table.push(values),
        }
        Ok(())
    }

    /// What decides how the rest is to be read.
    fn setting(&mut self) -> Result<(), ReadError> {
        let name = self.word()?.to_ascii_lowercase();
        let mut value = String::new();
        loop {
            match self.significant()? {
                Some(Token::Symbol(';')) => break,
                Some(Token::Text(text) | Token::Word(text)) => value = text.to_ascii_lowercase(),
                Some(_) => {}
                None => return Err(ReadError::CutShort("a statement has no end")),
            }
        }
        match name.as_str() {
            "client_encoding" if !matches!(value.as_str(), "utf8" | "utf-8" | "unicode") => {
                Err(ReadError::NotUtf8(": it says so itself"))
            }
            "standard_conforming_strings" if value != "on" => {
                Err(self.malformed("standard_conforming_strings is off"))
            }
            _ => Ok(()),
        }
    }

    /// The name of a table without its schema, and the token after it.
    fn name(&mut self) -> Result<(String, Token), ReadError> {
        let mut name = self.word()?;
        while matches!(name.to_ascii_lowercase().as_str(), "only" | "if" | "not" | "exists") {
            name = self.word()?;
        }
        loop {
            // A schema with a dot, each of the two with or without quotes.
            if name.ends_with('.') {
                name = self.word()?;
            }
            match self.some()? {
                Token::Word(more) if more.starts_with('.') => name = more,
                token => {
                    let name = name.rsplit('.').next().unwrap_or_default().to_owned();
                    return Ok((name, token));
                }
            }
        }
    }

    fn columns(&mut self) -> Result<Vec<String>, ReadError> {
        let mut columns = Vec::new();
        loop {
            columns.push(self.word()?);
            match self.some()? {
                Token::Symbol(',') => {}
                Token::Symbol(')') => return Ok(columns),
                _ => return Err(self.malformed("the name of a column was expected")),
            }
        }
    }

    fn word(&mut self) -> Result<String, ReadError> {
        match self.some()? {
            Token::Word(word) => Ok(word),
            _ => Err(self.malformed("a word was expected")),
        }
    }

    /// Passes over the rest of a statement.
    fn skip(&mut self) -> Result<(), ReadError> {
        while self.some()? != Token::Symbol(';') {}
        Ok(())
    }

    fn some(&mut self) -> Result<Token, ReadError> {
        self.significant()?.ok_or(ReadError::CutShort("a statement has no end"))
    }

    /// The next token that is no comment.
    fn significant(&mut self) -> Result<Option<Token>, ReadError> {
        loop {
            match self.lexer.next()? {
                Some(Token::Comment(_)) => {}
                token => return Ok(token),
            }
        }
    }

    fn malformed(&self, what: &str) -> ReadError {
        ReadError::Malformed(format!("line {}: {what}", self.lexer.line_number()))
    }
}

#[cfg(test)]
mod tests;
