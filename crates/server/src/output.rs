//! What the program says: data on standard output, everything else on standard error.

use std::io::{self, Write as _};

/// Writes data. A reader that has had enough (`| head`) ends it quietly.
pub(crate) fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Says a line to whoever watches; nobody has to.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
