//! Events as facts: what each provider's data mean. Owns the mapping from an event's insertion strings to the fields of
//! the `event` kind; reading them out of members is the caller's.

use koff_bundle::{path::WinPath, record::EventRecord};

use super::{Datum, Record};

pub mod wer;

/// Longest text kept of one event, in bytes; of Outlook's list of the add-ins that it loaded, some 300 bytes each.
const TEXT_LIMIT: usize = 4096;
const LIST_LIMIT: usize = 16_384;

/// The fact that `event` states, without evidence.
#[must_use]
pub fn fact(event: &EventRecord) -> Record {
    let parts = Parts::of(event);
    let record = Record::default()
        .with("channel", event.channel.as_str())
        .with("provider", event.provider.as_str())
        .with("id", i64::from(event.id))
        .with("level", i64::from(event.level))
        .with("time", event.time)
        .with("text", text(event))
        .with("program", parts.program.as_deref().map(file_name))
        .with("module", parts.module.as_deref().map(file_name))
        .with("module_path", parts.module_path.clone())
        .with("exception", parts.exception.as_deref().map(hex))
        .with("path", parts.path.clone())
        .with("process", parts.process.clone());
    let module = parts.module_path.as_deref().or(parts.module.as_deref());
    record.with("kerio_module", module.map(is_kerio)).with("kerio_path", parts.path.as_deref().map(is_kerio))
}

/// Whether a path or file name is the connector's: a folder of it is called `Kerio` (a person's profile folder of that
/// name aside), or it is one of the published file names (the DLL's \[seed\] and `KoffBackend.exe` \[K1\]).
#[must_use]
pub fn is_kerio(path: &str) -> bool {
    let path = WinPath::new(path);
    let name = path.file_name().to_ascii_lowercase();
    let mut folders: Vec<&str> = path.parts().collect();
    folders.pop();
    let above = |at: usize| at.checked_sub(1).and_then(|up| folders.get(up)).map_or("", |part| part);
    folders
        .iter()
        .enumerate()
        .any(|(at, part)| part.eq_ignore_ascii_case("kerio") && !above(at).eq_ignore_ascii_case("users"))
        || matches!(name.as_str(), "kofmsp.dll" | "kofmsp32.dll" | "kofmsp64.dll" | "koffbackend.exe")
}

/// What an event is about, in the provider's own words.
#[derive(Debug, Default)]
struct Parts {
    program: Option<String>,
    module: Option<String>,
    module_path: Option<String>,
    exception: Option<String>,
    path: Option<String>,
    process: Option<String>,
}

