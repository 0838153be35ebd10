//! The `process` kind: running programs that matter.

use super::{mib, table};
use crate::facts::{
    Record, Table,
    context::Context,
    names::{BACKEND, is_kerio},
    raw::rows::answer,
};

/// One record a process.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let mut records = Vec::new();
    for seen in cx.processes.iter() {
        for process in &seen.value.processes {
            let name = process.name.to_lowercase();
            let path = answer(&process.path, &format!("program of process {}", process.pid), &seen.at);
            let place = path.as_ref().ok().and_then(Option::as_ref).map(ToString::to_string).unwrap_or_default();
            let memory = answer(&process.memory, &format!("memory of process {}", process.pid), &seen.at);
            records.push(
                Record::default()
                    .with("role", role(&name, &place))
                    .with("name", name)
                    .with("path", path.map(|path| path.map(String::from)))
                    .with("pid", i64::from(process.pid))
                    .with("memory_mb", memory.map(|bytes| bytes.map(mib)))
                    .seen([seen.at.clone()]),
            );
        }
    }
    table(records, cx.processes.gaps.clone())
}

/// What a program is to the connector, by published names and by where it lies.
fn role(name: &str, path: &str) -> &'static str {
    let lower = path.to_lowercase();
    match name {
        "outlook.exe" => "outlook",
        "olk.exe" => "new_outlook",
        "msiexec.exe" => "installer",
        _ if name == BACKEND => "backend",
        _ if name.starts_with("kerio-connect-koff") => "installer",
        _ if is_kerio(path) && lower.contains("updater") => "updater",
        _ if is_kerio(path) && (lower.contains("manticore") || name == "searchd.exe") => "indexing",
        _ => "other",
    }
}
