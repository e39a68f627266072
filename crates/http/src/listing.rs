//! Lists: reading what is asked for, answering a page, and the cursor that leads to the next one.

use std::collections::BTreeMap;

use actix_web::body::BoxBody;
use actix_web::http::header::{HeaderName, HeaderValue, LINK};
use actix_web::{HttpRequest, HttpResponse, Responder};
use domain::{Actor, Direction, Listing, Order, Page, PageLimit, SearchTerms, SortKey, Timestamp};
use serde::Serialize;

use crate::cursor::{Cursor, Scope};
use crate::fields::FieldErrors;
use crate::path_id::RecordId;
use crate::problem::{Code, Problem};
use crate::record::{JSON, to_json};

/// The header that tells how many records match on all pages.
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// The parameters that one list understands, as they were sent; others are ignored.
pub(crate) struct ListQuery {
    params: BTreeMap<String, String>,
    cursor: Option<Cursor>,
    scope: Scope,
    errors: FieldErrors,
}

/// What every list understands.
const COMMON: [&str; 4] = ["limit", "cursor", "count", "ordering"];

impl ListQuery {
    /// Reads the parameters that are common or in `known`.
    ///
    /// A cursor carries the query that it continues. Parameters beside it must say the same, but for
    /// `limit` and `count`, which belong to one page.
    pub(crate) fn read(request: &HttpRequest, actor: &Actor, known: &[&str]) -> Self {
        let mut errors = FieldErrors::default();
        let mut params = BTreeMap::new();
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) && !COMMON.contains(&name.as_str()) {
                continue;
            }
            if params.insert(name.clone(), value).is_some() {
                errors.add(&name, "is given twice");
            }
        }
        let scope = Scope { user: actor.user, path: request.path().to_owned() };
        let mut query = Self { params, cursor: None, scope, errors };
        query.follow_cursor();
        query
    }

    fn follow_cursor(&mut self) {
        let Some(text) = self.params.remove("cursor") else { return };
        let Some(cursor) = Cursor::decode(&text, &self.scope) else {
            self.errors.add("cursor", "is not a cursor of this list");
            return;
        };
        let limit_and_count = |name: &String| name == "limit" || name == "count";
        if self
            .params
            .iter()
            .any(|(name, value)| !limit_and_count(name) && cursor.query.get(name) != Some(value))
        {
            self.errors.add("cursor", "belongs to another query");
            return;
        }
        for (name, value) in &cursor.query {
            self.params.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self.cursor = Some(cursor);
    }

    /// The parsed value of a parameter that narrows the list; a form leaves it blank for none.
    pub(crate) fn filter<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.params.get(name).is_none_or(|value| value.trim().is_empty()) {
            return None;
        }
        self.parsed(name, parse)
    }

    /// The parsed value of a parameter.
    pub(crate) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(self.params.get(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.add(name, error);
                None
            }
        }
    }

    /// The words to search for.
    pub(crate) fn search(&mut self) -> Option<SearchTerms> {
        self.filter("search", domain::PersonName::parse).and_then(|typed| SearchTerms::parse(typed.as_str()))
    }

    /// An instant (RFC 3339) or the beginning of a date.
    pub(crate) fn instant(&mut self, name: &str) -> Option<Timestamp> {
        self.parsed(name, |text| {
            let date = format!("{text}T00:00:00Z");
            Timestamp::parse(text)
                .or_else(|| Timestamp::parse(&date))
                .ok_or("must be an RFC 3339 time or a date")
        })
    }

    /// A switch.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.parsed(name, switch).unwrap_or_default()
    }

    /// Which page is asked for, ordered by one of `keys`.
    ///
    /// # Errors
    /// Everything that is wrong with any parameter that was read so far: ask this last.
    pub(crate) fn page<Id: RecordId>(
        mut self,
        keys: &[(&str, SortKey)],
    ) -> Result<(Page<Id>, NextLink), Problem> {
        let order = self.parsed("ordering", |text| order(text, keys)).unwrap_or_default();
        let limit = self.parsed("limit", |text| {
            text.parse().ok().and_then(PageLimit::new).ok_or("must be a whole number from 1 to 1000")
        });
        let count = self.flag("count");
        let after = self.cursor.as_ref().and_then(Cursor::position);
        if self.cursor.is_some() && after.is_none() {
            self.errors.add("cursor", "is not a cursor of this list");
        }
        if !self.errors.is_empty() {
            return Err(Problem::new(Code::InvalidQuery).errors(self.errors));
        }
        let page = Page { limit: limit.unwrap_or_default(), order, after, count };
        Ok((page, NextLink { scope: self.scope, query: self.params }))
    }
}

/// What a switch is set to.
pub(crate) fn switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn order(text: &str, keys: &[(&str, SortKey)]) -> Result<Order, String> {
    let (direction, name) =
        text.strip_prefix('-').map_or((Direction::Ascending, text), |name| (Direction::Descending, name));
    let key = keys.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
    key.map(|key| Order { key, direction }).ok_or_else(|| {
        let names: Vec<_> = keys.iter().map(|(name, _)| *name).collect();
        format!("must be {}, with - in front for descending order", names.join(" or "))
    })
}

/// What is needed to write the link to the next page.
pub(crate) struct NextLink {
    scope: Scope,
    query: BTreeMap<String, String>,
}

impl NextLink {
    /// The answer: a bare array of what `show` makes of the records, with the link to the next page and the
    /// count in headers.
    pub(crate) fn answer<'a, T, Id: Copy + Into<i64>, S: Serialize>(
        self,
        listing: &'a Listing<T, Id>,
        show: impl FnMut(&'a T) -> S,
    ) -> Result<Listed, Problem> {
        let next = listing.next.map(|position| {
            let cursor = Cursor::new(position, self.query);
            let path = self.scope.path.trim_end_matches('/');
            format!("<{path}/?cursor={}>; rel=\"next\"", cursor.encode(&self.scope))
        });
        let items: Vec<S> = listing.items.iter().map(show).collect();
        Ok(Listed { body: to_json(&items)?, next, total: listing.total })
    }
}

/// A page of a list.
pub(crate) struct Listed {
    body: Vec<u8>,
    next: Option<String>,
    total: Option<u64>,
}

impl Responder for Listed {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(link) = self.next.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.insert_header((LINK, link));
        }
        if let Some(total) = self.total {
            response.insert_header((TOTAL_COUNT, HeaderValue::from(total)));
        }
        response.content_type(JSON).body(self.body)
    }
}
