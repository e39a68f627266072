//! `healthcore config`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use security::{Algorithm, SystemRandom};

use super::args::{ConfigCommand, ConfigInitArguments, ConfigShowArguments};
use super::failure::Failure;
use crate::audit::hex;
use crate::settings::{DEFAULTS, Flags, ShownSetting, Sources};
use crate::{key_store, output};

/// A file that may come to hold secrets is its owner's only.
const MODE: u32 = 0o600;

/// Needs the sources, not settings that make sense: it is for finding out why they do not.
pub(super) fn run(flags: Flags, command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show(arguments) => show(&Sources::of_process(flags)?, arguments),
        ConfigCommand::Init(arguments) => init(arguments),
    }
}

fn show(sources: &Sources, arguments: &ConfigShowArguments) -> Result<(), Failure> {
    let is_wanted = |setting: &ShownSetting| !arguments.changed || setting.origin != "default";
    let line = |setting: ShownSetting| {
        let line = format!("{} = {}", setting.key, setting.value);
        if arguments.sources { format!("{line:<50} # {}\n", setting.origin) } else { format!("{line}\n") }
    };
    let shown = ShownSetting::all(sources)?.into_iter().filter(is_wanted);
    Ok(output::data(&shown.map(line).collect::<String>())?)
}

fn init(arguments: &ConfigInitArguments) -> Result<(), Failure> {
    let file = &arguments.file;
    if file.as_os_str() == "-" {
        let secrets = arguments.production.then(|| Secrets::beside(Path::new("/etc/healthcore/x")));
        return Ok(output::data(&template(secrets.as_ref()))?);
    }
    if fs::exists(file)? {
        let shown = file.display();
        return Err(Failure::Failed(format!("{shown} is there already; name another file")));
    }
    let secrets = arguments.production.then(|| Secrets::beside(file));
    let made = secrets.as_ref().map_or(Ok(()), Secrets::make);
    let written = made.and_then(|()| write_new(file, &template(secrets.as_ref())));
    written.map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", file.display())))?;
    output::data(&format!("{}\n", file.display()))?;
    output::say(&format!("look at it, then: healthcore doctor --config {}", file.display()));
    Ok(())
}

/// The files of secrets of a production server.
struct Secrets {
    signing: PathBuf,
    sealing: PathBuf,
}

impl Secrets {
    fn beside(file: &Path) -> Self {
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        Self { signing: absolute.with_file_name("secret.key"), sealing: absolute.with_file_name("seal.key") }
    }

    /// Makes those that are not there.
    fn make(&self) -> io::Result<()> {
        key_store::make(&self.signing, Algorithm::Hs256)?;
        match write_new(&self.sealing, &format!("{}\n", hex(&SystemRandom.secret_bytes()))) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            written => written,
        }
    }
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut made = OpenOptions::new().write(true).create_new(true).mode(MODE).open(file)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()
}

/// The defaults, every setting commented out but those of production.
fn template(secrets: Option<&Secrets>) -> String {
    let mut section = String::new();
    let mut lines: Vec<String> = Vec::new();
    for line in DEFAULTS.lines().skip_while(|line| line.starts_with('#') || line.is_empty()) {
        if line.starts_with('[') {
            line.trim_matches(['[', ']']).clone_into(&mut section);
            lines.push(line.to_owned());
            continue;
        }
        let key = line.split_once(" = ").map(|(key, _)| key).filter(|key| !key.starts_with('#'));
        lines.push(match key {
            None => line.to_owned(),
            Some(key) => match secrets.and_then(|secrets| in_production(&section, key, secrets)) {
                Some(value) => format!("{key} = {value}"),
                None => format!("#{line}"),
            },
        });
    }
    format!("{HEAD}{}\n", lines.join("\n"))
}

const HEAD: &str = "\
# Settings of Healthcore. Remove the `#` of what you change; the values are the defaults.
# `healthcore config show --sources` tells what is in force, `healthcore doctor` what is wrong with it.

";

/// What production needs to be otherwise.
fn in_production(section: &str, key: &str, secrets: &Secrets) -> Option<String> {
    let text = |text: &str| Some(format!("{text:?}"));
    match (section, key) {
        ("server", "environment") => text("production"),
        ("server", "data_dir") => text("/var/lib/healthcore"),
        ("auth", "secret_key_file") => text(&secrets.signing.display().to_string()),
        ("audit", "seal_key_file") => text(&secrets.sealing.display().to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Settings};

    #[test]
    fn the_file_changes_nothing_and_holds_every_setting() {
        let text = template(None);
        let sources = Sources::default().with_file("made.toml", &text);
        let shown = ShownSetting::all(&sources).unwrap();
        assert!(shown.iter().all(|setting| setting.origin == "default"));
        for setting in shown {
            let key = setting.key.split_once('.').unwrap().1;
            assert!(text.contains(&format!("\n#{key} = ")), "{key}");
        }
    }

    #[test]
    fn the_file_of_production_is_all_that_production_needs() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::beside(&folder.path().join("healthcore.toml"));
        secrets.make().unwrap();
        let before = fs::read_to_string(&secrets.sealing).unwrap();
        secrets.make().unwrap();
        assert_eq!(fs::read_to_string(&secrets.sealing).unwrap(), before);
        let sources = Sources::default().with_file("made.toml", &template(Some(&secrets)));
        let settings = Settings::load(&sources).unwrap();
        assert_eq!(settings.server.environment, Environment::Production);
        settings.check().unwrap();
        assert_eq!(settings.warnings(), [""; 0]);
    }
}
