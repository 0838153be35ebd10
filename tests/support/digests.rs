//! What every format makes of every story: Markdown, the short one, in full in `snapshots/stories/STORY.md`, of the others a
//! digest in `snapshots/stories/digests.txt`. Owns these files, the renderings of the last run that was right (`accepted`)
//! and of this one (`shown`), and how a difference is told; what a story is, is the test's business.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use koff_analyze::{
    render::{Format, render},
    report::Report,
};
use sha2::{Digest as _, Sha256};

use super::sheet::without_sheet;

/// Formats with the ending of their files; Markdown is kept in full.
const FORMATS: [(Format, &str); 7] = [
    (Format::Markdown, "md"),
    (Format::Text, "txt"),
    (Format::Html, "html"),
    (Format::Json, "json"),
    (Format::Ndjson, "ndjson"),
    (Format::Sarif, "sarif"),
    (Format::Junit, "xml"),
];

/// Letters of a digest that are kept.
const LETTERS: usize = 16;

/// A rendering of each format, by the ending of its file.
pub(crate) type Shown = Vec<(&'static str, String)>;

/// `report` in every format.
pub(crate) fn shown(report: &Report) -> Shown {
    let one = |(format, ending): (Format, &'static str)| {
        let mut out = Vec::new();
        render(report, format, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        (ending, if format == Format::Html { without_sheet(&text) } else { text })
    };
    FORMATS.map(one).into()
}

/// What was accepted, and what is different now.
pub(crate) struct Digests {
    /// Differences, for a person.
    pub(crate) wrong: Vec<String>,
    kept: BTreeMap<String, String>,
    found: BTreeMap<String, String>,
    all: Vec<String>,
    pages: BTreeMap<String, String>,
    work: PathBuf,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/snapshots/stories")
}

impl Digests {
    /// What is in the repository; renderings go below `work`.
    pub(crate) fn read(work: &Path) -> Self {
        let text = fs::read_to_string(folder().join("digests.txt")).unwrap_or_default();
        let kept = text.lines().filter_map(|line| line.split_once(' '));
        let kept = kept.map(|(digest, name)| (name.to_owned(), digest.to_owned())).collect();
        for kind in ["accepted", "shown"] {
            fs::create_dir_all(work.join(kind)).unwrap();
        }
        let (wrong, found, pages, work) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), work.to_owned());
        Self { wrong, kept, found, all: Vec::new(), pages, work }
    }

    /// Holds the renderings of `story` to what was accepted.
    pub(crate) fn compare(&mut self, story: &str, shown: &Shown) {
        for (ending, text) in shown {
            let name = format!("{story}.{ending}");
            let digest = digest(text);
            self.all.push(name.clone());
            fs::write(self.work.join("shown").join(&name), text).unwrap();
            let same = if *ending == "md" {
                let kept = fs::read_to_string(folder().join(&name)).unwrap_or_default();
                self.pages.insert(name.clone(), text.clone());
                if kept != *text {
                    self.wrong.push(format!("{name}: {}", difference(&kept, text)));
                }
                kept == *text
            } else {
                let same = self.kept.get(&name) == Some(&digest);
                if !same {
                    self.wrong.push(format!("{name}: {}", self.told(&name, text)));
                }
                self.found.insert(name.clone(), digest);
                same
            };
            if same {
                fs::write(self.work.join("accepted").join(&name), text).unwrap();
            }
        }
        let hint = "formats changed; KOFF_BLESS=1 accepts them";
        if !self.wrong.is_empty() && self.wrong[0] != hint {
            self.wrong.insert(0, hint.to_owned());
        }
    }

    /// The first difference where the accepted rendering is at hand, else how to get it.
    fn told(&self, name: &str, text: &str) -> String {
        let (accepted, shown) = (self.work.join("accepted").join(name), self.work.join("shown").join(name));
        match fs::read_to_string(&accepted) {
            Ok(was) if self.kept.get(name) == Some(&digest(&was)) => {
                format!("{}\n  all: diff {} {}", difference(&was, text), accepted.display(), shown.display())
            }
            _ => format!(
                "another digest; for the difference run this test where it was right (git stash, or the commit before), \
                 then here again: renderings are kept beside {}",
                shown.display()
            ),
        }
    }

    /// Accepts everything compared; what was not compared goes if the whole set was.
    pub(crate) fn write(mut self, whole: bool) {
        let folder = folder();
        if whole {
            self.kept.clear();
            let _ = fs::remove_dir_all(&folder);
        }
        fs::create_dir_all(&folder).unwrap();
        self.kept.extend(self.found);
        let lines = self.kept.iter().map(|(name, digest)| format!("{digest} {name}\n"));
        fs::write(folder.join("digests.txt"), lines.collect::<String>()).unwrap();
        for (name, page) in self.pages {
            fs::write(folder.join(name), page).unwrap();
        }
        for name in self.all {
            fs::copy(self.work.join("shown").join(&name), self.work.join("accepted").join(&name)).unwrap();
        }
    }
}

fn digest(text: &str) -> String {
    let all: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    all[..LETTERS].to_owned()
}

/// The first line that differs.
fn difference(was: &str, is: &str) -> String {
    let line = was.lines().zip(is.lines()).position(|(a, b)| a != b);
    let place = line.unwrap_or_else(|| was.lines().count().min(is.lines().count()));
    let at = |text: &str| text.lines().nth(place).unwrap_or_default().chars().take(400).collect::<String>();
    format!("line {}\n  - {}\n  + {}", place + 1, at(was), at(is))
}
