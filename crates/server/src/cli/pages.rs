//! `healthcore completions` and `healthcore man`: what is made of the command line itself.

use std::path::Path;
use std::{fs, io};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::args::{Cli, CompletionsArguments, ManArguments};
use super::failure::Failure;
use crate::output;

const NAME: &str = "healthcore";

pub(super) fn completions(arguments: &CompletionsArguments) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), NAME, &mut text);
    Ok(output::data(&String::from_utf8_lossy(&text))?)
}

pub(super) fn man(arguments: &ManArguments) -> Result<(), Failure> {
    // Without `help`, which would have a page for each command a second time.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    match &arguments.dir {
        None => Ok(output::data(&page(program)?)?),
        Some(folder) => {
            fs::create_dir_all(folder)?;
            write_all(&program, NAME, folder)
        }
    }
}

/// Writes the page of a command and of all below it; the page of `users list` is `healthcore-users-list.1`.
fn write_all(command: &Command, name: &str, folder: &Path) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    fs::write(&path, page(command.clone().display_name(name.to_owned()))?)?;
    output::data(&format!("{}\n", path.display()))?;
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .try_for_each(|below| write_all(below, &format!("{name}-{}", below.get_name()), folder))
}

fn page(command: Command) -> io::Result<String> {
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
