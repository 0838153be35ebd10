//! Everything that the program says to a person, by language. Owns finding a text and filling it in; the texts are the
//! files in `messages/`. What programs read (JSON, the manifest) does not come from here.

use std::collections::BTreeMap;

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
};

use crate::error::Error;

/// Language code and texts of every file in `messages/`, in order of the codes.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// The language that every text exists in.
const FALLBACK: &str = "en";

/// The texts of one language.
#[derive(Debug, Clone)]
pub struct Messages {
    language: &'static str,
    texts: BTreeMap<&'static str, &'static str>,
}

impl Messages {
    /// The texts for a language tag, as Windows (`de-AT`) or POSIX (`de_AT.UTF-8`) write it; English where there are none.
    #[must_use]
    pub fn for_tag(tag: &str) -> Self {
        let code = tag.split(['-', '_', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        let file = |wanted: &str| FILES.iter().find(|(language, _)| *language == wanted);
        let (language, text) = file(&code).or_else(|| file(FALLBACK)).copied().unwrap_or_default();
        Self { language, texts: lines(text).collect() }
    }

    /// Codes of all languages.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(language, _)| *language)
    }

    /// Code of the language.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// The text called `key` as it stands in the file.
    #[must_use]
    pub fn plain(&self, key: &'static str) -> &'static str {
        self.texts.get(key).copied().unwrap_or(key)
    }

    /// Names of all texts.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.texts.keys().copied()
    }

    /// What kind of thing a mask hides.
    #[must_use]
    pub fn mask(&self, kind: &str) -> String {
        let key = format!("mask.{kind}");
        if self.texts.contains_key(key.as_str()) { self.text(&key) } else { kind.to_owned() }
    }

    /// The text called `key`; its name where there is none, which a test keeps from happening.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.say(key, &[])
    }

    /// The text called `key`, each `{name}` in it replaced by what `parts` has under that name.
    #[must_use]
    pub fn say(&self, key: &str, parts: &[(&str, &str)]) -> String {
        let Some(text) = self.texts.get(key) else { return key.to_owned() };
        let mut said = String::with_capacity(text.len());
        let mut rest = *text;
        while let Some((before, after)) = rest.split_once(['{', '\\']) {
            said.push_str(before);
            let escape = rest.as_bytes().get(before.len()) == Some(&b'\\');
            rest = match after.strip_prefix('n').filter(|_| escape) {
                Some(rest) => {
                    said.push('\n');
                    rest
                }
                None => match after.split_once('}').filter(|_| !escape) {
                    Some((name, rest)) => {
                        said.push_str(parts.iter().find(|(part, _)| *part == name).map_or("", |(_, value)| value));
                        rest
                    }
                    None => {
                        said.push(if escape { '\\' } else { '{' });
                        after
                    }
                },
            };
        }
        said + rest
    }

    /// What an artifact is for.
    #[must_use]
    pub fn purpose(&self, artifact: Artifact) -> String {
        self.text(&format!("artifact.{}", artifact.id()))
    }

    /// Why a person reads an artifact that no rule needs.
    #[must_use]
    pub fn raw(&self, artifact: Artifact) -> String {
        self.text(&format!("raw.{}", artifact.id()))
    }

    /// Where an entry comes from: a path or key as it is, else what stands for it in this language. `name` is the entry's,
    /// e.g. `facts/users.json`.
    #[must_use]
    pub fn origin(&self, name: &str, method: &str, origin: &str) -> String {
        let file = name.rsplit('/').next().unwrap_or(name);
        let key = format!("entry.{}", file.split_once('.').map_or(file, |(stem, _)| stem));
        let named = matches!(method, "facts" | "picture") && self.texts.contains_key(key.as_str());
        if named { self.text(&key) } else { origin.to_owned() }
    }

