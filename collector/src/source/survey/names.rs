//! Names that must not stand in a bundle, as far as the host's registry says them under a name that tells what they are:
//! accounts, people, servers, shares, domains. Owns where to look; how a name is hidden is redaction's.

use koff_bundle::registry::{Key, Value, value_type};

use super::{Survey, people, references};
use crate::{
    host::{Host, Root},
    plan::Plan,
    source::Budget,
};

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// An account, or its profile folder.
    User,
    /// A person's display name.
    Person,
    /// A company.
    Organisation,
    /// A mail address.
    Mail,
    /// A mail or file server.
    Server,
    /// A share on one.
    Share,
    /// A domain or workgroup.
    Domain,
    /// An Outlook profile, and the connector's data folder of that name.
    Profile,
}

/// Keys looked into, at most.
const KEYS: usize = 3_000;

/// Levels below a key that is searched as a tree.
const DEPTH: usize = 5;

/// Value names in lower case, and what they hold. Parts of names count for Kerio's keys, whose value names nobody
/// published.
const VALUES: &[(&str, Named)] = &[
    ("registeredowner", Named::Person),
    ("registeredorganization", Named::Organisation),
    ("company", Named::Organisation),
    ("username", Named::Person),
    ("display name", Named::Person),
    ("friendlyname", Named::Person),
    ("email", Named::Mail),
    ("emailaddress", Named::Mail),
    ("useremail", Named::Mail),
    ("account name", Named::Mail),
    ("smtp server", Named::Server),
    ("imap server", Named::Server),
    ("pop3 server", Named::Server),
    ("smtp user", Named::User),
    ("imap user", Named::User),
    ("pop3 user", Named::User),
    ("userdomain", Named::Domain),
    ("userdnsdomain", Named::Domain),
    ("domain", Named::Domain),
    ("nv domain", Named::Domain),
];

/// The step of the survey.
pub(super) fn learn(host: &dyn Host, _: &Plan, budget: &Budget, survey: &mut Survey) {
    let mut search = Search { host, budget, left: KEYS, found: Vec::new() };
    for key in [r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"]
    {
        search.look(&Root::Machine, key, 0, false);
    }
    for key in [r"SOFTWARE\Kerio", r"SOFTWARE\WOW6432Node\Kerio"] {
        search.look(&Root::Machine, key, DEPTH, true);
    }
    for root in people::registries(survey) {
        search.look(&root, "Volatile Environment", 1, false);
        search.look(&root, r"Software\Microsoft\Office\Common\UserInfo", 0, false);
        search.look(&root, r"Software\Microsoft\Office\16.0\Common\Identity", 2, false);
        search.look(&root, r"Software\Microsoft\OneDrive\Accounts", 1, false);
        search.look(&root, r"Software\Kerio", DEPTH, true);
        search.look(&root, "Network", 1, false);
        for key in references::profile_keys() {
            search.look(&root, &key, DEPTH, false);
        }
    }
    survey.names.append(&mut search.found);
}

struct Search<'a> {
    host: &'a dyn Host,
    budget: &'a Budget,
    left: usize,
    found: Vec<(Named, String)>,
}

impl Search<'_> {
    fn look(&mut self, root: &Root, path: &str, depth: usize, kerio: bool) {
        if self.left == 0 || self.budget.spent() {
            return;
        }
        self.left -= 1;
        let Ok(key) = self.host.key(root, path) else { return };
        self.take(&key, kerio);
        if depth > 0 {
            for name in &key.subkeys {
                self.look(root, &format!(r"{path}\{name}"), depth - 1, kerio);
            }
        }
    }

    fn take(&mut self, key: &Key, kerio: bool) {
        for value in &key.values {
            let Some(text) = text(value) else { continue };
            let name = value.name.to_lowercase();
            if name == "remotepath" {
                self.share(&text);
            } else if let Some((_, named)) = VALUES.iter().find(|(known, _)| *known == name) {
                self.found.push((if text.contains('@') { Named::Mail } else { *named }, text));
            } else if let Some(named) = kerio.then(|| guess(&name, &text)).flatten() {
                self.found.push((named, text));
            }
        }
    }

    /// `\\server\share\…` of a mapped drive.
    fn share(&mut self, text: &str) {
        let mut parts = text.trim_start_matches('\\').split('\\');
        for (part, named) in [(parts.next(), Named::Server), (parts.next(), Named::Share)] {
            self.found.extend(part.filter(|part| !part.is_empty()).map(|part| (named, part.to_owned())));
        }
    }
}

/// What a value of Kerio's holds, by parts of its name. Hiding too much costs little here.
fn guess(name: &str, text: &str) -> Option<Named> {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if text.contains('@') {
        Some(Named::Mail)
    } else if text.contains('\\') {
        None
    } else if has(&["server", "host"]) {
        Some(Named::Server)
    } else if has(&["domain"]) {
        Some(Named::Domain)
    } else if has(&["user", "login", "account"]) {
        Some(Named::User)
    } else {
        None
    }
}

/// The text of a string value, or of the binary text that Outlook profiles hold; short enough to be a name.
fn text(value: &Value) -> Option<String> {
    let stringy = matches!(value.kind, value_type::SZ | value_type::EXPAND_SZ | value_type::BINARY);
    let text = value.text().filter(|_| stringy && value.data.len() <= 512)?;
    let text = text.trim();
    let readable = text.len() >= 2 && !text.chars().any(|c| c.is_control() || c == '\u{fffd}');
    readable.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kerios_unpublished_values_are_judged_by_their_names() {
        assert_eq!(guess("mailserverhost", "srv7"), Some(Named::Server));
        assert_eq!(guess("loginname", "anna"), Some(Named::User));
        assert_eq!(guess("anything", "anna@firma.de"), Some(Named::Mail));
        assert_eq!(guess("installuserpath", r"C:\x"), None);
        assert_eq!(guess("version", "9.4.0"), None);
    }
}
