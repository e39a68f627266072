//! The forms of values: what a request's attributes name as `format`, written out as exact schemas.
//!
//! A schema says what is accepted, no more and no less: blank text empties an optional field, and blanks around a
//! text do not count. Patterns use the classes that all dialects of regular expressions read alike.

use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{AnyOf, KnownFormat, Object, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::registry::Schemas;

/// What is trimmed from a text: the characters of Unicode's property `White_Space`.
const TRIMMED: &str = r"[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]*";
/// A character of one line.
const LINE: &str = r"[^\u0000-\u001F\u007F-\u009F]";
/// Text on any number of lines: of the control characters only tab and line ends.
const TEXT: &str = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";
/// A character that is not blank.
pub(super) const FILLED: &str = r"[^\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]";
const PHONE: &str = r"^(\+[ ().-]*|[().-][ ().-]*)?[0-9][ ().-]*[0-9][ ().-]*[0-9]([ ().0-9-]*[().0-9-])?$";
/// The addresses that every client may count on. The server takes more: domains in any script, and longer names of
/// hosts; what of those is none, no pattern can tell.
const EMAIL: &str = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]{1,20}(-[A-Za-z0-9]{1,20}){0,2}\.){1,8}[A-Za-z0-9]{1,20}(-[A-Za-z0-9]{1,20}){0,2}$";
const GENDER: &str = "([Mm]([Aa][Ll][Ee])?|[Ff]([Ee][Mm][Aa][Ll][Ee])?|[Oo]([Tt][Hh][Ee][Rr])?|[Uu]([Nn][Kk][Nn][Oo][Ww][Nn])?)";
const BLOOD_GROUP: &str = "([Aa]|[Bb]|[Aa][Bb]|[Oo])[+-]";
const ROLE: &str = "(patient|doctor)";
/// Letters and digits of any script; what is beyond ASCII is looked at more closely by the server.
const USER_NAME: &str = r"[A-Za-z0-9_.@+\-\u00AA-\uFFFF]{1,150}";
const AMOUNT: &str = r"0{0,9}[0-9]{1,8}(\.[0-9]{1,2}0{0,9})?";
/// The years from 1900 on.
const BIRTH_YEARS: &str = "^(19|[2-9][0-9])";

/// Writes out the forms of the fields of all schemas.
pub(super) fn write_out(schemas: &mut Schemas) {
    for (_, schema) in schemas {
        let RefOr::T(Schema::Object(object)) = schema else { continue };
        for property in object.properties.values_mut() {
            write_out_one(property);
        }
    }
}

/// Writes out the form of a parameter.
pub(super) fn write_out_parameter(parameter: &mut Parameter) {
    if let Some(schema) = &mut parameter.schema {
        write_out_one(schema);
    }
}

fn write_out_one(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    let Some(SchemaFormat::Custom(form)) = object.format.clone() else { return };
    let mut plain = std::mem::take(object);
    plain.format = None;
    *schema = RefOr::T(written_out(&form, plain));
}

fn written_out(form: &str, mut object: Object) -> Schema {
    match form {
        "line" => {
            let max = object.max_length.take().unwrap_or_default();
            matching(object, format!("^{TRIMMED}{LINE}{{0,{max}}}{TRIMMED}$"))
        }
        "text" => matching(object, TEXT.to_owned()),
        "gender" => matching(object, or_blank(GENDER)),
        "blood-group" => matching(object, or_blank(BLOOD_GROUP)),
        "role" => matching(object, or_blank(ROLE)),
        "user-name" => matching(object, or_blank(USER_NAME)),
        "phone" => blank_or(matching(object, PHONE.to_owned())),
        "e-mail" => blank_or(matching(object, EMAIL.to_owned())),
        "birth-date" => {
            object.format = Some(SchemaFormat::KnownFormat(KnownFormat::Date));
            blank_or(matching(object, BIRTH_YEARS.to_owned()))
        }
        "amount" => amount(object),
        "time" => time(object),
        other => {
            object.format = Some(SchemaFormat::Custom(other.to_owned()));
            object.into()
        }
    }
}

fn matching(mut object: Object, pattern: String) -> Schema {
    object.pattern = Some(pattern);
    object.into()
}

fn or_blank(pattern: &str) -> String {
    format!("^{TRIMMED}({pattern})?{TRIMMED}$")
}

/// The schema, or text that says nothing.
fn blank_or(schema: Schema) -> Schema {
    let Schema::Object(mut object) = schema else { return schema };
    let mut either = described_by(&mut object);
    let blank = ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^{TRIMMED}$")));
    either.items = vec![RefOr::T(object.into()), RefOr::T(blank.into())];
    Schema::AnyOf(either)
}

/// An amount of money as text or as number.
fn amount(mut object: Object) -> Schema {
    let mut either = described_by(&mut object);
    let text = SchemaType::from_iter([Type::String, Type::Null]);
    let text = ObjectBuilder::new().schema_type(text).pattern(Some(or_blank(AMOUNT)));
    let number = ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0))
        .maximum(Some(99_999_999.99))
        .multiple_of(Some(0.01));
    either.items = vec![RefOr::T(text.into()), RefOr::T(number.into())];
    Schema::AnyOf(either)
}

/// A point in time, or the beginning of a day.
fn time(mut object: Object) -> Schema {
    let mut either = described_by(&mut object);
    either.items = [KnownFormat::DateTime, KnownFormat::Date]
        .map(|format| {
            let one = ObjectBuilder::new().schema_type(Type::String);
            RefOr::T(one.format(Some(SchemaFormat::KnownFormat(format))).into())
        })
        .into();
    Schema::AnyOf(either)
}

/// Alternatives with the explanation of `object`, which loses it.
fn described_by(object: &mut Object) -> AnyOf {
    let mut either = AnyOf::new();
    either.schema_type = SchemaType::AnyValue;
    either.description = object.description.take();
    either.example = object.example.take();
    either
}
