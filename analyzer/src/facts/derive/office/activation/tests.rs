//! What each kind of licence makes of an Office, and what is not known where a place could not be asked. The bench's PC
//! was looked at on 2026-05-04.

use koff_bundle::{acquisition::State, artifact::Artifact, manifest::HostKind};
use serde_json::{Value, json};

use super::*;
use crate::facts::raw::bench::{Bench, states};

const CLICK_TO_RUN: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Office\ClickToRun\Configuration";
const LICENSING: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Office\16.0\Common\Licensing";
const POLICY: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Office";
const OWN: &str = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Common\Licensing";

/// A PC of one person with one streamed Office of these products, and these licences; `mode` is how the person's first
/// product asks for its licence.
fn pc(products: &str, mode: Option<u32>, licences: &Value) -> Bench {
    let user = json!([{"id": "user-1", "sid": "S-1-5-21-1-2-3-1001", "name": "anna", "profile": "C:\\Users\\anna",
        "hive": true, "trace_of_connector": true, "folders": {}}]);
    let office = format!(
        "[{CLICK_TO_RUN}]\r\n\"VersionToReport\"=\"16.0.17328.20184\"\r\n\"Platform\"=\"x64\"\r\n\"ProductReleaseIds\"=\"{products}\"\r\n"
    );
    let first = products.split(',').next().unwrap();
    let mode = mode.map(|mode| format!("[{OWN}\\LicensingNext]\r\n\"{first}\"=dword:{mode:08x}\r\n"));
    Bench::new(HostKind::Live)
        .records(Artifact::Users, &user)
        .tree(None, CLICK_TO_RUN, &office)
        .no_tree(None, LICENSING, State::Absent)
        .no_tree(None, POLICY, State::Absent)
        .tree(Some("user-1"), OWN, &format!("[{OWN}]\r\n{}", mode.unwrap_or_default()))
        .records(Artifact::OfficeLicences, &json!([licences]))
}

fn office(bench: &Bench) -> Record {
    let records = bench.table("office").records;
    records.into_iter().find(|record| record.get("kind") == &"click_to_run".into()).unwrap()
}

/// Activation, and whose licence it is.
fn said(bench: &Bench) -> (Datum, Datum) {
    let record = office(bench);
    (record.get("activation").clone(), record.get("activated_by").clone())
}

fn file(product: &str, expires: Option<&str>, not_after: &str) -> Value {
    json!({"path": "C:\\Users\\anna\\AppData\\Local\\Microsoft\\Office\\Licenses\\5\\1", "holder": "user", "user": "user-1",
        "licence": {"product": product, "expires": expires, "not_after": not_after}})
}

fn key(family: &str, status: u32, minutes: u32) -> Value {
    json!({"name": format!("Office, {family} edition"), "family": family, "description": "Office, VOLUME_KMSCLIENT channel",
        "status": status, "grace_minutes": minutes})
}

const REST: &str = "the service sppsvc is stopped";

fn resting() -> Value {
    json!({"missing": "failed", "reason": REST})
}

fn none() -> Value {
    json!({"missing": "absent", "reason": "there is no service osppsvc"})
}

#[test]
fn a_licence_file_tells_the_state_by_its_times() {
    for (expires, not_after, word) in [
        (None, "2026-07-01T00:00:00Z", "licensed"),
        (Some("2026-06-01T00:00:00Z"), "2026-07-01T00:00:00Z", "licensed"),
        (Some("2026-05-01T00:00:00Z"), "2026-07-01T00:00:00Z", "grace"),
        (None, "2026-05-03T00:00:00Z", "reduced"),
    ] {
        let files = json!([file("O365ProPlusRetail", expires, not_after)]);
        let licences = json!({"windows": resting(), "office": none(), "files": files});
        let bench = pc("O365ProPlusRetail", Some(2), &licences);
        assert_eq!(said(&bench), (word.into(), "user".into()), "{expires:?} {not_after}");
        let record = office(&bench);
        assert_eq!(record.get("activated"), &(word == "licensed").into());
        assert_eq!(record.get("build"), &"17328.20184".into());
        let until = expires.filter(|_| word == "licensed").unwrap_or(not_after);
        assert_eq!(record.get("activation_until"), &Datum::Time(until.parse().unwrap()));
        assert_eq!(bench.one("licence").get("state"), &word.into());
    }
}

#[test]
fn a_product_that_asks_for_a_file_has_none_where_no_file_is() {
    let licences = json!({"windows": resting(), "office": none(), "files": []});
    assert_eq!(said(&pc("O365ProPlusRetail", Some(2), &licences)).0, "none".into());
    // A Visio beside it is another product.
    let licences = json!({"windows": resting(), "office": none(), "files": [file("VisioProRetail", None, "2026-07-01T00:00:00Z")]});
    assert_eq!(said(&pc("O365ProPlusRetail,VisioProRetail", Some(2), &licences)).0, "none".into());
}

