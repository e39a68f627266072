//! Rows as `COPY … FROM stdin` has them.

/// The values of a line: tabs between them, `\N` for NULL, a backslash before what means something else.
pub(super) fn values(line: &str) -> Option<Vec<Option<String>>> {
    line.split('\t').map(|value| if value == "\\N" { Some(None) } else { plain(value).map(Some) }).collect()
}

fn plain(value: &str) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other if other.is_ascii_digit() || other == 'x' => return None,
            other => other,
        });
    }
    Some(text)
}
