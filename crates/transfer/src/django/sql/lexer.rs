//! The words, texts and signs of SQL as PostgreSQL writes it.

use super::super::source::ReadError;

/// A part of a statement.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword, a name (without its quotes), a number.
    Word(String),
    /// A text, without its quotes.
    Text(String),
    /// `( ) , ;`
    Symbol(char),
    /// A comment of one line.
    Comment(String),
}

/// Reads tokens one after the other.
pub(super) struct Lexer<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    /// The line at which it is, from 1.
    pub(super) fn line_number(&self) -> usize {
        let read = self.text.len().saturating_sub(self.rest.len());
        self.text.get(..read).map_or(1, |read| read.matches('\n').count() + 1)
    }

    /// Passes over the rest of the line.
    pub(super) fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }

    /// A whole line without its end; `None` at the end.
    pub(super) fn line(&mut self) -> Option<&'a str> {
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, ReadError> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        let token = match first {
            '\'' => Token::Text(self.quoted('\'')?),
            '"' => Token::Word(self.quoted('"')?),
            '(' | ')' | ',' | ';' => {
                self.advance(1);
                Token::Symbol(first)
            }
            '-' if self.rest.starts_with("--") => {
                let line = self.rest.split('\n').next().unwrap_or_default();
                self.advance(line.len());
                Token::Comment(line.to_owned())
            }
            '/' if self.rest.starts_with("/*") => {
                let end = self.rest.find("*/").ok_or(ReadError::CutShort("a comment has no end"))?;
                self.advance(end + 2);
                Token::Comment(String::new())
            }
            '$' => self.dollars()?,
            _ => self.word(),
        };
        Ok(Some(token))
    }

    /// Up to the next quote that is not doubled.
    fn quoted(&mut self, quote: char) -> Result<String, ReadError> {
        let mut text = String::new();
        self.advance(1);
        loop {
            let end = self.rest.find(quote).ok_or(ReadError::CutShort("a text has no end"))?;
            text.push_str(self.rest.get(..end).unwrap_or_default());
            self.advance(end + 1);
            if !self.rest.starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.advance(1);
        }
    }

    /// `$$…$$`, `$body$…$body$`.
    fn dollars(&mut self) -> Result<Token, ReadError> {
        let is_tag = |c: char| c.is_alphanumeric() || c == '_';
        let tag_end = self.rest.get(1..).and_then(|rest| rest.find(|c| !is_tag(c))).map_or(0, |end| end + 1);
        let tag = match self.rest.get(..=tag_end) {
            Some(tag) if tag_end > 0 && tag.ends_with('$') => tag,
            _ => return Ok(self.word()),
        };
        self.advance(tag.len());
        let end = self.rest.find(tag).ok_or(ReadError::CutShort("a text has no end"))?;
        let text = self.rest.get(..end).unwrap_or_default().to_owned();
        self.advance(end + tag.len());
        Ok(Token::Text(text))
    }

    fn word(&mut self) -> Token {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '\'' | '"');
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let word = self.rest.get(..end).unwrap_or_default().to_owned();
        self.advance(end);
        Token::Word(word)
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}
