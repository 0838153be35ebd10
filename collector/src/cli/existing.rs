//! Commands about bundles that exist already: redact one again, look into one, read a name back. Owns what they print.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use koff_bundle::{
    acquisition::State,
    reader::Bundle,
    seal::{self, Identity},
};

use super::{
    place::{self, Target},
    say,
    sending::{self, Sending},
};
use crate::{
    error::{Error, Result},
    export::readable,
    messages::Messages,
    redact::{self, Key, Kind, Masks, Mode, Redactor, again, map},
};

/// What to do with a bundle that exists already.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Redact a bundle, or evidence gathered by hand, and write the result beside it.
    Redact(Again),
    /// Show what was masked in a bundle, by kind and count, or one item's text as it is in the bundle.
    Inspect {
        #[command(flatten)]
        bundle: Existing,
        /// Name of an item, as the list shows it.
        item: Option<String>,
    },
    /// Say what a stand-in means, or a text with stand-ins in it.
    Unmask {
        /// The map of names that was written beside the bundle.
        map: PathBuf,
        /// The stand-in, e.g. USER-k3f9ab12.
        name: String,
    },
}

/// A bundle, and what opens it.
#[derive(Debug, Args)]
pub(super) struct Existing {
    /// The bundle: a zip, a folder or a single file; of volumes, the first.
    bundle: PathBuf,
    /// File with the secret key that opens sealed bundles (age, AGE-SECRET-KEY-1…); may be given several times.
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,
}

impl Existing {
    /// # Errors
    /// Where it is no bundle and no evidence, or sealed for others.
    fn open(&self) -> Result<Bundle> {
        let mut keys: Vec<Identity> = Vec::new();
        for file in &self.identity {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|source| Error::File { place: file.clone(), source })?;
            keys.extend(seal::keys::<Identity>(&file.display().to_string(), &text)?);
        }
        Ok(again::open(&self.bundle, &keys)?)
    }
}

/// A second redaction.
#[derive(Debug, Args)]
pub(super) struct Again {
    #[command(flatten)]
    bundle: Existing,
    /// Write the redacted bundle here. Default: the same name with `.redacted.zip`.
    #[arg(long, short, value_name = "FILE.zip")]
    output: Option<PathBuf>,
    /// Hide this name, too; may be given several times.
    #[arg(long, value_name = "NAME")]
    hide: Vec<String>,
    /// Key file for the stand-ins of names, so that several bundles agree; made if it is not there.
    #[arg(long, alias = "key", value_name = "FILE")]
    key_file: Option<PathBuf>,
    #[command(flatten)]
    sending: sending::Options,
}

pub(super) fn run(command: &Command, messages: &Messages, out: &mut dyn Write) -> Result<()> {
    match command {
        Command::Redact(again) => redact(again, messages, out),
        Command::Inspect { bundle, item: None } => inspect(&bundle.open()?, messages, out),
        Command::Inspect { bundle, item: Some(item) } => show(&bundle.open()?, &bundle.bundle, item, messages, out),
        Command::Unmask { map: file, name } => {
            let meant = map::unmask(file, name).map_err(|source| Error::File { place: file.clone(), source })?;
            let missing = || Error::Missing {
                place: file.clone(),
                expected: messages.text("unmask.expected"),
                found: name.clone(),
            };
            say(out, &format!("{}\n", meant.ok_or_else(missing)?))
        }
    }
}

fn redact(again: &Again, messages: &Messages, out: &mut dyn Write) -> Result<()> {
    let sending = Sending::new(&again.sending)?;
    let bundle = again.bundle.open()?;
    let key = again.key_file.as_deref().map_or_else(Key::random, Key::from_file);
    let key = key.map_err(|error| Error::Key(error.to_string()))?;
    let mut learned = again::names_in(&bundle, &key);
    for name in &again.hide {
        learned.add(Kind::User, name);
    }
    let names = learned.len();
    let redactor = Redactor::new(learned, key, Mode::Mask);
    let target = again.output.clone().unwrap_or_else(|| redacted_name(&again.bundle.bundle));
    let file = place::open(&target)?;
    let (_, manifest) = again::rewrite(&bundle, &redactor, file.as_file())?;
    redact::verify(file.path(), &redactor)?;
    let map = Map::write(&target, &redactor)?;
    let files = sending.complete(file, &Target::asked(target.clone()))?;
    map.keep(&target, &files)?;
    let first = files.first().unwrap_or(&target);
    let mut lines = vec![
        messages.say("redact.done", &[("path", &first.display().to_string())]),
        messages.say("redact.known", &[("count", &names.to_string())]),
    ];
    lines.extend(table(&manifest.redaction.masks, messages));
    let left_out = manifest.entries.iter().filter(|entry| entry.acquisition.state == State::Redacted);
    lines
        .extend(left_out.map(|entry| {
            messages.say("redact.left-out", &[("name", &entry.name), ("why", &entry.acquisition.reason)])
        }));
    say(out, &(lines.join("\n") + "\n"))
}

