//! Forms: fields in groups, what was typed, and everything that is wrong with it at once.

use std::collections::BTreeMap;
use std::fmt::Display;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use application::Error;
use askama::Template;
use domain::ports::Constraint;
use domain::{Change, Invalid, Version};

use crate::list::Choice;
use crate::page::{self, Layout};
use crate::query::Query;
use crate::refusal::{Refusal, duplicate};

/// A field, as a kind of record has it.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// A type of `input`, `textarea` or `select`.
    pub(crate) kind: &'static str,
    pub(crate) help: &'static str,
    /// Whether something must stand in it.
    pub(crate) is_required: bool,
    /// What the browser may fill in.
    pub(crate) autocomplete: &'static str,
    pub(crate) choices: &'static [(&'static str, &'static str)],
}

/// Fields that belong together.
pub(crate) type Specs = &'static [(&'static str, &'static [Spec])];

/// The word for a choice of a field, as its form has it; any other value as it is.
pub(crate) fn worded(specs: Specs, name: &str, value: String) -> String {
    let choices = specs.iter().flat_map(|(_, specs)| specs.iter()).find(|spec| spec.name == name);
    let label = choices.and_then(|spec| spec.choices.iter().find(|(choice, _)| *choice == value));
    label.filter(|_| !value.is_empty()).map_or(value, |(_, label)| (*label).to_owned())
}

impl Spec {
    pub(crate) const fn new(name: &'static str, label: &'static str, kind: &'static str) -> Self {
        Self { name, label, kind, help: "", is_required: false, autocomplete: "off", choices: &[] }
    }

    pub(crate) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(crate) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    pub(crate) const fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    pub(crate) const fn of(self, choices: &'static [(&'static str, &'static str)]) -> Self {
        Self { choices, ..self }
    }
}

struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    help: &'static str,
    autocomplete: &'static str,
    value: String,
    options: Vec<Choice>,
    error: String,
    is_required: bool,
    now: Option<String>,
    /// Whether somebody else has changed it meanwhile, and this form did not.
    is_taken_over: bool,
}

impl Field {
    /// The ids of what else is said about the field.
    fn described(&self) -> String {
        let said = [
            ("help", !self.help.is_empty()),
            ("error", !self.error.is_empty()),
            ("note", self.is_taken_over),
            ("now", self.now.is_some()),
        ];
        let ids =
            said.iter().filter(|(_, is_there)| *is_there).map(|(what, _)| format!("{}-{what}", self.name));
        ids.collect::<Vec<_>>().join(" ")
    }
}

struct Group {
    title: &'static str,
    fields: Vec<Field>,
}

struct FieldError {
    name: &'static str,
    label: &'static str,
    message: String,
}

/// A form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    layout: Layout,
    action: String,
    cancel: String,
    token: String,
    version: String,
    hidden: Vec<(&'static str, String)>,
    lines: Vec<String>,
    /// The only button, where there is one.
    button: &'static str,
    is_new: bool,
    is_stale: bool,
    /// Who owns the record now, where somebody has moved it meanwhile.
    moved_to: String,
    /// Why the record cannot be changed any more.
    gone: &'static str,
    groups: Vec<Group>,
    errors: Vec<FieldError>,
}

