//! Tables of whole copies under the rules that are built in.

use koff_bundle::acquisition::State;

use super::*;

/// A good copy in Kerio's folder, as the derivation describes one.
fn good() -> Record {
    Record::default()
        .with("path", r"C:\Program Files (x86)\Kerio\Outlook Connector (Offline Edition)\kofmsp32.dll")
        .with("location", "kerio")
        .with("size", 900_000_i64)
        .with("is_pe", true)
        .with("is_exe", false)
        .with("identity_mismatch", false)
        .with("sha256", "ab")
        .with("known_bad", false)
        .with("signature", "trusted")
        .with("signature_faults", Vec::<String>::new())
        .with("publisher", "Kerio Technologies Inc.")
        .with("publisher_expected", true)
        .with("packed", false)
        .with("mapi_provider", true)
        .with("behaviour", false)
        .with("installer_running", false)
}

fn table(copy: Record, loads: Table) -> DllRow {
    let rules = RuleSet::embedded().unwrap();
    let mut facts = Facts::default();
    facts.tables.insert("dll", Table { records: vec![copy], gaps: Vec::new(), ..Table::default() });
    facts.tables.insert("dll-load", loads);
    rows(&facts, &rules, None).remove(0)
}

fn class<'r>(row: &'r DllRow, name: &str) -> (&'r str, &'r str) {
    let found = row.indicators.iter().find(|indicator| indicator.indicator == name).unwrap();
    (&found.class, &found.why)
}

#[test]
fn a_good_copy_is_clean_even_where_a_disk_cannot_tell_who_loads_it() {
    assert_eq!(table(good(), Table::default()).overall, "clean");
    let disk =
        Table { records: Vec::new(), gaps: vec![Unknown::new(State::Unsupported, "processes")], ..Table::default() };
    let row = table(good(), disk);
    assert_eq!(row.overall, "clean");
    assert_eq!(class(&row, "loader"), ("unknown", "not on this kind of host: processes"));
}

#[test]
fn the_derivation_names_the_row_that_decides() {
    let told = |copy: Record| derivation(&table(copy, Table::default()));
    let temp = told(good().with("location", "staging").with("staging", "temp"));
    assert!(temp.contains("kofmsp32.dll: suspicious\n") && temp.contains(OVERALL), "{temp}");
    assert!(temp.contains("location: suspicious (dll-in-staging-folder); seen: staging; decides"), "{temp}");
    assert!(
        temp.contains("signature: clean; seen: trusted; publisher Kerio Technologies Inc.; lets it be clean"),
        "{temp}"
    );
    let why = Unknown::new(State::Denied, "the file");
    let unread = told(good().with("signature", why.clone()).with("signature_faults", why));
    assert!(unread.contains(": cannot tell\n") && unread.contains("signature: unknown"), "{unread}");
    assert!(unread.contains("; decides"), "{unread}");
}

#[test]
fn a_well_signed_copy_in_temp_is_suspicious_and_a_broken_one_malicious() {
    let temp = good().with("location", "staging").with("staging", "temp").with("installer_running", true);
    let row = table(temp.clone(), Table::default());
    assert_eq!(row.overall, "suspicious");
    assert_eq!(class(&row, "location"), ("suspicious", "dll-in-staging-folder"));
    assert_eq!(class(&row, "signature"), ("clean", ""));
    let broken = temp.with("signature", "invalid").with("signature_faults", vec!["invalid".to_owned()]);
    assert_eq!(table(broken, Table::default()).overall, "malicious");
}

#[test]
fn only_the_processes_that_hold_this_copy_count() {
    let load = |dll: &str| {
        Record::default()
            .with("dll", dll)
            .with("process", "powershell.exe")
            .with("pid", 7_i64)
            .with("category", "script_host")
            .with("busy_while_idle", false)
            .with("persistent_outbound", false)
    };
    let path = text(&good(), "path");
    let other =
        table(good(), Table { records: vec![load(r"C:\Temp\kofmsp32.dll")], gaps: Vec::new(), ..Table::default() });
    assert_eq!(class(&other, "loader").0, "clean");
    let own = table(good(), Table { records: vec![load(&path.to_uppercase())], gaps: Vec::new(), ..Table::default() });
    assert_eq!(class(&own, "loader"), ("malicious", "dll-loaded-by-script-host"));
    assert_eq!(own.overall, "malicious");
}

#[test]
fn owner_writers_and_rich_header_stand_in_the_table() {
    let copy = good().with("owner", "anna").with("writers", vec!["Users".to_owned()]).with("rich_header", "key 0x1");
    let row = table(copy, Table::default());
    let seen = |name: &str| row.indicators.iter().find(|one| one.indicator == name).unwrap().seen.clone();
    assert_eq!(seen("location"), "kerio; owner anna; may be changed by Users");
    assert!(seen("behaviour").ends_with("Rich header: key 0x1"), "{}", seen("behaviour"));
}

#[test]
fn an_unknown_signature_is_no_clean_bill() {
    let why = Unknown::new(State::Denied, "the file");
    let row = table(good().with("signature", why.clone()).with("signature_faults", why), Table::default());
    assert_eq!((row.overall.as_str(), class(&row, "signature").0), ("cannot tell", "unknown"));
}

#[test]
fn every_row_names_rules_that_exist() {
    let rules = RuleSet::embedded().unwrap();
    for id in ROWS.iter().flat_map(|(_, ids)| *ids) {
        assert_eq!(rules.get(id).map(|rule| rule.area.as_str()), Some("dll"), "{id}");
    }
}

#[test]
fn the_rules_about_dlls_hold_their_own_examples() {
    let complaints: Vec<String> = crate::proof::check(None)
        .unwrap()
        .diagnostics
        .iter()
        .filter(|one| one.file.contains("/dll/") && one.severity == crate::yaml::Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
