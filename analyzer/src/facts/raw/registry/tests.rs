//! What the merged view says is there, certainly not there, and not to be told.

use koff_bundle::{acquisition::State, manifest::HostKind, registry::text::MAX_PROBLEMS};

use super::*;
use crate::facts::raw::bench::Bench;

fn view(bench: &Bench) -> Registry {
    Registry::read(&bench.0, &BTreeMap::from([("S-1-5-21-7".to_owned(), "user-2".to_owned())]))
}

fn state<T: std::fmt::Debug>(answer: Answer<T>) -> State {
    answer.unwrap_err().state
}

const KERIO: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio";

#[test]
fn a_value_is_found_whatever_its_case_and_quotes_its_line() {
    let bench = Bench::new(HostKind::Live).tree(
        None,
        KERIO,
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\X]\r\n\"Name\"=\"v\"\r\n@=\"d\"\r\n",
    );
    let view = view(&bench);
    let seen = view.text(&Scope::Machine, r"software\KERIO\x", "NAME").unwrap().unwrap();
    assert_eq!(seen.value, "v");
    assert_eq!(seen.at.excerpt, "\"Name\"=\"v\"");
    let Place::Registry { key, value, line } = seen.at.place else { panic!("registry") };
    assert_eq!((key.as_str(), value.as_deref(), line), (r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio\X", Some("Name"), 4));
    assert_eq!(view.text(&Scope::Machine, r"SOFTWARE\Kerio\X", "").unwrap().unwrap().value, "d");
    assert_eq!(view.children(&Scope::Machine, r"SOFTWARE\Kerio"), Children { names: vec!["X".into()], gaps: vec![] });
}

#[test]
fn only_what_an_export_covers_is_certainly_absent() {
    let bench = Bench::new(HostKind::Live)
        .tree(None, KERIO, "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio]\r\n")
        .gap(r"HKEY_LOCAL_MACHINE\SOFTWARE\Kerio\Denied", State::Denied)
        .no_tree(None, r"HKEY_LOCAL_MACHINE\SOFTWARE\GFI", State::Absent)
        .no_tree(None, r"HKEY_LOCAL_MACHINE\SOFTWARE\Late", State::TimedOut)
        .tree(
            None,
            r"HKEY_LOCAL_MACHINE\SOFTWARE\Own",
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Own]\r\n\"a\"=dword:00000001\r\n",
        )
        .method("registry values");
    let view = view(&bench);
    let text = |path: &str| view.text(&Scope::Machine, path, "x");
    assert_eq!(text(r"SOFTWARE\Kerio\Nothing"), Ok(None));
    assert_eq!(text(r"SOFTWARE\GFI\Below"), Ok(None));
    assert_eq!(text(r"SOFTWARE\Own"), Ok(None));
    assert_eq!(state(text(r"SOFTWARE\Own\Below")), State::NotCollected);
    assert_eq!(state(text(r"SOFTWARE\Kerio\Denied\Deep")), State::Denied);
    assert_eq!(state(text(r"SOFTWARE\Late")), State::TimedOut);
    assert_eq!(state(text(r"SOFTWARE\KerioX")), State::NotCollected);
    assert_eq!(view.children(&Scope::Machine, r"SOFTWARE\Kerio").gaps.len(), 1);
    assert_eq!(view.children(&Scope::Machine, r"SOFTWARE\Own").gaps.len(), 1);
    assert!(view.children(&Scope::Machine, r"SOFTWARE\Kerio\Nothing").gaps.is_empty());
}

