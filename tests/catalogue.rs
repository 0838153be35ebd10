//! What has been published about rules stays true: every id of the catalogue, its level, class and step, and which cause
//! explains which symptom. Reports, tickets and suppressions refer to these words.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]

use std::{collections::BTreeSet, fs, path::Path};

use koff_analyze::{
    facts::{
        kind,
        log::{needs::Needs, scan::Patterns},
    },
    proof::index,
    rule::{Rule, RuleSet, source::DatumSource},
};

/// Area, id, level, class, step; `-` for none.
const CATALOGUE: &str = "\
dll dll-signature-missing high suspicious -
dll dll-signature-self-signed high suspicious -
dll dll-signature-invalid critical malicious -
dll dll-signature-expired high malicious -
dll dll-signature-revoked critical malicious -
dll dll-signer-unexpected medium suspicious -
dll dll-in-staging-folder high suspicious -
dll dll-outside-kerio-folder high malicious -
dll dll-size-abnormal medium suspicious -
dll dll-packed high suspicious -
dll dll-executable-behaviour critical malicious -
dll dll-identity-mismatch medium suspicious -
dll dll-copies-conflict medium - -
dll dll-known-bad critical malicious -
dll dll-loaded-by-unknown-process high suspicious -
dll dll-loaded-by-script-host critical malicious -
dll dll-host-busy-while-idle medium suspicious -
dll dll-host-persistent-outbound high malicious -
connector connector-not-installed high - reinstall
connector connector-dll-missing critical - reinstall
connector connector-bitness-mismatch critical - reinstall
connector connector-install-incomplete high - reinstall
connector connector-older-than-server high - match-versions
connector connector-newer-than-server high - match-versions
connector connector-build-differs low - match-versions
connector connector-version-unsupported-windows high - match-versions
connector connector-version-unsupported-outlook high - match-versions
connector connector-files-version-mixed high - reinstall
connector updater-service-missing medium - reinstall
connector updater-service-stopped low - restart-services
connector backend-not-running high - clear-cache
connector backend-memory-high low - -
connector indexing-service-stopped medium - restart-services
connector installer-failed medium - reinstall
mapi mapi-service-unregistered critical - reinstall
mapi mapi-registration-severed-by-update critical - reinstall
mapi mapi-registered-in-other-office high - reinstall
mapi mapi-provider-blocked critical - reinstall
mapi mapi-provider-path-unqualified medium - reinstall
mapi mapi-stub-broken high - repair-office
mapi default-mail-client-not-outlook low - -
profile profile-none medium - recreate-profile
profile profile-default-missing high - recreate-profile
profile profile-without-connector medium - recreate-profile
profile profile-service-dangling high - recreate-profile
profile profile-names-missing-dll high - recreate-profile
profile profile-several-with-connector low - -
profile profile-cache-orphaned low - clear-cache
profile profile-load-stalled high - clear-cache
profile new-outlook-active high - switch-to-classic-outlook
profile addin-disabled medium - enable-addin
profile addin-in-disabled-items high - enable-addin
cache cache-corrupt high - clear-cache
cache cache-empty-file high - clear-cache
cache cache-upgrade-interrupted medium - clear-cache
cache cache-upgrade-no-space high - free-disk-space
cache cache-on-network-drive high - move-cache
cache cache-in-synced-folder high - move-cache
cache cache-removable-drive medium - move-cache
cache cache-missing medium - recreate-profile
cache cache-client-server-inconsistent high - reset-client-and-server
cache cache-stale low - -
antivirus av-exclusion-missing-program medium - av-exclusions
antivirus av-exclusion-missing-data medium - av-exclusions
antivirus av-exclusion-missing-updater low - av-exclusions
antivirus av-exclusion-other-user low - av-exclusions
antivirus av-blocked-kerio-file high - av-exclusions
antivirus av-folder-access-blocked high - av-exclusions
antivirus av-third-party-present informational - av-exclusions
runtime outlook-crash-in-connector high - match-versions
runtime outlook-crash-elsewhere medium - repair-office
runtime outlook-hang medium - clear-cache
runtime backend-crash high - clear-cache
runtime dll-initialisation-failed high - match-versions
runtime server-unreachable high - check-server
runtime server-http-service-off medium - check-server
runtime tls-certificate-rejected high - check-server
runtime login-failed high - check-server
runtime access-policy-denied high - check-server
runtime search-index-offline medium - restart-services
runtime sync-errors-repeating medium - reset-client-and-server
runtime folder-path-too-long low - -
runtime disk-full high - free-disk-space
system memory-below-minimum medium - -
system disk-space-low medium - free-disk-space
system windows-unsupported medium - -
system office-unsupported medium - -
system office-recently-updated informational - -
system windows-recently-updated informational - -
system office-two-installations medium - repair-office
system office-store-edition high - repair-office
system reboot-pending low - restart-services
system clock-skew medium - -
evidence debug-log-absent low - collect-diagnostics
evidence debug-log-does-not-cover-failure low - collect-diagnostics
evidence collected-as-other-user medium - collect-diagnostics
evidence collected-without-elevation informational - collect-diagnostics
evidence bundle-incomplete low - collect-diagnostics
evidence bundle-altered high - collect-diagnostics
";