/// `x.redacted.zip` for `x`, `x.zip`, `x.zip.age` and `x.zip.age.001`.
fn redacted_name(bundle: &Path) -> PathBuf {
    let is = |path: &Path, wanted: &dyn Fn(&str) -> bool| {
        path.extension().and_then(|extension| extension.to_str()).is_some_and(wanted)
    };
    let mut plain = bundle.to_path_buf();
    if is(&plain, &|end| end.len() == 3 && end.bytes().all(|byte| byte.is_ascii_digit())) {
        plain.set_extension("");
    }
    if is(&plain, &|end| end.eq_ignore_ascii_case("age")) {
        plain.set_extension("");
    }
    plain.with_extension("redacted.zip")
}

fn inspect(bundle: &Bundle, messages: &Messages, out: &mut dyn Write) -> Result<()> {
    let manifest = bundle.manifest();
    let masked = if manifest.redaction.names_masked { "inspect.masked" } else { "inspect.not-masked" };
    let mut lines = vec![messages.text(masked)];
    lines.extend(table(&manifest.redaction.masks, messages));
    lines.push(String::new());
    for entry in &manifest.entries {
        let masks = entry.masks.iter().map(|(kind, count)| format!("{count} {}", messages.mask(kind)));
        let masks: Vec<String> = masks.collect();
        let masks = if masks.is_empty() { messages.text("inspect.nothing") } else { masks.join(", ") };
        let state = entry.acquisition.state;
        let what = if state.has_content() {
            messages.say("inspect.item", &[("bytes", &entry.bytes_kept.to_string()), ("masks", &masks)])
        } else {
            messages.state(state)
        };
        lines.push(format!("{}: {what}", entry.name));
    }
    say(out, &(lines.join("\n") + "\n"))
}

fn show(bundle: &Bundle, path: &Path, item: &str, messages: &Messages, out: &mut dyn Write) -> Result<()> {
    if bundle.member(item).is_none() {
        let (place, expected) = (path.to_path_buf(), messages.text("inspect.expected"));
        return Err(Error::Missing { place, expected, found: item.to_owned() });
    }
    let mut bytes = Vec::new();
    let read = bundle.stream(item)?.read_to_end(&mut bytes);
    read.map_err(|source| Error::File { place: path.join(item), source })?;
    say(out, &readable(&bytes))
}

fn table(masks: &Masks, messages: &Messages) -> Vec<String> {
    if masks.is_empty() {
        return vec![messages.text("inspect.none")];
    }
    masks.iter().map(|(kind, count)| format!("{count:>8}  {}", messages.mask(kind))).collect()
}

/// The owner's map of names beside a bundle.
pub(super) struct Map(map::Written);

impl Map {
    /// Writes it under a temporary name: where it cannot be kept from others, there is no bundle either.
    pub(super) fn write(target: &Path, redactor: &Redactor) -> Result<Self> {
        let place = map::beside(target);
        // Nothing can take the name of a folder; to find that out in the end would cost the bundle.
        if place.is_dir() {
            return Err(Error::File { place, source: std::io::ErrorKind::IsADirectory.into() });
        }
        map::write(&place, &redactor.pairs()).map(Self).map_err(|source| Error::File { place, source })
    }

    /// Gives it its name beside `bundle`, and says the last part of it. Where the disk refuses that there is no bundle
    /// either: `files`, which have their names already, are removed, since the run is about to say so.
    pub(super) fn keep(self, bundle: &Path, files: &[PathBuf]) -> Result<String> {
        let place = map::beside(bundle);
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.0.keep(&place).map_err(|source| {
            files.iter().for_each(|file| drop(std::fs::remove_file(file)));
            Error::File { place, source }
        })?;
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_bundle_is_called_like_the_plain_one() {
        for name in ["x.zip", "x.zip.age", "x.zip.age.001", "x.zip.001", "x.log"] {
            assert_eq!(redacted_name(Path::new(name)), Path::new("x.redacted.zip"), "{name}");
        }
    }
}
