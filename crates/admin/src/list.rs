//! Lists: columns, filters, sizes and pages, all of them kept in the address.

use askama::Template;
use domain::{Direction, Order, Page, PageLimit, Position, SortKey, Timestamp};

use crate::page::Layout;
use crate::query::Query;
use crate::refusal::Refusal;

/// How many rows a page can have.
const SIZES: [u16; 4] = [25, 50, 100, 200];

/// How many it has where nothing is said.
const SIZE: u16 = 50;

/// The columns whose values are not to be broken.
const SHORT: [&str; 9] =
    ["at", "created", "updated", "ended", "last_login", "phone", "date_of_birth", "blood_group", "id"];

/// A column of a list.
pub(crate) struct Column {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    /// What the list is ordered by when the head is chosen: `name` or `created`.
    pub(crate) sort: Option<&'static str>,
    /// Whether it is shown where nothing is said.
    pub(crate) is_shown: bool,
}

/// A choice of a field or a filter.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

/// A filter by a choice, or a select of a form.
pub(crate) struct Select {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) options: Vec<Choice>,
}

/// A filter by a text, or a field of a question.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// A type of `input`.
    pub(crate) kind: &'static str,
    pub(crate) value: String,
}

impl Input {
    /// A filter with what the address says.
    pub(crate) fn of(query: &Query, name: &'static str, label: &'static str) -> Self {
        Self { name, label, kind: "text", value: query.get(name).to_owned() }
    }

    /// The same of another type.
    pub(crate) fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }
}

/// The head of a column.
pub(crate) struct Head {
    key: &'static str,
    label: &'static str,
    href: Option<String>,
    order: &'static str,
}

/// What stands in a row.
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
}

/// What stands in a column of a row.
pub(crate) struct Cell {
    key: &'static str,
    text: String,
    /// What else is told where somebody points at it.
    title: String,
    /// Where it leads, if anywhere.
    href: String,
    /// Whether it is something short that is not to be broken, such as a date.
    is_short: bool,
}

impl Row {
    /// The same with a title for the cell of a column.
    pub(crate) fn titled(mut self, key: &str, title: &str) -> Self {
        for cell in self.cells.iter_mut().filter(|cell| cell.key == key) {
            title.clone_into(&mut cell.title);
        }
        self
    }

    /// The same with a link in the cell of a column.
    pub(crate) fn linked(mut self, key: &str, href: &str) -> Self {
        for cell in self.cells.iter_mut().filter(|cell| cell.key == key) {
            href.clone_into(&mut cell.href);
        }
        self
    }
}

/// What can be done with the rows that are selected.
pub(crate) struct Bulk {
    pub(crate) action: &'static str,
    pub(crate) token: String,
    pub(crate) deeds: Vec<Deed>,
}

/// One of these things; its name is what the form sends as `do`.
pub(crate) struct Deed {
    name: &'static str,
    label: &'static str,
    is_danger: bool,
}

impl Deed {
    /// Something that ends or removes nothing.
    pub(crate) const fn plain(name: &'static str, label: &'static str) -> Self {
        Self { name, label, is_danger: false }
    }

    /// Something that does.
    pub(crate) const fn danger(name: &'static str, label: &'static str) -> Self {
        Self { name, label, is_danger: true }
    }
}

/// What stands above a list.
pub(crate) struct Facts {
    pub(crate) title: &'static str,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) is_bad: bool,
    pub(crate) action: &'static str,
    pub(crate) button: &'static str,
    pub(crate) token: String,
}

/// A list.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct ListPage {
    pub(crate) layout: Layout,
    base: &'static str,
    has_search: bool,
    search: String,
    sort: String,
    pub(crate) filters: Vec<Select>,
    pub(crate) inputs: Vec<Input>,
    sizes: Vec<Choice>,
    choices: Vec<Choice>,
    heads: Vec<Head>,
    pub(crate) rows: Vec<Row>,
    count: String,
    /// What is said where there is nothing at all.
    pub(crate) empty: &'static str,
    is_narrowed: bool,
    pub(crate) facts: Option<Facts>,
    /// Where a record is added, and what the link says.
    pub(crate) add: Option<(&'static str, &'static str)>,
    pub(crate) export: Option<String>,
    pub(crate) bulk: Option<Bulk>,
    first: Option<String>,
    next: Option<String>,
}

/// What a request asks of a list.
pub(crate) struct Asked<'a> {
    pub(crate) base: &'static str,
    pub(crate) query: &'a Query,
    pub(crate) columns: &'static [Column],
}

