//! How far a command is: a bar on a terminal, a plain line now and then elsewhere.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Where there is no terminal, there is a line after so many rows.
const EVERY: u64 = 10_000;
/// How the bar is drawn: it is of the bytes of a file, or of the rows of a table.
const BAR: &str = "{bar:40} {percent:>3} %  {msg}  {eta} left";

/// How far a command is.
pub(crate) struct Progress {
    /// `None` where nobody watches.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Through a file, whose rows nobody has counted.
    pub(crate) fn of_file(file: &File) -> Self {
        Self::new(file.metadata().map_or(0, |metadata| metadata.len()), io::stderr().is_terminal())
    }

    fn new(length: u64, is_watched: bool) -> Self {
        let bar = is_watched.then(|| {
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
            // The template is a constant, which a test reads.
            bar.with_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar }
    }

    /// The file, moving the bar as it is read.
    pub(crate) fn reading(&self, file: File) -> Box<dyn Read + Send> {
        match &self.bar {
            Some(bar) => Box::new(bar.wrap_read(file)),
            None => Box::new(file),
        }
    }

    /// So many rows are done.
    pub(crate) fn tell(&self, what: &str, rows: u64) {
        match &self.bar {
            Some(bar) => bar.set_message(format!("{rows} {what}")),
            None if rows.is_multiple_of(EVERY) => output::say(&format!("{rows} {what}")),
            None => {}
        }
    }

    /// A line above the bar, which is not torn by it.
    pub(crate) fn aside(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Nothing more comes.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_can_be_drawn() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
    }

    #[test]
    fn without_a_terminal_there_is_no_bar() {
        assert!(Progress::new(1, false).bar.is_none());
        assert!(Progress::new(1, true).bar.is_some());
    }
}
