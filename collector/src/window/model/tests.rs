//! The window pressed through without a screen: from the first page to the bundle, back and forth, in every language.

use std::collections::BTreeMap;

use koff_bundle::acquisition::{Acquisition, State};

use super::{
    super::layout::{self, tests::assert_fits},
    *,
};
use crate::plan::Choice;

fn job(artifact: Artifact, name: &str) -> Job {
    let origin = format!(r"HKEY_LOCAL_MACHINE\SOFTWARE\{name}");
    let want = Want::File(koff_bundle::path::WinPath::new(r"C:\x"));
    Job { name: name.to_owned(), artifact, user: None, origin, method: "file", want }
}

fn surveyed(language: &str) -> Model {
    let (mut model, first) = Model::new(Messages::for_tag(language));
    assert!(!model.title().is_empty());
    assert!(matches!(first, Outside::Clerk(Order::Survey)));
    let planned = |artifact: &Artifact| {
        let jobs = vec![job(*artifact, "a"), job(*artifact, "b")];
        (Planned { artifact: *artifact, choice: Choice::Collect, jobs }, 40_000)
    };
    model.hear(Report::Surveyed(Ok(Artifact::ALL.iter().map(planned).collect())));
    model
}

fn written() -> Written {
    let remarks = vec!["Windows did not allow reading: Service and disk events that Windows recorded.".to_owned()];
    Written { path: PathBuf::from(r"C:\Users\anna\Desktop\koff-bundle.zip"), bytes: 90_000, remarks }
}

/// A model on each page.
fn pages(language: &str) -> Vec<Page> {
    let mut pages = vec![Model::new(Messages::for_tag(language)).0.page()];
    let mut model = surveyed(language);
    pages.push(model.page());
    model.press(Press::Button(Id::Look));
    pages.push(model.page());
    let look = Look {
        text: "x".repeat(5000),
        masks: BTreeMap::from([("user".to_owned(), 3)]),
        acquisition: Acquisition::complete(),
    };
    model.hear(Report::Looked(0, Ok(look)));
    pages.push(model.page());
    model.press(Press::Escape);
    model.press(Press::Enter);
    model.hear(Report::Begins(Artifact::RegistryUserFolders, 3, 40));
    pages.push(model.page());
    model.hear(Report::Ended(Ok(written())));
    model.press(Press::Button(Id::Copy));
    pages.push(model.page());
    let mut model = surveyed(language);
    model.hear(Report::Ended(Err(Error::Cancelled)));
    pages.push(model.page());
    pages
}

#[test]
fn every_page_fits_its_window_in_every_language_at_every_scale() {
    for language in Messages::languages() {
        for page in pages(language) {
            for dpi in [96, 120, 144, 192] {
                assert_fits(&page, dpi, layout::FIRST);
                assert_fits(&page, dpi, layout::SMALLEST);
            }
        }
    }
}

#[test]
fn every_page_can_be_used_without_a_mouse_and_read_aloud() {
    for language in Messages::languages() {
        for page in pages(language) {
            let name = page.name;
            assert!(page.controls.iter().all(|control| Id::from_number(control.id as usize) == Some(control.id)));
            let mut letters = Vec::new();
            for (place, control) in page.controls.iter().enumerate() {
                if let Some((_, rest)) = control.text.split_once('&').filter(|_| !matches!(control.kind, Kind::Reading))
                {
                    letters.extend(rest.chars().next().map(|c| c.to_lowercase().to_string()));
                }
                // A list or a field is announced by the label before it.
                if matches!(control.kind, Kind::Ticks(..) | Kind::Choice(_) | Kind::Reading | Kind::Line) {
                    let label = &page.controls[place - 1];
                    assert!(matches!(label.kind, Kind::Text) && label.text.contains('&'), "{name}: {:?}", control.id);
                }
                if matches!(control.kind, Kind::Button(_)) {
                    let escape = control.id == Id::Cancel;
                    assert!(escape || control.text.contains('&'), "{language} {name}: {:?} has no letter", control.id);
                }
            }
            letters.sort();
            let count = letters.len();
            letters.dedup();
            assert_eq!(letters.len(), count, "{language} {name}: a letter stands twice: {letters:?}");
            assert!(page.controls.iter().any(|control| control.id == page.focus && control.takes_keys()), "{name}");
            assert!(page.default.is_none_or(|id| page.controls.iter().any(|control| control.id == id)), "{name}");
        }
    }
}