    /// How obtaining something ended, and the reason that the manifest gives, which is English in every language.
    #[must_use]
    pub fn why(&self, end: &Acquisition) -> String {
        let state = self.state(end.state);
        if end.reason.is_empty() {
            return state;
        }
        self.say("entry.why", &[("state", &state), ("reason", &end.reason)])
    }

    /// How obtaining something ended, in a few words.
    #[must_use]
    pub fn state(&self, state: State) -> String {
        let id = serde_json::to_value(state).ok();
        let id = id.as_ref().and_then(serde_json::Value::as_str).unwrap_or("failed");
        self.text(&format!("state.{id}"))
    }

    /// A size in bytes, short.
    #[must_use]
    pub fn size(&self, bytes: u64) -> String {
        let (key, number) = match bytes {
            0..=9_999 => ("size.bytes", bytes),
            10_000..=9_999_999 => ("size.kb", bytes / 1024),
            _ => ("size.mb", bytes / (1024 * 1024)),
        };
        self.say(key, &[("number", &number.to_string())])
    }

    /// Why there is no bundle.
    #[must_use]
    pub fn error(&self, error: &Error) -> String {
        let say = |key: &str, parts: &[(&str, &str)]| self.say(key, parts);
        match error {
            Error::NotWindows { place, found } => {
                say("error.not-windows", &[("place", &place.display().to_string()), ("found", found)])
            }
            Error::NoConfig { place } => say("error.no-config", &[("place", &place.display().to_string())]),
            Error::NoFileName { place } => say("error.no-file-name", &[("place", &place.display().to_string())]),
            Error::UnknownUser { asked, known } => say("error.unknown-user", &[("asked", asked), ("known", known)]),
            Error::NotAgreed { option, found } => say("error.not-agreed", &[("option", option), ("found", found)]),
            Error::Write { place, source } => {
                say("error.write", &[("place", &place.display().to_string()), ("why", &source.to_string())])
            }
            Error::Bundle(source) => say("error.bundle", &[("why", &source.to_string())]),
            Error::Key(why) => say("error.key", &[("why", why)]),
            Error::Leak(why) => say("error.leak", &[("why", why)]),
            Error::File { place, source } => {
                say("error.file", &[("place", &place.display().to_string()), ("why", &source.to_string())])
            }
            Error::Missing { place, expected, found } => {
                let place = place.display().to_string();
                say("error.missing", &[("place", &place), ("expected", expected), ("found", found)])
            }
            Error::NoLiveHost => self.text("error.no-live-host"),
            Error::NoWindow => self.text("error.no-window"),
            Error::Cancelled => self.text("error.cancelled"),
        }
    }
}