impl Asked<'_> {
    /// How many rows.
    pub(crate) fn limit(&self) -> PageLimit {
        let asked: Option<u16> = self.query.get("size").parse().ok().filter(|size| SIZES.contains(size));
        asked.or(Some(SIZE)).and_then(PageLimit::new).unwrap_or_default()
    }

    /// By what, and where it begins.
    pub(crate) fn page<Id>(&self, id: impl FnOnce(i64) -> Option<Id>) -> Result<Page<Id>, Refusal> {
        let after = match self.query.get("after") {
            "" => None,
            text => Some(position(text, id).ok_or(application::Error::BadPosition)?),
        };
        Ok(Page { limit: self.limit(), order: self.order(), after, count: false })
    }

    /// In which order.
    pub(crate) fn order(&self) -> Order {
        let sort = self.query.get("sort");
        let (direction, key) = match sort.strip_prefix('-') {
            Some(key) => (Direction::Descending, key),
            None => (Direction::Ascending, sort),
        };
        match key {
            "name" => Order { key: SortKey::Name, direction },
            "created" => Order { key: SortKey::CreatedAt, direction },
            _ => Order::default(),
        }
    }

    /// The columns that are shown.
    pub(crate) fn shown(&self) -> Vec<&'static Column> {
        let chosen: Vec<&str> = self.query.all("col").collect();
        let is_shown = |column: &&Column| {
            if chosen.is_empty() { column.is_shown } else { chosen.contains(&column.key) }
        };
        let shown: Vec<_> = self.columns.iter().filter(is_shown).collect();
        if shown.is_empty() { self.columns.iter().collect() } else { shown }
    }

    /// A row: the first column that is shown leads to the record at `href`, where there is one.
    pub(crate) fn row(
        &self,
        key: String,
        name: &str,
        href: &str,
        text: impl Fn(&'static str) -> String,
    ) -> Row {
        let cells = self.shown().into_iter().enumerate();
        let cells = cells.map(|(at, column)| Cell {
            key: column.key,
            text: text(column.key),
            title: String::new(),
            href: if at == 0 { href.to_owned() } else { String::new() },
            is_short: SHORT.contains(&column.key),
        });
        Row { key, name: name.to_owned(), cells: cells.collect() }
    }

    /// The page, without rows; `next` is where the next one begins.
    pub(crate) fn list(&self, layout: Layout, count: String, next: Option<String>) -> ListPage {
        const NO_FILTERS: [&str; 5] = ["after", "done", "sort", "size", "col"];
        let is_later = !self.query.get("after").is_empty();
        let start = self.query.with("after", "").with("done", "");
        let size = self.limit().get();
        let sizes = SIZES.iter().map(|rows| Choice {
            value: rows.to_string(),
            label: rows.to_string(),
            is_chosen: *rows == size,
        });
        let shown: Vec<&str> = self.shown().iter().map(|column| column.key).collect();
        let choices = self.columns.iter().map(|column| Choice {
            value: column.key.to_owned(),
            label: column.label.to_owned(),
            is_chosen: shown.contains(&column.key),
        });
        ListPage {
            layout,
            base: self.base,
            has_search: true,
            search: self.query.get("q").to_owned(),
            sort: self.query.get("sort").to_owned(),
            filters: Vec::new(),
            inputs: Vec::new(),
            sizes: sizes.collect(),
            choices: choices.collect(),
            heads: self.shown().into_iter().map(|column| self.head(column, &start)).collect(),
            rows: Vec::new(),
            count,
            empty: "There is nothing here yet.",
            is_narrowed: self.query.names().any(|name| !NO_FILTERS.contains(&name)),
            facts: None,
            add: None,
            export: None,
            bulk: None,
            first: is_later.then(|| start.href(self.base)),
            next: next.map(|next| start.with("after", &next).href(self.base)),
        }
    }

    fn head(&self, column: &'static Column, start: &Query) -> Head {
        let Some(sort) = column.sort else {
            return Head { key: column.key, label: column.label, href: None, order: "" };
        };
        let now = self.query.get("sort");
        let down = format!("-{sort}");
        let (order, next) = match now {
            _ if now == sort => ("ascending", down.as_str()),
            _ if now == down => ("descending", sort),
            _ => ("", sort),
        };
        Head {
            key: column.key,
            label: column.label,
            href: Some(start.with("sort", next).href(self.base)),
            order,
        }
    }
}

impl ListPage {
    /// The same without a field for a search.
    pub(crate) fn without_search(self) -> Self {
        Self { has_search: false, ..self }
    }
}

/// So many of something: `1 patient`, `2 patients`.
pub(crate) fn quantity(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A number with a comma after each three digits from the right.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == head {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many records there are, in words; `None` for more than anybody has counted.
pub(crate) fn counted(total: Option<u64>) -> String {
    match total {
        Some(1) => "1 record".to_owned(),
        Some(total) => format!("{} records", grouped(total)),
        None => format!("more than {} records", grouped(application::Administration::COUNTED.into())),
    }
}

/// A filter that offers everything and these, each with how many there would be, where that was counted.
pub(crate) fn filter<'a>(
    query: &Query,
    name: &'static str,
    label: &'static str,
    all: &'a str,
    options: impl IntoIterator<Item = (&'a str, &'a str)>,
    count: impl Fn(&str) -> Option<u64>,
) -> Select {
    let now = query.get(name);
    let option = |(value, label): (&str, &str)| Choice {
        value: value.to_owned(),
        label: count(value).map_or_else(|| label.to_owned(), |count| format!("{label} ({})", grouped(count))),
        is_chosen: value == now,
    };
    let options = std::iter::once(("", all)).chain(options).map(option).collect();
    Select { name, label, options }
}

/// The parts of a key of a row that has two.
pub(crate) fn both<A, B>(
    key: &str,
    first: impl Fn(i64) -> Option<A>,
    second: impl Fn(i64) -> Option<B>,
) -> Option<(A, B)> {
    let (left, right) = key.split_once('/')?;
    Some((first(left.parse().ok()?)?, second(right.parse().ok()?)?))
}

/// Where a page begins, as text; it holds no name.
pub(crate) fn cursor<Id: Into<i64>>(position: Position<Id>) -> String {
    format!("{}-{}", position.created_at.micros(), position.id.into())
}

fn position<Id>(text: &str, id: impl FnOnce(i64) -> Option<Id>) -> Option<Position<Id>> {
    let (micros, number) = text.rsplit_once('-')?;
    Some(Position {
        created_at: Timestamp::from_micros(micros.parse().ok()?)?,
        id: id(number.parse().ok()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
