//! The `mapi-stub` kind: where Windows' own mapi32.dll sends MAPI calls.

use koff_bundle::path::WinPath;

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        model::office::OfficeKind,
        raw::registry::{Key, Scope},
    },
};

const KEY: &str = r"SOFTWARE\Clients\Mail\Microsoft Outlook";

/// Exactly one record.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let record = match cx.registry.key(&Scope::Machine, KEY) {
        Err(why) => {
            Record::default().with("broken", why.clone()).with("dll_path", why.clone()).with("dll_path_ex", why)
        }
        Ok(None) => {
            let outlook = cx.offices.with_outlook().any(|install| install.kind != OfficeKind::Store);
            let broken: Datum = match cx.offices.gaps.first() {
                _ if outlook => true.into(),
                Some(why) => why.clone().into(),
                None => false.into(),
            };
            let why = outlook.then(|| format!("HKLM\\{KEY} is missing although Outlook is installed"));
            Record::default()
                .with("broken", broken)
                .with("why", why)
                .seen(cx.offices.with_outlook().flat_map(|install| install.at.iter().cloned()))
        }
        Ok(Some(key)) => judge(cx, key),
    };
    table(vec![record], Vec::new())
}

fn judge(cx: &Context<'_>, key: Key<'_>) -> Record {
    let (path, path_ex) = (key.text("DLLPath"), key.text("DLLPathEx"));
    let component = key.value("MSIComponentID");
    let at: Vec<Evidence> = [&path_ex, &path].into_iter().flatten().flatten().map(|seen| seen.at.clone()).collect();
    let text = |found: &Option<crate::facts::raw::Seen<String>>| {
        found.as_ref().map(|seen| seen.value.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let (broken, why): (Datum, Option<String>) = match (&path, &path_ex, &component) {
        (Ok(path), Ok(path_ex), Ok(component)) => {
            verdict(cx, text(path).as_deref(), text(path_ex).as_deref(), component.is_some())
        }
        (Err(why), ..) | (_, Err(why), _) | (.., Err(why)) => (why.clone().into(), None),
    };
    Record::default()
        .with("broken", broken)
        .with("why", why)
        .with("dll_path", super::text(&path))
        .with("dll_path_ex", super::text(&path_ex))
        .seen(at)
        .seen(key.at())
}

/// `DLLPathEx` decides where there is one \[M7\]; else the installer's component id, which leads to the file by itself; else
/// `DLLPath`. A bare name is found by Windows and never missing.
fn verdict(cx: &Context<'_>, path: Option<&str>, path_ex: Option<&str>, component: bool) -> (Datum, Option<String>) {
    let missing = |name: &str, text: &str| -> (Datum, Option<String>) {
        let file = WinPath::new(text);
        if !file.is_absolute() {
            return (false.into(), None);
        }
        match cx.files.find(&file) {
            Ok(Some(_)) => (false.into(), None),
            Ok(None) => (true.into(), Some(format!("{name} points to {file}, which does not exist"))),
            Err(why) => (why.into(), None),
        }
    };
    match (path_ex, path) {
        (Some(text), _) => missing("DLLPathEx", text),
        (None, _) if component => (false.into(), None),
        (None, Some(text)) => missing("DLLPath", text),
        (None, None) => match cx.offices.with_outlook().next() {
            Some(_) => (true.into(), Some("neither DLLPathEx, DLLPath nor MSIComponentID is there".to_owned())),
            None => match cx.offices.gaps.first() {
                Some(why) => (why.clone().into(), None),
                None => (false.into(), None),
            },
        },
    }
}
