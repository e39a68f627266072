//! Tables as CSV (RFC 4180), page by page, so that no list is too long.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Bytes;
use futures_util::stream::{self, LocalBoxStream, StreamExt as _};

/// The lines of one part of a table.
pub(crate) type Part = Result<Vec<Vec<String>>, std::io::Error>;

/// A file to be saved.
pub(crate) fn file(name: &str, heads: &[&str], parts: LocalBoxStream<'static, Part>) -> HttpResponse {
    let head = line(heads.iter().copied());
    let body = parts.map(|part| {
        let lines = part?;
        let text: String = lines.iter().map(|cells| line(cells.iter().map(String::as_str))).collect();
        Ok::<_, std::io::Error>(Bytes::from(text))
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream::once(async move { Ok(Bytes::from(head)) }).chain(body))
}

fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guard = if is_formula { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) || is_formula {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(
            line(["Ann", "a,b", "say \"hi\"", "two\nlines", ""]),
            "Ann,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+49 30", "-1", "@x", "\tx", "=HYPERLINK(\"http://evil\")"] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        assert_eq!(cell("a=b"), "a=b");
    }
}