#[test]
fn users_are_kept_apart() {
    let block = "[HKEY_CURRENT_USER\\Software\\Kerio]\r\n\"x\"=\"1\"\r\n";
    let bench = Bench::new(HostKind::Live).tree(Some("user-1"), r"HKEY_CURRENT_USER\Software\Kerio", block).no_tree(
        Some("user-2"),
        r"HKEY_CURRENT_USER\Software\Kerio",
        State::Locked,
    );
    let view = view(&bench);
    let text = |user: &str| view.text(&Scope::User(user.to_owned()), r"Software\Kerio", "x");
    assert_eq!(text("user-1").unwrap().unwrap().value, "1");
    assert_eq!(state(text("user-2")), State::Locked);
    assert_eq!(state(text("user-3")), State::NotCollected);
    assert_eq!(view.users(), ["user-1"]);
}

#[test]
fn a_hand_made_export_speaks_for_the_keys_that_it_holds() {
    let text = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_USERS\\S-1-5-21-7\\Software\\A]\r\n\"x\"=\"1\"\r\n";
    let query =
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\B\r\n    y    REG_SZ    2\r\n\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\B\\Sub\r\n";
    let bench = Bench::new(HostKind::Loose)
        .entry("loose-registry-export", None, "a.reg", State::Complete, Some(text.into()))
        .entry("loose-registry-query", None, "b.txt", State::Complete, Some(query.into()));
    let view = view(&bench);
    let user = Scope::User("user-2".to_owned());
    assert_eq!(view.text(&user, r"Software\A", "x").unwrap().unwrap().value, "1");
    assert_eq!(view.text(&user, r"Software\A\Below", "x"), Ok(None));
    assert_eq!(state(view.text(&user, r"Software\C", "x")), State::NotCollected);
    assert_eq!(view.text(&Scope::Machine, r"SOFTWARE\B", "y").unwrap().unwrap().value, "2");
    assert_eq!(view.text(&Scope::Machine, r"SOFTWARE\B", "z"), Ok(None));
    assert_eq!(state(view.text(&Scope::Machine, r"SOFTWARE\B\Sub", "z")), State::NotCollected);
    assert_eq!(state(view.text(&Scope::Machine, r"SOFTWARE\B\Other", "z")), State::NotCollected);
}

#[test]
fn damaged_lines_make_their_key_unknown_and_spare_the_rest() {
    let blocks = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\A]\r\n\"x=broken\r\n\"y\"=\"2\"\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\B]\r\n\"y\"=\"3\"\r\n";
    let view = view(&Bench::new(HostKind::Live).tree(None, KERIO, blocks));
    assert_eq!(view.text(&Scope::Machine, r"SOFTWARE\Kerio\A", "y").unwrap().unwrap().value, "2");
    assert_eq!(state(view.text(&Scope::Machine, r"SOFTWARE\Kerio\A", "x")), State::Failed);
    assert_eq!(view.text(&Scope::Machine, r"SOFTWARE\Kerio\B", "x"), Ok(None));
    assert_eq!(view.problems.len(), 1);
}

#[test]
fn what_a_limit_left_out_is_unknown_and_never_absent() {
    let damage = |lines: usize| {
        let lines = "rubbish\r\n".repeat(lines);
        let blocks = format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\A]\r\n\"y\"=\"2\"\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio\\B]\r\n{lines}"
        );
        view(&Bench::new(HostKind::Live).tree(None, KERIO, &blocks))
    };
    let at = damage(MAX_PROBLEMS);
    assert_eq!(at.text(&Scope::Machine, r"SOFTWARE\Kerio\C", "x"), Ok(None));
    assert_eq!(at.text(&Scope::Machine, r"SOFTWARE\Kerio\A", "x"), Ok(None));
    let over = damage(MAX_PROBLEMS + 1);
    assert_eq!(over.text(&Scope::Machine, r"SOFTWARE\Kerio\A", "y").unwrap().unwrap().value, "2");
    for key in [r"SOFTWARE\Kerio\A", r"SOFTWARE\Kerio\C"] {
        let why = over.text(&Scope::Machine, key, "x").unwrap_err();
        assert_eq!(why.state, State::Truncated);
        assert!(why.what.contains("expected no more than 1000 damaged lines, found more"), "{}", why.what);
    }
}