/// Key and text of every line that has both.
fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(key, text)| (key.trim(), text.strip_prefix(' ').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use koff_bundle::artifact::Reader;

    use super::*;

    fn table(language: &str) -> BTreeMap<&'static str, &'static str> {
        let (_, text) = FILES.iter().find(|(code, _)| *code == language).unwrap();
        lines(text).collect()
    }

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_placeholders_and_keyboard_letters() {
        let english = table(FALLBACK);
        assert!(Messages::languages().any(|language| language == "de"));
        for (language, text) in FILES {
            let here = table(language);
            let count = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).count();
            assert_eq!(here.len(), count, "{language}: a key stands twice, or a line has no '='");
            let keys = |table: &BTreeMap<&'static str, &str>| table.keys().copied().collect::<BTreeSet<_>>();
            let differ: Vec<_> = keys(&english).symmetric_difference(&keys(&here)).copied().collect();
            assert!(differ.is_empty(), "{language}: missing or unknown: {differ:?}");
            for (key, text) in &here {
                assert!(!text.trim().is_empty(), "{language}: {key} is empty");
                assert_eq!(placeholders(text), placeholders(english[key]), "{language}: {key}");
                assert_eq!(
                    text.contains('&'),
                    english[key].contains('&'),
                    "{language}: {key}: a letter for the Alt key"
                );
            }
        }
    }

    #[test]
    fn every_artifact_and_state_has_its_words_and_english_are_those_of_the_catalogue() {
        let english = Messages::for_tag("en");
        for artifact in Artifact::ALL {
            assert_eq!(english.purpose(*artifact), artifact.purpose(), "{}", artifact.id());
        }
        for artifact in Artifact::ALL {
            match artifact.reader() {
                Reader::Raw(why) | Reader::Shown(_, why) => {
                    assert_eq!(english.raw(*artifact), why, "{}", artifact.id())
                }
                Reader::Facts(_) => assert!(english.raw(*artifact).starts_with("raw."), "{}", artifact.id()),
            }
        }
        for state in [State::Complete, State::TimedOut, State::NotCollected, State::Withheld] {
            assert!(!english.state(state).contains("state."), "{state:?}");
        }
        let named = table(FALLBACK).into_keys().filter_map(|key| key.strip_prefix("artifact.")).collect::<Vec<_>>();
        assert!(named.iter().all(|id| Artifact::from_id(id).is_some()), "{named:?}");
    }

    /// Every text that the source asks for exists, and every text is asked for.
    #[test]
    fn texts_and_source_know_each_other() {
        let mut source = String::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    source += &fs::read_to_string(path).unwrap();
                }
            }
        }
        let made = ["artifact.", "state.", "group.", "help.", "mask.", "raw.", "entry.", "language"];
        for key in table(FALLBACK).into_keys().filter(|key| !made.iter().any(|made| key.starts_with(made))) {
            assert!(source.contains(&format!("\"{key}\"")), "nobody says {key}");
        }
        for call in [".text(\"", ".say(\"", "say(\""] {
            for key in source.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                let known = table(FALLBACK).contains_key(key) || !key.contains('.') || key.contains(['{', ' ']);
                assert!(known, "messages/en.txt has no {key}");
            }
        }
    }

    /// What a person reads comes from `messages/`: no sentence stands in the code that speaks with people.
    #[test]
    fn no_sentence_stands_in_the_code_of_command_line_and_window() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = vec![source.join("cli.rs")];
        let mut folders = vec![source.join("cli"), source.join("window")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        // For a developer, or for a program.
        let known = ["nobody has looked around yet", "a person ({why})"];
        let words = |text: &str| {
            let text = text.replace(r"\n", " ");
            let said: String =
                text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
            said.split(' ').filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1).count()
        };
        let mut found = Vec::new();
        for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
            let text = fs::read_to_string(file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for line in code.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("#")) {
                let literals = line.split('"').skip(1).step_by(2);
                found.extend(literals.filter(|text| words(text) > 1 && !known.contains(text)).map(str::to_owned));
            }
        }
        assert!(found.is_empty(), "{found:?}");
        assert!(files.len() > 15, "{}", files.len());
    }

    #[test]
    fn the_system_s_word_for_a_language_finds_it() {
        for (tag, language) in
            [("de-AT", "de"), ("de_DE.UTF-8", "de"), ("DE", "de"), ("fr-FR", "en"), ("C", "en"), ("", "en")]
        {
            assert_eq!(Messages::for_tag(tag).language(), language, "{tag}");
        }
    }

    #[test]
    fn what_is_filled_in_is_taken_as_it_is() {
        let messages = Messages::for_tag("en");
        let said = messages.say("summary.bundle", &[("path", r"C:\new\{size}.zip"), ("size", "5")]);
        assert_eq!(said, r"The bundle is at C:\new\{size}.zip (5).");
        assert_eq!(messages.error(&Error::Cancelled), Error::Cancelled.to_string());
        let error = Error::UnknownUser { asked: "x".to_owned(), known: "anna".to_owned() };
        assert_eq!(messages.error(&error), error.to_string());
        assert!(Messages::for_tag("de").error(&error).contains("niemand dieses Namens"));
    }
}
