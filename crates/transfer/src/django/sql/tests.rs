//! Dumps in every form that `pg_dump` has.

use super::*;

fn rows(dump: &str) -> Result<Vec<Vec<Option<String>>>, ReadError> {
    let read = read(&format!("{dump}\n-- {END}\n\n\\unrestrict abc\n"))?;
    let table = read.tables.get("a_b").unwrap();
    Ok(table.rows().map(|row| ["id", "t"].map(|name| row.get(name).map(str::to_owned)).to_vec()).collect())
}

fn row(id: &str, text: Option<&str>) -> Vec<Option<String>> {
    vec![Some(id.to_owned()), text.map(str::to_owned)]
}

const TABLE: &str = "\\restrict abc\nSET client_encoding = 'UTF8';\nCREATE TABLE public.a_b (\n    id bigint NOT NULL,\n    \
                     t character varying(10),\n    CONSTRAINT c CHECK ((id >= 0))\n);\n";

#[test]
fn inserts_are_read_by_the_order_of_the_table() {
    let dump = format!(
        "{TABLE}INSERT INTO public.a_b VALUES (1, 'it''s; -- no\r\n comment'), (-2, NULL);\nINSERT INTO public.a_b \
         VALUES (3, 'NULL');\n"
    );
    let expected = [row("1", Some("it's; -- no\r\n comment")), row("-2", None), row("3", Some("NULL"))];
    assert_eq!(rows(&dump).unwrap(), expected);
}

#[test]
fn inserts_with_names_and_copies_are_read_too() {
    let dump = format!(
        "{TABLE}INSERT INTO \"public\".\"a_b\" (t, id) OVERRIDING SYSTEM VALUE VALUES ('x\\n', 1) ON CONFLICT DO \
         NOTHING;\nCOPY public.a_b (id, t) FROM stdin;\n2\ta\\tb\\\\N\n3\t\\N\n4\t\n\\.\n\nCREATE FUNCTION f() AS $x$ ; \
         'open $x$ LANGUAGE sql;\n"
    );
    let expected = [row("1", Some("x\\n")), row("2", Some("a\tb\\N")), row("3", None), row("4", Some(""))];
    assert_eq!(rows(&dump).unwrap(), expected);
}

#[test]
fn what_is_cut_short_is_refused() {
    let dump = format!("{TABLE}INSERT INTO public.a_b VALUES (1, 'text -- {END}');\n");
    assert!(matches!(read(&dump), Err(ReadError::CutShort(_))));
    for end in 1..dump.len() {
        assert!(read(dump.get(..end).unwrap()).is_err(), "{end}");
    }
    let more = format!("-- {END}\n{TABLE}");
    assert!(matches!(read(&more), Err(ReadError::CutShort(_))));
}

#[test]
fn what_would_be_misread_is_refused() {
    assert!(matches!(read("SET client_encoding = 'LATIN1';"), Err(ReadError::NotUtf8(_))));
    for dump in [
        "SET standard_conforming_strings = off;".to_owned(),
        format!("{TABLE}INSERT INTO public.a_b VALUES (1);"),
        format!("{TABLE}INSERT INTO public.a_b VALUES (1, E'x');"),
        "INSERT INTO public.a_b VALUES (1, 'x');".to_owned(),
        "PGDMP\u{1}".to_owned(),
    ] {
        assert!(matches!(rows(&dump), Err(ReadError::Malformed(_))), "{dump}");
    }
}