/// Causes and the symptoms that they explain at least.
const EXPLAINS: &[(&str, &[&str])] = &[
    (
        "mapi-registration-severed-by-update",
        &["mapi-service-unregistered", "mapi-provider-blocked", "profile-names-missing-dll"],
    ),
    ("connector-dll-missing", &["mapi-provider-blocked", "profile-names-missing-dll", "backend-not-running"]),
    ("connector-bitness-mismatch", &["mapi-provider-blocked", "dll-initialisation-failed"]),
    (
        "av-blocked-kerio-file",
        &["connector-dll-missing", "connector-install-incomplete", "cache-corrupt", "search-index-offline"],
    ),
    ("disk-full", &["cache-upgrade-no-space", "cache-corrupt", "cache-upgrade-interrupted"]),
    ("disk-space-low", &["cache-upgrade-no-space", "cache-corrupt", "cache-upgrade-interrupted"]),
    ("cache-corrupt", &["profile-load-stalled", "outlook-hang", "backend-crash"]),
    ("cache-upgrade-interrupted", &["profile-load-stalled", "outlook-hang", "backend-crash"]),
    ("cache-on-network-drive", &["profile-load-stalled", "outlook-hang", "backend-crash"]),
    ("connector-version-unsupported-windows", &["dll-initialisation-failed", "outlook-crash-in-connector"]),
];

fn rules() -> RuleSet {
    RuleSet::embedded().unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn word(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

#[test]
fn every_published_rule_exists_as_published() {
    let rules = rules();
    let mut wrong = Vec::new();
    for line in CATALOGUE.lines() {
        let [area, id, level, class, step] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let Some(rule) = rules.get(id) else {
            wrong.push(format!("{id}: no such rule"));
            continue;
        };
        let found = (rule.area.as_str(), word(rule.level()), rule.class().map_or("-".to_owned(), word));
        if found != (area, level.to_owned(), class.to_owned()) {
            wrong.push(format!("{id}: published as {area} {level} {class}, is {found:?}"));
        }
        if step != "-" && !rule.source.remediation.iter().any(|own| own == step) {
            wrong.push(format!("{id}: leads to {step} as published, but here to {:?}", rule.source.remediation));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn published_causes_explain_their_symptoms() {
    let rules = rules();
    for (cause, symptoms) in EXPLAINS {
        let explained = &rules.get(cause).unwrap().source.explains;
        for symptom in *symptoms {
            assert!(explained.iter().any(|id| id == symptom), "{cause} must explain {symptom}");
        }
    }
}

#[test]
fn every_kind_of_fact_is_asked_by_a_rule() {
    let rules = rules();
    let asked: BTreeSet<&str> = rules.iter().flat_map(|rule| rule.parts.iter().map(|part| part.kind.name)).collect();
    // Processes are judged through what is derived of them: the connector's state and the programs that hold its DLL.
    // Licences are for a person who looks: an Office that is not activated still starts.
    let idle: Vec<&str> =
        kind::ALL.iter().copied().flatten().map(|kind| kind.name).filter(|name| !asked.contains(name)).collect();
    assert_eq!(idle, ["licence", "process"]);
}

#[test]
fn every_statement_of_the_documents_is_served_by_rules_and_steps_that_exist() {
    let rules = rules();
    for statement in index::statements().unwrap() {
        for id in &statement.rules {
            assert!(rules.get(id).is_some(), "{}: no rule {id}", statement.says);
        }
        for step in &statement.steps {
            assert!(rules.pack.step(step).is_some(), "{}: no step {step}", statement.says);
        }
        assert!(!statement.rules.is_empty() || !statement.steps.is_empty(), "{}: nothing serves it", statement.says);
    }
}

#[test]
fn no_log_rule_needs_every_line() {
    let set = rules();
    let all = Patterns::new(&set.log_needs()).unwrap();
    // The one exception begins with a sign that is quickly looked for.
    let greedy: Vec<&Needs> = all.wordless().collect();
    let path = &set.get("folder-path-too-long").unwrap().parts[0].needs;
    assert_eq!(greedy, path.iter().collect::<Vec<_>>(), "without a required word each byte of a log is looked at");
    let wants = |rule: &Rule| {
        let lines = rule.source.examples.iter().filter(|example| example.verdict.word() == "fail");
        lines.flat_map(|example| &example.records).cloned().collect::<Vec<_>>()
    };
    for rule in set.iter().filter(|rule| rule.source.fact == "log") {
        let needs: Vec<Needs> = rule.log_needs().cloned().collect();
        let wanted = Patterns::new(&needs).unwrap();
        for record in wants(rule) {
            let word = |name| match record.get(name) {
                Some(DatumSource::Text(text)) => text.as_str(),
                _ => "",
            };
            let line = format!("{} {}", word("severity"), word("text"));
            let found = wanted.candidates(line.as_bytes(), line.is_ascii()).into_iter().flat_map(|line| line.wanted_by);
            let met = found.filter(|number| wanted.is_met(*number, &[line.as_bytes()])).count();
            assert!(met > 0, "{}: the scan would miss `{line}`", rule.id);
        }
    }
}

#[test]
fn generated_files_are_what_the_rules_generate() {
    let rules = rules();
    let update = std::env::var_os("KOFF_UPDATE").is_some();
    let mut stale = Vec::new();
    for (path, made) in [
        ("rules/README.md", index::readme(&read("rules/README.md"), &rules).unwrap()),
        ("rules/schema.json", index::schema().unwrap()),
    ] {
        if update {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path), &made).unwrap();
        }
        let found = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap_or_default();
        if found != made {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "{stale:?} are out of date: run the tests once with KOFF_UPDATE=1");
}

#[test]
fn every_rule_file_meets_the_schema_that_editors_use() {
    let schema = serde_json::from_str(&index::schema().unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for rule in rules().iter() {
        let value: serde_json::Value = serde_saphyr::from_str(rule.source_text()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", rule.id);
    }
}