#[test]
fn what_is_unticked_is_withheld_and_what_needs_a_yes_is_never_agreed_to_by_itself() {
    let mut model = surveyed("en");
    let logs = Group::ALL.iter().position(|group| *group == Group::Logs).unwrap();
    model.press(Press::Tick(logs, false));
    let Some(Outside::Clerk(Order::Collect(chosen))) = model.press(Press::Enter) else { panic!("not collecting") };
    assert!(chosen.agreed.is_empty());
    assert_eq!(chosen.selection.withheld, Group::Logs.artifacts().collect());

    let mut model = surveyed("en");
    let files = Group::ALL.iter().position(|group| *group == Group::Files).unwrap();
    model.press(Press::Tick(files, true));
    let Some(Outside::Clerk(Order::Collect(chosen))) = model.press(Press::Enter) else { panic!("not collecting") };
    assert_eq!(chosen.agreed, [Artifact::ConnectorDlls]);
    assert!(chosen.selection.withheld.is_empty());
}

#[test]
fn with_nothing_ticked_there_is_nothing_to_collect() {
    let mut model = surveyed("en");
    for place in 0..Group::ALL.len() {
        model.press(Press::Tick(place, false));
    }
    assert!(model.press(Press::Enter).is_none());
    let page = model.page();
    assert!(page.controls.iter().any(|control| control.id == Id::Collect && !control.enabled));
}

#[test]
fn an_entry_is_looked_at_and_an_answer_that_comes_late_is_not_shown_for_another() {
    let mut model = surveyed("en");
    model.press(Press::Choose(1));
    assert!(matches!(model.press(Press::Button(Id::Look)), Some(Outside::Clerk(Order::Look(0, _)))));
    assert!(matches!(model.press(Press::Choose(1)), Some(Outside::Clerk(Order::Look(1, _)))));
    let shown = |model: &Model| model.page().controls.into_iter().find(|control| control.id == Id::Text).unwrap().text;
    let look =
        |text: &str| Look { text: text.to_owned(), masks: BTreeMap::new(), acquisition: Acquisition::complete() };
    model.hear(Report::Looked(0, Ok(look("late"))));
    assert_eq!(shown(&model), "Reading …");
    model.hear(Report::Looked(1, Err(Acquisition::ended(State::Denied, "error 5"))));
    assert!(shown(&model).contains("needs an administrator"), "{}", shown(&model));
    assert!(matches!(model.press(Press::Escape), Some(Outside::Clerk(Order::Stop))));
    assert_eq!(model.page().name, "choose");
}

#[test]
fn cancel_stops_the_run_once_and_leads_back() {
    let mut model = surveyed("en");
    model.press(Press::Enter);
    assert!(matches!(model.press(Press::Escape), Some(Outside::Clerk(Order::Stop))));
    assert!(model.page().controls.iter().all(|control| control.id != Id::Cancel || !control.enabled));
    model.hear(Report::Ended(Err(Error::Cancelled)));
    assert_eq!(model.page().name, "none");
    model.press(Press::Enter);
    assert_eq!(model.page().name, "choose");
    assert!(matches!(model.press(Press::Escape), Some(Outside::Quit)));
}

#[test]
fn who_closes_the_window_while_it_collects_leaves_when_the_half_file_is_gone() {
    let mut model = surveyed("en");
    model.press(Press::Enter);
    assert!(matches!(model.press(Press::Leave), Some(Outside::Clerk(Order::Stop))));
    assert!(matches!(model.hear(Report::Ended(Err(Error::Cancelled))), Some(Outside::Quit)));
    assert!(matches!(surveyed("en").press(Press::Leave), Some(Outside::Quit)));
}

#[test]
fn the_end_names_the_file_and_shows_and_copies_it() {
    let mut model = surveyed("de");
    model.press(Press::Enter);
    model.hear(Report::Ended(Ok(written())));
    let Some(Outside::Folder(path)) = model.press(Press::Enter) else { panic!("no folder") };
    let Some(Outside::Copy(text)) = model.press(Press::Button(Id::Copy)) else { panic!("nothing copied") };
    assert_eq!(path.display().to_string(), text);
    assert!(matches!(model.press(Press::Escape), Some(Outside::Quit)));
}
