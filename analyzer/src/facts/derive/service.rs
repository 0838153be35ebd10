//! The `service` kind: Windows services of the connector.

use koff_bundle::path::WinPath;

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Record, Table,
        context::Context,
        names::{BACKEND, INDEXING_SERVICE, is_kerio},
        raw::{
            Answer,
            registry::{Children, Scope},
            rows::answer,
        },
    },
    verdict::Unknown,
};

const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";

/// One service, joined from its record or its registry key.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What it does for the connector.
    pub role: &'static str,
    name: String,
    display: Answer<String>,
    image: Answer<WinPath>,
    start: Answer<String>,
    state: Answer<String>,
    at: Vec<Evidence>,
}

impl Service {
    /// The folder of its program, where that is Kerio's.
    #[must_use]
    pub fn folder(&self) -> Option<WinPath> {
        let image = self.image.as_ref().ok()?.as_ref()?;
        is_kerio(image.as_str()).then(|| image.parent()).flatten()
    }
}

/// One record a service.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let records = all(cx).into_iter().map(|service| {
        Record::default()
            .with("role", service.role)
            .with("name", service.name)
            .with("display_name", service.display)
            .with("image", service.image.map(|path| path.map(String::from)))
            .with("disabled", service.start.clone().map(|start| start.map(|start| start == "disabled")))
            .with("start", service.start)
            .with("running", service.state.map(|state| state.map(|state| state == "running")))
            .seen(service.at)
    });
    table(records.collect(), gaps(cx))
}

/// Why there may be more services.
pub(super) fn gaps(cx: &Context<'_>) -> Vec<Unknown> {
    if cx.services.gaps.is_empty() || keys(cx).gaps.is_empty() { Vec::new() } else { cx.services.gaps.clone() }
}

fn keys(cx: &Context<'_>) -> Children {
    cx.registry.children(&Scope::Machine, SERVICES)
}

/// All services of the connector: by record, else by registry key.
pub(in crate::facts) fn all(cx: &Context<'_>) -> Vec<Service> {
    let mut found: Vec<Service> = Vec::new();
    for seen in cx.services.iter() {
        let (record, at) = (&seen.value, &seen.at);
        let what = |part: &str| format!("{part} of service {}", record.name);
        let image = answer(&record.image, &what("program"), at);
        let display = answer(&record.display_name, &what("display name"), at);
        let Some(role) = role(&record.name, &display, &image) else { continue };
        found.push(Service {
            role,
            start: answer(&record.start, &what("start type"), at),
            state: answer(&record.state, &what("run state"), at),
            name: record.name.clone(),
            display,
            image,
            at: vec![at.clone()],
        });
    }
    for name in keys(cx).names {
        let key = cx.registry.key(&Scope::Machine, &format!("{SERVICES}\\{name}")).ok().flatten();
        let Some(key) = key else { continue };
        let image = key.text("ImagePath").map(|found| found.map(|seen| program(&seen.value)));
        let display = key.text("DisplayName").map(|found| found.map(|seen| seen.value));
        let Some(role) = role(&name, &display, &image) else { continue };
        let at: Vec<Evidence> = key
            .value("ImagePath")
            .into_iter()
            .flatten()
            .map(|seen| seen.at)
            .chain(key.value("Start").into_iter().flatten().map(|seen| seen.at))
            .collect();
        if let Some(known) = found.iter_mut().find(|known| known.name.eq_ignore_ascii_case(&name)) {
            known.at.extend(at);
            continue;
        }
        let start = key.number("Start").map(|found| found.and_then(|seen| start_word(seen.value)));
        let why = Unknown::new(koff_bundle::acquisition::State::NotCollected, format!("run state of service {name}"));
        found.push(Service { role, name, display, image, start, state: Err(why), at });
    }
    found.sort_by_key(|service| service.name.to_lowercase());
    found
}

/// What a service does for the connector; `None` for somebody else's.
fn role(name: &str, display: &Answer<String>, image: &Answer<WinPath>) -> Option<&'static str> {
    let image = image.as_ref().ok().and_then(Option::as_ref);
    let kerio = image.is_some_and(|path| is_kerio(path.as_str()));
    let display = display.as_ref().ok().and_then(Option::as_deref).unwrap_or_default().to_lowercase();
    let updater = |path: &WinPath| path.parts().any(|part| part.to_lowercase().contains("updater"));
    if name.eq_ignore_ascii_case(INDEXING_SERVICE) {
        Some("indexing")
    } else if !kerio {
        // Without a program to go by, the vendor's own words must do.
        (image.is_none() && display.contains("kerio") && display.contains("updater")).then_some("updater")
    } else if image.is_some_and(|path| path.file_name().eq_ignore_ascii_case(BACKEND)) {
        Some("backend")
    } else if image.is_some_and(updater) || display.contains("updater") {
        Some("updater")
    } else {
        Some("other")
    }
}

/// The program of an `ImagePath`: quotes and arguments removed.
fn program(image: &str) -> WinPath {
    let image = image.trim();
    let path = match image.strip_prefix('"') {
        Some(rest) => rest.split('"').next().unwrap_or(rest),
        None => {
            let lower = image.to_lowercase();
            let end = lower.find(".exe").map_or(image.len(), |at| at + 4);
            image.get(..end).unwrap_or(image)
        }
    };
    WinPath::new(path)
}

fn start_word(number: u64) -> Option<String> {
    let word = match number {
        0 => "boot",
        1 => "system",
        2 => "automatic",
        3 => "manual",
        4 => "disabled",
        _ => return None,
    };
    Some(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_program_is_told_from_its_arguments() {
        assert_eq!(program(r#""C:\K o\a.exe" --x"#), WinPath::new(r"C:\K o\a.exe"));
        assert_eq!(program(r"C:\K o\a.exe -k x"), WinPath::new(r"C:\K o\a.exe"));
        let image = |path: &str| Ok(Some(WinPath::new(path)));
        assert_eq!(role("KOFFIndexingService", &Ok(None), &Ok(None)), Some("indexing"));
        assert_eq!(role("x", &Ok(None), &image(r"C:\Program Files (x86)\Kerio\UpdaterService\u.exe")), Some("updater"));
        assert_eq!(role("x", &Ok(Some("Kerio VPN".into())), &image(r"C:\Windows\x.exe")), None);
    }
}
