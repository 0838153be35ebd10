//! Who a DLL says it is: version resource and publisher against what the connector's vendor is called.

use koff_bundle::{reading::Reading, record::PeVersion};

use super::super::Datum;
use crate::pack::Pack;

/// What the version resource names that is not the connector's, each with the value found. A resource that says nothing
/// names nothing else.
pub(super) fn mismatch(version: &Reading<PeVersion>) -> Datum {
    match version {
        Reading::Value(version) => Datum::List(differences(version)),
        Reading::Missing(why) if why.missing == koff_bundle::acquisition::State::Absent => Datum::List(Vec::new()),
        Reading::Missing(_) => super::reading(version, "version resource", |_| Datum::Absent),
    }
}

fn differences(version: &PeVersion) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |name: &str, known: &[&str]| {
        let value = version.string(name).map(str::trim).filter(|value| !value.is_empty());
        if let Some(value) = value.filter(|value| !known.iter().any(|word| value.to_lowercase().contains(word))) {
            found.push(format!("{name} is \"{value}\""));
        }
    };
    // Kerio Technologies until 2017, GFI Software since [K1].
    check("CompanyName", &["kerio", "gfi"]);
    check("ProductName", &["kerio", "gfi", "outlook connector"]);
    check("OriginalFilename", &["kofmsp"]);
    found
}

/// Whether `publisher` is one of the pack's, alone or with something behind it such as a legal form.
pub(super) fn expected(publisher: &str, pack: &Pack) -> bool {
    let publisher = publisher.to_lowercase();
    let entries = pack.lists.get("publishers").map(|table| table.entries.as_slice()).unwrap_or_default();
    entries.iter().any(|entry| {
        let rest = publisher.strip_prefix(&entry.value().to_lowercase());
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_match_as_whole_words_from_the_start() {
        let pack = Pack::embedded().unwrap();
        for good in ["Kerio Technologies", "Kerio Technologies Inc.", "KERIO TECHNOLOGIES S.R.O.", "GFI Software Ltd"] {
            assert!(expected(good, &pack), "{good}");
        }
        for bad in ["Kerio Technologiesx", "Not Kerio Technologies", "Microsoft Corporation", ""] {
            assert!(!expected(bad, &pack), "{bad}");
        }
    }

    #[test]
    fn only_what_is_named_can_differ() {
        let version = |strings: &[(&str, &str)]| PeVersion {
            strings: strings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            ..PeVersion::default()
        };
        assert!(differences(&version(&[])).is_empty());
        let kerio = version(&[("CompanyName", "Kerio Technologies Inc."), ("OriginalFilename", "KofMsp32.dll")]);
        assert!(differences(&kerio).is_empty());
        let other = version(&[("CompanyName", "Kofax"), ("ProductName", " "), ("OriginalFilename", "evil.exe")]);
        assert_eq!(differences(&other), ["CompanyName is \"Kofax\"", "OriginalFilename is \"evil.exe\""]);
    }
}
