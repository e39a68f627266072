//! What the program says: data on standard output, everything else on standard error.

use std::io::{self, Write as _};

/// Writes data. A reader that has had enough (`| head`) ends it quietly.
pub(crate) fn data(text: &str) -> io::Result<()> {
    part(text).map(drop)
}

/// Writes a part of the data. False when the reader has had enough and the rest would be in vain.
pub(crate) fn part(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Says a line to whoever watches; nobody has to.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