impl FormPage {
    /// A form with these fields, filled in by `value`.
    pub(crate) fn new(
        layout: Layout,
        token: String,
        specs: &[(&'static str, &'static [Spec])],
        value: impl Fn(&'static str) -> String,
    ) -> Self {
        let groups = specs.iter().map(|(title, specs)| Group {
            title,
            fields: specs.iter().map(|spec| field(spec, value(spec.name))).collect(),
        });
        Self {
            layout,
            action: String::new(),
            cancel: String::new(),
            token,
            version: String::new(),
            hidden: Vec::new(),
            lines: Vec::new(),
            button: "",
            is_new: false,
            is_stale: false,
            moved_to: String::new(),
            gone: "",
            groups: groups.collect(),
            errors: Vec::new(),
        }
    }

    /// The same for a record that is to be added.
    pub(crate) fn adding(self, base: &str) -> Self {
        Self { action: format!("{base}/add"), cancel: base.to_owned(), is_new: true, ..self }
    }

    /// The same for the record at `here`, which has this version.
    pub(crate) fn editing(self, here: String, version: Version) -> Self {
        let version = version.get().to_string();
        Self { action: format!("{here}/edit"), cancel: here, version, ..self }
    }

    /// The same with one button, to be sent there with these values besides.
    pub(crate) fn only(
        self,
        action: &str,
        button: &'static str,
        cancel: &str,
        hidden: Vec<(&'static str, String)>,
    ) -> Self {
        Self { action: action.to_owned(), button, cancel: cancel.to_owned(), hidden, ..self }
    }

    /// The same, to be sent with these values besides.
    pub(crate) fn with(self, hidden: Vec<(&'static str, String)>) -> Self {
        Self { hidden, ..self }
    }

    /// The same beside the news that the record cannot be changed any more: what was typed is not lost.
    pub(crate) fn gone(self, gone: &'static str) -> Self {
        Self { gone, ..self }
    }

    /// The same beside the news that the record has another owner now.
    pub(crate) fn moved(self, to: &str) -> Self {
        Self { moved_to: to.to_owned(), ..self }
    }

    /// The same with something said above the fields.
    pub(crate) fn saying(self, lines: Vec<String>) -> Self {
        Self { lines, ..self }
    }

    /// The same with what is wrong, beside each field and in a summary.
    pub(crate) fn wrong(mut self, wrong: &BTreeMap<String, String>) -> Self {
        for field in self.groups.iter_mut().flat_map(|group| &mut group.fields) {
            if let Some(message) = wrong.get(field.name) {
                field.error.clone_from(message);
                let (name, label) = (field.name, field.label);
                self.errors.push(FieldError { name, label, message: message.clone() });
            }
        }
        self
    }

    /// The same beside what is stored now, where it differs from what was typed. What is as it was `before`, when the
    /// form was made, nobody has typed: there the other change is taken over.
    pub(crate) fn beside(
        mut self,
        now: impl Fn(&'static str) -> String,
        before: impl Fn(&'static str) -> Option<String>,
    ) -> Self {
        self.is_stale = true;
        for field in self.groups.iter_mut().flat_map(|group| &mut group.fields) {
            let (stored, typed) = (now(field.name), normal(&field.value));
            if stored.trim() == typed {
                continue;
            }
            if before(field.name).is_some_and(|before| before.trim() == typed) {
                field.options.iter_mut().for_each(|option| option.is_chosen = option.value == stored);
                (field.value, field.is_taken_over) = (stored, true);
            } else {
                field.now = Some(stored);
            }
        }
        self
    }

    /// The page.
    pub(crate) fn show(&self, status: StatusCode) -> Result<HttpResponse, Refusal> {
        page::show_as(status, self)
    }
}

/// Where a form of a list at `base` that was saved leads, as its buttons say.
pub(crate) fn then(form: &Query, base: &str, record: &str, done: &str) -> String {
    match form.get("then") {
        "edit" => format!("{record}/edit?done={done}"),
        "add" => format!("{base}/add?done={done}"),
        _ => format!("{record}?done={done}"),
    }
}

/// Browsers send line ends as two characters.
pub(crate) fn normal(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

fn field(spec: &Spec, value: String) -> Field {
    let option = |(option, label): &(&str, &str)| Choice {
        value: (*option).to_owned(),
        label: (*label).to_owned(),
        is_chosen: *option == value,
    };
    let options = spec.choices.iter().map(option).collect();
    Field {
        name: spec.name,
        label: spec.label,
        kind: spec.kind,
        help: spec.help,
        autocomplete: spec.autocomplete,
        options,
        error: String::new(),
        is_required: spec.is_required,
        now: None,
        is_taken_over: false,
        value,
    }
}

/// Reads a form, collecting everything that is wrong.
pub(crate) struct Reading<'a> {
    form: &'a Query,
    wrong: BTreeMap<String, String>,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(form: &'a Query) -> Self {
        Self { form, wrong: BTreeMap::new() }
    }

    /// A text; blank is none.
    pub(crate) fn text<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Change<T> {
        let typed = normal(self.form.get(name));
        if typed.is_empty() {
            return Change::Clear;
        }
        match parse(&typed) {
            Ok(value) => Change::Set(value),
            Err(error) => {
                self.add(name, error);
                Change::Keep
            }
        }
    }

    /// A whole number; blank is none.
    pub(crate) fn number<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(i64) -> Result<T, E>,
    ) -> Change<T> {
        let read = |text: &str| match text.parse::<i64>() {
            Ok(number) => parse(number).map_err(|error| error.to_string()),
            Err(_) => Err("must be a whole number".to_owned()),
        };
        self.text(name, read)
    }

    /// Checks that what was typed into a field stands in `again`, too.
    pub(crate) fn same_twice(&mut self, name: &str) {
        if self.form.get(name).is_empty() {
            self.add(name, "is required");
        } else if self.form.get(name) != self.form.get("again") {
            self.add("again", "differs");
        }
    }

    /// Notes that a field is wrong.
    pub(crate) fn add(&mut self, name: &str, message: impl Display) {
        self.wrong.entry(name.to_owned()).or_insert_with(|| message.to_string());
    }

    /// Notes the rules of the record that are broken.
    pub(crate) fn add_all(&mut self, invalid: &Invalid) {
        for violation in invalid.violations() {
            self.add(violation.field, &violation.message);
        }
    }

    /// Takes in what a service says about fields; anything else is no matter of the form.
    pub(crate) fn take(&mut self, error: Error) -> Result<StatusCode, Error> {
        match error {
            Error::Invalid(invalid) => {
                self.add_all(&invalid);
                Ok(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Error::Duplicate(constraint) => {
                let name = match constraint {
                    Constraint::DoctorLicense => "license_number",
                    Constraint::ActiveMapping => "doctor",
                    Constraint::UserName => "username",
                    Constraint::UserEmail | Constraint::DoctorEmail => "email",
                };
                self.add(name, format_args!("is taken. {}", duplicate(constraint)));
                Ok(StatusCode::CONFLICT)
            }
            error => Err(error),
        }
    }

    /// Whether anything is wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        !self.wrong.is_empty()
    }

    /// What is wrong, by field.
    pub(crate) fn wrong(&self) -> &BTreeMap<String, String> {
        &self.wrong
    }
}
