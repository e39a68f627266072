//! Pages of one record: what is known, what is to be confirmed, and how it came about.

use askama::Template;
use domain::{Act, VersionEntry};

use crate::deeds;
use crate::form::{Specs, worded};
use crate::list::Select;
use crate::page::Layout;
use crate::zone::Zone;

/// A link to something that can be done.
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) label: &'static str,
    pub(crate) is_danger: bool,
}

/// Values that belong together.
pub(crate) struct Values {
    pub(crate) title: &'static str,
    pub(crate) values: Vec<(&'static str, String)>,
}

/// Records that belong to this one.
pub(crate) struct Table {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) heads: Vec<&'static str>,
    pub(crate) rows: Vec<TableRow>,
    pub(crate) empty: &'static str,
}

/// One of them.
pub(crate) struct TableRow {
    pub(crate) cells: Vec<TableCell>,
    pub(crate) button: Option<Button>,
}

/// A text, with or without a link.
pub(crate) struct TableCell {
    pub(crate) text: String,
    pub(crate) href: String,
    /// Whether it is something short that is not to be broken, such as a date.
    pub(crate) is_short: bool,
}

/// A form of one button.
pub(crate) struct Button {
    pub(crate) action: String,
    pub(crate) label: &'static str,
    /// What it is about, for those who hear the page.
    pub(crate) of: String,
    pub(crate) values: Vec<(&'static str, String)>,
}

/// A field that finds what can be added.
pub(crate) struct Finder {
    pub(crate) action: String,
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// What was found, if anything was asked for.
    pub(crate) found: Option<Table>,
}

/// What was found, alone.
#[derive(Template)]
#[template(path = "found.html")]
pub(crate) struct FoundPart {
    pub(crate) table: Option<Table>,
    pub(crate) token: String,
}

/// Something that is shown once.
#[derive(Template)]
#[template(path = "secret.html")]
pub(crate) struct SecretPage {
    pub(crate) layout: Layout,
    pub(crate) lines: Vec<String>,
    pub(crate) label: &'static str,
    pub(crate) secret: String,
    pub(crate) back: String,
}

/// A small form, or only its button where it has no title.
pub(crate) struct SmallForm {
    pub(crate) action: String,
    pub(crate) title: &'static str,
    pub(crate) help: &'static str,
    pub(crate) label: &'static str,
    pub(crate) is_danger: bool,
    pub(crate) selects: Vec<Select>,
}

/// A record.
#[derive(Template)]
#[template(path = "record.html")]
pub(crate) struct RecordPage {
    pub(crate) layout: Layout,
    pub(crate) token: String,
    pub(crate) links: Vec<Link>,
    pub(crate) groups: Vec<Values>,
    pub(crate) tables: Vec<Table>,
    pub(crate) finder: Option<Finder>,
    pub(crate) forms: Vec<SmallForm>,
}

/// A question before something is done.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) layout: Layout,
    pub(crate) token: String,
    pub(crate) lines: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) action: String,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) button: &'static str,
    pub(crate) cancel: String,
}

/// How a record came about.
#[derive(Template)]
#[template(path = "history.html")]
pub(crate) struct HistoryPage {
    pub(crate) layout: Layout,
    pub(crate) token: String,
    pub(crate) back: String,
    pub(crate) restore: Option<String>,
    pub(crate) steps: Vec<Step>,
}

/// One version.
pub(crate) struct Step {
    version: i32,
    act: &'static str,
    at: String,
    by: String,
    /// Whether there was nothing before.
    is_first: bool,
    changes: Vec<Difference>,
}

struct Difference {
    label: &'static str,
    before: String,
    after: String,
}

impl TableCell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: String::new(), is_short: false }
    }

    pub(crate) fn short(text: impl Into<String>) -> Self {
        Self { is_short: true, ..Self::text(text) }
    }

    pub(crate) fn link(text: impl Into<String>, href: String) -> Self {
        Self { text: text.into(), href, is_short: false }
    }
}

impl SmallForm {
    /// Only a button.
    pub(crate) fn button(action: String, label: &'static str, is_danger: bool) -> Self {
        Self { action, title: "", help: "", label, is_danger, selects: Vec::new() }
    }
}

impl Link {
    pub(crate) fn to(href: String, label: &'static str) -> Self {
        Self { href, label, is_danger: false }
    }

    pub(crate) fn danger(href: String, label: &'static str) -> Self {
        Self { href, label, is_danger: true }
    }
}

impl Step {
    /// A version, and what it changed; `before` is empty for the first one.
    fn new(
        zone: Zone,
        entry: &VersionEntry,
        specs: Specs,
        before: impl Fn(&'static str) -> String,
        after: impl Fn(&'static str) -> String,
    ) -> Self {
        let fields = specs.iter().flat_map(|(_, specs)| specs.iter());
        let changes = fields.filter_map(|spec| {
            let (before, after) = (before(spec.name), after(spec.name));
            (before != after).then(|| {
                let [before, after] = [before, after].map(|value| worded(specs, spec.name, value));
                Difference { label: spec.label, before, after }
            })
        });
        Self {
            version: entry.version.get(),
            act: deeds::act(entry.act),
            at: zone.minute(entry.at),
            by: entry.by_name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            is_first: entry.act == Act::Created,
            changes: changes.collect(),
        }
    }
}

/// The newest versions that are told with what they changed.
pub(crate) const STEPS: usize = 50;

/// The newest versions, each with what it changed. `records` are what the record was at each of them, and at the one
/// before the last of them where there is one.
pub(crate) fn steps<R>(
    zone: Zone,
    specs: Specs,
    entries: &[VersionEntry],
    records: &[R],
    value: impl Fn(&R, &'static str) -> String,
) -> Vec<Step> {
    let step = |(at, entry): (usize, &VersionEntry)| {
        let after = records.get(at)?;
        let before = records.get(at.saturating_add(1));
        let old = |name| before.map(|before| value(before, name)).unwrap_or_default();
        Some(Step::new(zone, entry, specs, old, |name| value(after, name)))
    };
    entries.iter().take(STEPS).enumerate().filter_map(step).collect()
}

/// The values of a record, by the groups of its form.
pub(crate) fn values(all: Specs, value: impl Fn(&'static str) -> String) -> Vec<Values> {
    let group = |(title, specs): &(&'static str, &'static [crate::form::Spec])| Values {
        title,
        values: {
            let worded = |spec: &crate::form::Spec| (spec.label, worded(all, spec.name, value(spec.name)));
            specs.iter().map(worded).collect()
        },
    };
    all.iter().map(group).collect()
}
