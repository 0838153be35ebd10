//! The names to hide, before anything is written: learned from the host, or given. Owns how a name falls into parts and
//! which spellings of it are names too; where they come from is `learn`, how they are found is `scan`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    kind::Kind,
    words::{self, Strength},
};

/// Names to hide, with their kinds.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    /// Name in lower case → kind and the spelling that was learned. One pseudonym each.
    names: BTreeMap<String, (Kind, String)>,
    /// Further spellings of a name, in lower case → the name they stand for.
    aliases: BTreeMap<String, String>,
    /// Texts to remove in every mode.
    secrets: BTreeSet<String>,
}

/// Nothing longer than this is a name; longer texts are cut here, and their beginning is hunted as a truncated form.
const LONGEST_NAME: usize = 250;

impl Learned {
    /// No names yet: then only structure (addresses, home paths, SIDs, …) is masked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a name. What it is made of is added too: both sides of a mail address or of `DOMAIN\user`, the domain of a
    /// host name, the words of a person's name. Names that identify nobody (`admin`, `Outlook`, vendors) are left out.
    pub fn add(&mut self, kind: Kind, text: &str) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '"').trim_end_matches('.');
        let end = text.char_indices().nth(LONGEST_NAME).map_or(text.len(), |(at, _)| at);
        let text = text.get(..end).unwrap_or(text);
        match kind {
            _ if text.is_empty() => {}
            Kind::Secret => {
                if text.chars().count() >= 4 {
                    self.secrets.insert(text.to_owned());
                }
            }
            // Found by their shape wherever they stand; nothing to learn.
            Kind::Sid | Kind::Ipv4 | Kind::Ipv6 | Kind::Mac => {}
            Kind::Mail => self.add_mail(text),
            Kind::Host | Kind::Server | Kind::Domain => self.add_host(kind, text),
            Kind::Person => self.add_person(text),
            Kind::User | Kind::Profile => match (text.split_once('\\'), text.split_once('@')) {
                (Some((domain, user)), _) => {
                    self.add(Kind::Domain, domain);
                    self.add(kind, user);
                }
                (None, Some(_)) if kind == Kind::User => self.add_mail(text),
                // A profile called like a mail address is that address everywhere, its folder included.
                (None, Some((local, host))) if !local.is_empty() && host.contains('.') => self.add_mail(text),
                _ => {
                    self.insert(kind, text);
                    if kind == Kind::Profile && text.contains(' ') {
                        self.add_spellings(text);
                    }
                }
            },
            _ => self.insert(kind, text),
        }
    }

    /// Everything that `other` holds, too.
    pub fn extend(&mut self, other: &Self) {
        for (kind, text) in other.names.values() {
            self.insert(*kind, text);
        }
        self.aliases.extend(other.aliases.iter().map(|(alias, name)| (alias.clone(), name.clone())));
        self.secrets.extend(other.secrets.iter().cloned());
    }

    /// How many names there are, spellings not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.secrets.is_empty()
    }

    /// Names in order: lower-case form, kind, the spelling learned.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Kind, &str)> {
        self.names.iter().map(|(folded, (kind, text))| (folded.as_str(), *kind, text.as_str()))
    }

    /// Further spellings and the lower-case name that each stands for.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aliases.iter().map(|(alias, name)| (alias.as_str(), name.as_str()))
    }

    /// Texts to remove in every mode.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }

    /// The kind under which `folded` (lower case) was learned.
    pub(crate) fn kind(&self, folded: &str) -> Option<Kind> {
        self.names.get(folded).map(|(kind, _)| *kind)
    }

    fn insert(&mut self, kind: Kind, text: &str) {
        // A share called `Profiles` or a profile called `Work` identifies nobody, but the same word stands in registry
        // paths and records: masked there as a whole part, it would change what the bundle says.
        let things = [Kind::Host, Kind::Server, Kind::Domain, Kind::Profile, Kind::Share, Kind::Folder];
        match words::strength(text) {
            Strength::Public => return,
            Strength::Vocabulary if things.contains(&kind) => return,
            _ => {}
        }
        let entry = self.names.entry(text.to_lowercase()).or_insert_with(|| (kind, text.to_owned()));
        // The same word may be learned twice; the kind must not depend on the order.
        entry.0 = entry.0.min(kind);
    }

    fn add_mail(&mut self, text: &str) {
        let Some((local, domain)) = text.rsplit_once('@') else {
            self.insert(Kind::Mail, text);
            return;
        };
        self.insert(Kind::Mail, local);
        self.add(Kind::Domain, domain);
    }

    fn add_host(&mut self, kind: Kind, text: &str) {
        let host = text.trim_start_matches('\\').trim_matches(['[', ']']);
        if host.parse::<std::net::IpAddr>().is_ok() || words::is_public_host(host) {
            return;
        }
        let Some((first, _)) = host.split_once('.') else {
            self.insert(kind, host);
            return;
        };
        let domain = super::pseudonym::registrable(host);
        if !words::is_public_host(domain) {
            self.insert(Kind::Domain, domain);
        }
        if kind != Kind::Domain && first.len() + domain.len() < host.len() && !words::is_service_label(first) {
            self.insert(kind, first);
        }
    }

    fn add_person(&mut self, text: &str) {
        self.insert(Kind::Person, text);
        self.add_spellings(text);
        let words: Vec<&str> = text.split([' ', ',', '.', '(', ')']).filter(|word| !word.is_empty()).collect();
        if words.len() > 1 && words.len() <= 5 {
            for word in words.iter().filter(|word| word.chars().count() >= 3) {
                self.insert(Kind::Person, word);
            }
        }
    }

    /// `Anna Muster` also stands as `Muster, Anna`, `anna.muster`, `anna_muster`, `AnnaMuster`, ….
    fn add_spellings(&mut self, text: &str) {
        let folded = text.to_lowercase();
        if words::strength(&folded) == Strength::Public {
            return;
        }
        let words: Vec<&str> = folded.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let (&[first, .., last], 2..=4) = (words.as_slice(), words.len()) else { return };
        let ends = [(first, last), (last, first)];
        let mut spellings: Vec<String> = [" ", "_", "-", ".", "+", ""].iter().map(|sep| words.join(sep)).collect();
        for (one, two) in ends {
            spellings.extend([" ", ", ", ",", ".", "_", "-", ""].iter().map(|sep| format!("{one}{sep}{two}")));
        }
        for spelling in spellings {
            if spelling != folded && !self.names.contains_key(&spelling) {
                self.aliases.insert(spelling, folded.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(kind: Kind, text: &str) -> Vec<String> {
        let mut learned = Learned::new();
        learned.add(kind, text);
        learned.names().map(|(folded, kind, _)| format!("{}:{folded}", kind.id())).collect()
    }

    #[test]
    fn names_fall_into_their_parts() {
        assert_eq!(learned(Kind::User, r"FIRMA\Anna"), ["user:anna"]);
        assert_eq!(learned(Kind::User, r"MUSTERWERK\Anna"), ["user:anna", "domain:musterwerk"]);
        assert_eq!(learned(Kind::Mail, "a.muster@mail.musterwerk.de"), ["mail:a.muster", "domain:musterwerk.de"]);
        assert_eq!(learned(Kind::Server, "srv7.musterwerk.de."), ["domain:musterwerk.de", "server:srv7"]);
        assert_eq!(learned(Kind::Person, "Anna Muster"), ["person:anna", "person:anna muster", "person:muster"]);
        assert_eq!(learned(Kind::Mail, "anna@gmail.com"), ["mail:anna"]);
        assert!(learned(Kind::Profile, "Outlook").is_empty());
        assert!(learned(Kind::Server, "192.168.1.2").is_empty());
    }

    #[test]
    fn the_kind_does_not_depend_on_the_order() {
        let mut one = Learned::new();
        one.add(Kind::Host, "anna");
        one.add(Kind::User, "ANNA");
        assert_eq!(one.kind("anna"), Some(Kind::User));
    }
}
