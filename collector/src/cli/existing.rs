//! Commands about bundles that exist already: redact one again, look into one, read a name back. Owns what they print.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use koff_bundle::reader::Bundle;

use super::{place, say};
use crate::{
    error::{Error, Result},
    export::readable,
    redact::{self, Key, Kind, Masks, Mode, Redactor, again, map},
};

/// What to do with a bundle that exists already.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Redact a bundle, or evidence gathered by hand, and write the result beside it.
    Redact {
        /// The bundle: a zip, a folder or a single file.
        bundle: PathBuf,
        /// Write the redacted bundle here. Default: the same name with `.redacted.zip`.
        #[arg(long, short, value_name = "FILE.zip")]
        output: Option<PathBuf>,
        /// Hide this name, too; may be given several times.
        #[arg(long, value_name = "NAME")]
        hide: Vec<String>,
        /// Key file for the stand-ins of names, so that several bundles agree; made if it is not there.
        #[arg(long, alias = "key", value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Show what was masked in a bundle, by kind and count, or one item's text as it is in the bundle.
    Inspect {
        /// The bundle.
        bundle: PathBuf,
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

pub(super) fn run(command: &Command, out: &mut dyn Write) -> Result<()> {
    match command {
        Command::Redact { bundle, output, hide, key_file } => {
            redact(bundle, output.as_deref(), hide, key_file.as_deref(), out)
        }
        Command::Inspect { bundle, item } => inspect(bundle, item.as_deref(), out),
        Command::Unmask { map: file, name } => {
            let meant = map::unmask(file, name).map_err(|source| Error::File { place: file.clone(), source })?;
            let missing = || Error::Missing {
                place: file.clone(),
                expected: "a stand-in that this map knows".to_owned(),
                found: name.clone(),
            };
            say(out, &format!("{}\n", meant.ok_or_else(missing)?))
        }
    }
}

fn redact(path: &Path, output: Option<&Path>, hide: &[String], key: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let bundle = again::open(path)?;
    let key = key.map_or_else(Key::random, Key::from_file).map_err(|error| Error::Key(error.to_string()))?;
    let mut learned = again::names_in(&bundle, &key);
    for name in hide {
        learned.add(Kind::User, name);
    }
    let names = learned.len();
    let redactor = Redactor::new(learned, key, Mode::Mask);
    let target = output.map_or_else(|| path.with_extension("redacted.zip"), Path::to_path_buf);
    let file = place::open(&target)?;
    let (file, manifest) = again::rewrite(&bundle, &redactor, file)?;
    redact::verify(file.path(), &redactor)?;
    place::complete(file, &target)?;
    keep_map(&target, &redactor)?;
    let mut text = format!("Redacted bundle: {}\n{names} names were known beforehand.\n", target.display());
    text += &table(&manifest.redaction.masks);
    for entry in
        manifest.entries.iter().filter(|entry| entry.acquisition.state == koff_bundle::acquisition::State::Redacted)
    {
        text += &format!("Left out: {} ({})\n", entry.name, entry.acquisition.reason);
    }
    say(out, &text)
}

fn inspect(path: &Path, item: Option<&str>, out: &mut dyn Write) -> Result<()> {
    let bundle = again::open(path)?;
    if let Some(item) = item {
        return show(&bundle, path, item, out);
    }
    let manifest = bundle.manifest();
    let mut text = match manifest.redaction.names_masked {
        true => "Names are masked.\n".to_owned(),
        false => "NAMES ARE NOT MASKED: whoever gets this bundle reads who uses this PC.\n".to_owned(),
    };
    text += &table(&manifest.redaction.masks);
    text.push('\n');
    for entry in &manifest.entries {
        let masks: Vec<String> = entry.masks.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let masks = if masks.is_empty() { "nothing masked".to_owned() } else { masks.join(", ") };
        let state = entry.acquisition.state;
        let what =
            if state.has_content() { format!("{} bytes, {masks}", entry.bytes_kept) } else { state.words().to_owned() };
        text += &format!("{}: {what}\n", entry.name);
    }
    say(out, &text)
}

fn show(bundle: &Bundle, path: &Path, item: &str, out: &mut dyn Write) -> Result<()> {
    if bundle.member(item).is_none() {
        let (place, expected) = (path.to_path_buf(), "an item of this bundle".to_owned());
        return Err(Error::Missing { place, expected, found: item.to_owned() });
    }
    let mut bytes = Vec::new();
    let read = bundle.stream(item)?.read_to_end(&mut bytes);
    read.map_err(|source| Error::File { place: path.join(item), source })?;
    say(out, &readable(&bytes))
}

fn table(masks: &Masks) -> String {
    if masks.is_empty() {
        return "Nothing had to be masked.\n".to_owned();
    }
    masks.iter().map(|(kind, count)| format!("{count:>8}  {kind}\n")).collect()
}

/// Writes the owner's map of names beside the bundle, and gives its file name.
pub(super) fn keep_map(target: &Path, redactor: &Redactor) -> Result<String> {
    let place = map::beside(target);
    let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
    map::save(&place, &redactor.pairs()).map_err(|source| Error::File { place, source })?;
    Ok(name)
}