#[test]
fn a_product_key_is_what_the_licensing_service_says_of_it() {
    for (status, word) in [
        (0, "unlicensed"),
        (1, "licensed"),
        (2, "grace"),
        (3, "grace"),
        (4, "grace"),
        (5, "notification"),
        (6, "grace"),
    ] {
        let own = json!([key("Office24ProPlus2024VL_KMS_Client_AE", status, 60), key("Office16VisioProVL_MAK", 1, 0)]);
        let licences = json!({"windows": own, "office": none(), "files": []});
        let bench = pc("ProPlus2024Volume,VisioPro2024Volume", None, &licences);
        assert_eq!(said(&bench), (word.into(), "product_key".into()), "{status}");
        let until = office(&bench).get("activation_until").clone();
        assert_eq!(until, Datum::Time("2026-05-04T09:00:00Z".parse().unwrap()), "an hour after the bundle was made");
    }
    // One of Office 2010 says nothing about Office 2024.
    let older = json!([key("Office14ProPlusVL_MAK", 1, 0)]);
    let licences = json!({"windows": [], "office": older, "files": []});
    assert_eq!(said(&pc("ProPlus2024Volume", None, &licences)).0, "none".into());
    // A state that nobody published.
    let licences = json!({"windows": [key("Office24ProPlus2024VL_MAK_AE", 9, 0)], "office": none(), "files": []});
    assert_eq!(states(&said(&pc("ProPlus2024Volume", None, &licences)).0), [State::Failed]);
}

#[test]
fn a_service_that_could_not_be_asked_leaves_it_open_and_says_why() {
    let licences = json!({"windows": resting(), "office": none(), "files": []});
    let bench = pc("ProPlus2024Volume", None, &licences);
    let Datum::Unknown(why) = said(&bench).0 else { panic!("{:?}", said(&bench)) };
    assert!(why.iter().any(|why| why.state == State::Failed && why.what.contains(REST)), "{why:?}");
    assert_eq!(states(office(&bench).get("activated")), [State::Failed]);
    // A licence that is there answers, whatever else could not be asked.
    let files = json!([file("ProPlus2024Volume", None, "2026-07-01T00:00:00Z")]);
    let licences = json!({"windows": resting(), "office": none(), "files": files});
    assert_eq!(said(&pc("ProPlus2024Volume", None, &licences)).0, "licensed".into());
}

#[test]
fn what_was_kept_back_or_never_looked_for_is_unknown_as_such() {
    let bench = |state: State| {
        let office = format!("[{CLICK_TO_RUN}]\r\n\"VersionToReport\"=\"16.0.17328.20184\"\r\n");
        let bench = Bench::new(HostKind::Live).tree(None, CLICK_TO_RUN, &office);
        bench.entry("office-licences", None, "licences of Office", state, None)
    };
    assert!(states(&said(&bench(State::Withheld)).0).contains(&State::Withheld));
    assert!(states(&said(&bench(State::TimedOut)).0).contains(&State::TimedOut));
    let office = format!("[{CLICK_TO_RUN}]\r\n\"VersionToReport\"=\"16.0.17328.20184\"\r\n");
    let bench = Bench::new(HostKind::Live).tree(None, CLICK_TO_RUN, &office);
    assert!(states(&said(&bench).0).contains(&State::NotCollected));
}

#[test]
fn shared_computer_activation_is_told_by_any_of_its_three_places() {
    let licences = json!({"windows": resting(), "office": none(), "files": []});
    assert_eq!(office(&pc("O365ProPlusRetail", Some(2), &licences)).get("shared_computer"), &false.into());
    let on = format!("[{LICENSING}]\r\n\"SharedComputerLicensing\"=dword:00000001\r\n");
    let bench = Bench::new(HostKind::Live)
        .tree(None, CLICK_TO_RUN, &format!("[{CLICK_TO_RUN}]\r\n\"VersionToReport\"=\"16.0.17328.20184\"\r\n"))
        .tree(None, LICENSING, &on);
    assert_eq!(office(&bench).get("shared_computer"), &true.into());
}

#[test]
fn a_service_s_name_of_a_product_tells_its_version_and_edition() {
    for (name, version, edition_name) in [
        ("Office19ProPlus2019VL_MAK_AE", Some(16), "ProPlus2019VL_MAK_AE"),
        ("Office15VisioProVL_MAK", Some(15), "VisioProVL_MAK"),
        ("Office 16, Office16ProPlusVL_KMS_Client edition", Some(16), "ProPlusVL_KMS_Client edition"),
        ("Something else", None, "Something else"),
    ] {
        assert_eq!(edition(name), (version, edition_name.to_owned()), "{name}");
    }
}
