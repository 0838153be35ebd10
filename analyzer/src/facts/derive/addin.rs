//! The `addin` kind: Outlook's add-ins, machine-wide and of each user, with what policies say of them and how long they
//! took to load.

mod loading;
mod policy;

use koff_bundle::{acquisition::State, path::WinPath};

use self::loading::Loads;
use super::table;
use crate::{
    facts::{
        Datum, Record, Table,
        context::Context,
        model::office::View,
        names::{is_kerio, says_kerio},
        raw::{
            Answer,
            registry::{Key, Scope},
        },
    },
    verdict::Unknown,
};

/// One record a registration; `events` tell of its last start.
#[must_use]
pub fn derive(cx: &Context<'_>, events: &Table) -> Table {
    let loads = Loads::read(events);
    let (mut records, mut gaps) = (Vec::new(), cx.users.gaps.clone());
    let machine = View::BOTH
        .map(|view| (Scope::Machine, format!(r"{}\Microsoft\Office\Outlook\Addins", view.software()), Some(view)));
    let own = cx
        .users
        .users
        .iter()
        .map(|user| (Scope::User(user.id.clone()), r"Software\Microsoft\Office\Outlook\Addins".to_owned(), None));
    // Click-to-Run keeps a registry of its own beside the real one.
    let streamed = r"SOFTWARE\Microsoft\Office\ClickToRun\REGISTRY\MACHINE\Software\Microsoft\Office\Outlook\Addins";
    let streamed = (Scope::Machine, streamed.to_owned(), Some(View::Native));
    for (scope, path, view) in machine.into_iter().chain([streamed]).chain(own) {
        if view == Some(View::Wow64) && cx.windows.architecture() == Some("x86") {
            continue;
        }
        let children = cx.registry.children(&scope, &path);
        gaps.extend(children.gaps);
        for prog_id in children.names {
            let key = cx.registry.key(&scope, &format!("{path}\\{prog_id}")).ok().flatten();
            if let Some(key) = key {
                records.push(judged(cx, &scope, &prog_id, &loads, record(cx, &scope, view, &prog_id, key)));
            }
        }
    }
    table(records, gaps)
}

/// `record` with what others say of the add-in: an administrator, and Outlook when it last started it.
fn judged(cx: &Context<'_>, scope: &Scope, prog_id: &str, loads: &Loads, record: Record) -> Record {
    let load = loads.of(prog_id);
    let policy = policy::of(cx, scope, prog_id);
    let (word, user, at) = match &policy {
        Ok(Some(found)) => (Datum::from(found.word), Datum::from(found.user.as_str()), Some(found.at.clone())),
        Ok(None) => (Datum::Absent, Datum::Absent, None),
        Err(why) => (why.clone().into(), why.clone().into(), None),
    };
    record
        .with("policy", word)
        .with("policy_user", user)
        .with("blocked_by_policy", policy.map(|found| found.is_some_and(|found| found.blocks)))
        .with("load_ms", load.map(|load| load.milliseconds))
        .with("loaded_at", load.map(|load| load.time))
        .seen(at)
}

fn record(cx: &Context<'_>, scope: &Scope, view: Option<View>, prog_id: &str, key: Key<'_>) -> Record {
    let name = key.text("FriendlyName");
    let description = key.text("Description");
    let load = key.number("LoadBehavior");
    let server = server(cx, scope, view, prog_id);
    let text = |answer: &Answer<crate::facts::raw::Seen<String>>| {
        answer.as_ref().ok().and_then(Option::as_ref).map(|seen| seen.value.clone()).unwrap_or_default()
    };
    let words = says_kerio(&text(&name)) || says_kerio(&text(&description)) || says_kerio(&prog_id.replace('.', " "));
    let kerio: Datum = match &server {
        Ok(Some(path)) if is_kerio(path.as_str()) => true.into(),
        _ if words => true.into(),
        Ok(_) => false.into(),
        // Without a server there is the name to judge by, and the name says no.
        Err(why) if why.state == State::NotCollected => false.into(),
        Err(why) => why.clone().into(),
    };
    let disabled = load.clone().map(|found| found.map(|seen| matches!(seen.value, 0 | 2)));
    let user = match scope {
        Scope::User(id) => Some(id.clone()),
        Scope::Machine => None,
    };
    let at = load.as_ref().ok().and_then(Option::as_ref).map(|seen| seen.at.clone());
    Record::default()
        .with("prog_id", prog_id)
        .with("name", super::text(&name))
        .with("kerio", kerio)
        .with("load_behavior", load.map(|found| found.map(|seen| seen.value)))
        .with("disabled", disabled)
        .with("user", user)
        .with("path", server.map(|path| path.map(String::from)))
        .seen(at)
        .seen(key.at())
}

/// The DLL behind a ProgID: ProgID → CLSID → InprocServer32, or the manifest of a managed add-in.
fn server(cx: &Context<'_>, scope: &Scope, view: Option<View>, prog_id: &str) -> Result<Option<WinPath>, Unknown> {
    let machine = |root: &'static str| (Scope::Machine, root.to_owned());
    let mut roots = match view {
        Some(View::Native) => vec![machine(r"SOFTWARE\Classes")],
        Some(View::Wow64) => vec![machine(r"SOFTWARE\WOW6432Node\Classes"), machine(r"SOFTWARE\Classes")],
        None => vec![machine(r"SOFTWARE\Classes"), machine(r"SOFTWARE\WOW6432Node\Classes")],
    };
    if let Scope::User(_) = scope {
        roots.insert(0, (scope.clone(), r"Software\Classes".to_owned()));
    }
    let mut why = None;
    for (scope, root) in &roots {
        let class = match cx.registry.text(scope, &format!(r"{root}\{prog_id}\CLSID"), "") {
            Ok(Some(seen)) => seen.value,
            Ok(None) => continue,
            Err(unknown) => {
                why = why.or(Some(unknown));
                continue;
            }
        };
        for (scope, root) in &roots {
            for wow in ["", r"WOW6432Node\"] {
                let path = format!(r"{root}\{wow}CLSID\{class}\InprocServer32");
                match cx.registry.text(scope, &path, "") {
                    Ok(Some(seen)) if !seen.value.is_empty() => return Ok(Some(WinPath::new(seen.value))),
                    Ok(_) => {}
                    Err(unknown) => why = why.or(Some(unknown)),
                }
            }
        }
    }
    why.map_or_else(|| Err(Unknown::new(State::NotCollected, format!("server of add-in {prog_id}"))), Err)
}