impl Parts {
    fn of(event: &EventRecord) -> Self {
        let pick = |names: &[&str]| {
            names.iter().filter_map(|name| event.data.get(*name)).find(|text| !text.trim().is_empty()).cloned()
        };
        match (event.provider.as_str(), event.id) {
            // Insertion strings in this order since Windows Vista; named since Windows 11.
            ("Application Error", 1000) => Self {
                program: pick(&["AppName", "1"]),
                module: pick(&["ModuleName", "4"]),
                module_path: pick(&["ModulePath", "12"]),
                exception: pick(&["ExceptionCode", "7"]),
                ..Self::default()
            },
            ("Application Hang", 1002) => Self { program: pick(&["AppName", "1"]), ..Self::default() },
            ("Windows Error Reporting", 1001) => Self {
                program: pick(&["P1", "6"]),
                module: pick(&["P4", "9"]).filter(|name| name.contains('.')),
                exception: pick(&["P7", "12"]),
                ..Self::default()
            },
            (provider, _) if provider.contains("Windows Defender") => Self {
                path: pick(&["Path"]).map(|text| defender_path(&text)),
                process: pick(&["Process Name"]),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

/// The file of Defender's `Path` data, e.g. `file:_C:\a.dll; containerfile:_C:\b.zip`: the connector's where one of
/// several is, else the first.
fn defender_path(text: &str) -> String {
    let path = |part: &'_ str| part.trim().split_once(":_").map_or(part.trim(), |(_, path)| path).to_owned();
    let first = || path(text.split(';').next().unwrap_or(text));
    text.split(';').map(path).find(|path| is_kerio(path)).unwrap_or_else(first)
}

fn file_name(path: &str) -> String {
    WinPath::new(path).file_name().to_lowercase()
}

/// An exception code as `0x` and lower-case hex.
fn hex(code: &str) -> String {
    let code = code.trim().to_ascii_lowercase();
    if code.starts_with("0x") { code } else { format!("0x{code}") }
}

/// The rendered message, else all data joined by blanks; cut at a character.
fn text(event: &EventRecord) -> String {
    let mut text = match &event.message {
        Some(message) if !message.trim().is_empty() => message.clone(),
        _ => data_in_order(event).join(" "),
    };
    let limit = if (event.provider.as_str(), event.id) == ("Outlook", 45) { LIST_LIMIT } else { TEXT_LIMIT };
    if text.len() > limit {
        let cut = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
    }
    text
}

/// Numbered data by number, then named data by name.
fn data_in_order(event: &EventRecord) -> Vec<String> {
    let mut data: Vec<(u32, &String, &String)> =
        event.data.iter().map(|(name, text)| (name.parse().unwrap_or(u32::MAX), name, text)).collect();
    data.sort();
    data.into_iter().map(|(_, _, text)| text.clone()).collect()
}

/// Whether the record is certainly about a Kerio module (for callers that only count).
#[must_use]
pub fn names_kerio(record: &Record) -> bool {
    ["kerio_module", "kerio_path"].iter().any(|field| *record.get(field) == Datum::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(provider: &str, id: u32, data: &[(&str, &str)]) -> EventRecord {
        EventRecord {
            channel: "Application".into(),
            provider: provider.into(),
            id,
            level: 2,
            time: "2024-05-06T07:08:09Z".parse().unwrap(),
            record: 1,
            data: data.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            message: None,
        }
    }

    #[test]
    fn a_crash_names_its_module_in_both_shapes_of_event_1000() {
        let path = r"C:\Program Files\Kerio\Outlook Connector (Offline Edition)\KofMsp32.dll";
        let old = event(
            "Application Error",
            1000,
            &[("1", "OUTLOOK.EXE"), ("4", "KofMsp32.dll"), ("7", "c0000005"), ("12", path)],
        );
        let new = event(
            "Application Error",
            1000,
            &[
                ("AppName", "OUTLOOK.EXE"),
                ("ModuleName", "KofMsp32.dll"),
                ("ExceptionCode", "0xc0000005"),
                ("ModulePath", path),
            ],
        );
        for event in [old, new] {
            let fact = fact(&event);
            assert_eq!(*fact.get("program"), Datum::Text("outlook.exe".into()));
            assert_eq!(*fact.get("module"), Datum::Text("kofmsp32.dll".into()));
            assert_eq!(*fact.get("exception"), Datum::Text("0xc0000005".into()));
            assert!(names_kerio(&fact));
        }
    }

    #[test]
    fn a_module_beside_a_kerio_folder_is_not_kerios() {
        assert!(!is_kerio(r"C:\Users\Kerio\Downloads\x.dll"));
        assert!(is_kerio(r"C:\Users\anna\AppData\Local\Kerio\Outlook Connector\x\debug.log"));
        assert!(!is_kerio(r"C:\Windows\System32\ntdll.dll"));
        assert!(is_kerio(r"C:\Program Files (x86)\Kerio\UpdaterService\u.exe"));
        assert!(!is_kerio(r"C:\tools\kerio"));
    }

    #[test]
    fn defender_names_the_file_it_took() {
        let fact = fact(&event(
            "Microsoft-Windows-Windows Defender",
            1116,
            &[(
                "Path",
                r"file:_C:\Program Files\Kerio\Outlook Connector (Offline Edition)\KoffBackend.exe; process:_pid:1",
            )],
        ));
        assert_eq!(
            *fact.get("path"),
            Datum::Text(r"C:\Program Files\Kerio\Outlook Connector (Offline Edition)\KoffBackend.exe".into())
        );
        assert_eq!(*fact.get("kerio_path"), Datum::Bool(true));
        // One detection may take several files; the first need not be the connector's.
        let several = r"file:_C:\x\y.exe; file:_D:\Kerio\Outlook Connector\KoffBackend.exe; regkey:_HKLM\x";
        assert_eq!(defender_path(several), r"D:\Kerio\Outlook Connector\KoffBackend.exe");
        assert_eq!(defender_path(r"file:_C:\x\y.exe; process:_pid:1"), r"C:\x\y.exe");
    }
}
