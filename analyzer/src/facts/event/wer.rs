//! Windows error reports (`Report.wer`): UTF-16 text, `key=value` a line. Read into the same record as an event of the
//! channel `wer`, so that a crash is one fact whoever told it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use koff_bundle::record::EventRecord;

/// 100-nanosecond steps between 1601 and 1970.
const EPOCH_1601: i64 = 116_444_736_000_000_000;

/// Reads a report's text (already decoded). `None` where it is not one.
#[must_use]
pub fn read(text: &str) -> Option<EventRecord> {
    let fields: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.trim_start_matches('\u{feff}').split_once('=')).collect();
    let kind = fields.get("EventType")?;
    let ticks: i64 = fields.get("EventTime")?.trim().parse().ok()?;
    let time = Timestamp::from_nanosecond(i128::from(ticks.checked_sub(EPOCH_1601)?) * 100).ok()?;
    let signature = |place: usize| fields.get(format!("Sig[{place}].Value").as_str()).map(|text| (*text).to_owned());
    // A crash (APPCRASH) and a hang (AppHangB1) say the same things as the events 1000 and 1002.
    let (provider, id, named): (&str, u32, &[(&str, usize)]) = match *kind {
        "AppHangB1" | "AppHangXProcB1" => ("Application Hang", 1002, &[("AppName", 0)]),
        _ => ("Application Error", 1000, &[("AppName", 0), ("ModuleName", 3), ("ExceptionCode", 6)]),
    };
    let mut data: BTreeMap<String, String> =
        named.iter().filter_map(|(name, place)| Some(((*name).to_owned(), signature(*place)?))).collect();
    if let Some(path) = data.get("ModuleName").and_then(|module| loaded_from(&fields, module)) {
        data.insert("ModulePath".to_owned(), path);
    }
    data.insert("EventType".to_owned(), (*kind).to_owned());
    Some(EventRecord {
        channel: "wer".to_owned(),
        provider: provider.to_owned(),
        id,
        level: 2,
        time,
        record: 0,
        data,
        message: fields.get("FriendlyEventName").map(|text| (*text).to_owned()),
    })
}

/// The path of `module` among the loaded modules.
fn loaded_from(fields: &BTreeMap<&str, &str>, module: &str) -> Option<String> {
    let tail = format!("\\{}", module.to_lowercase());
    fields
        .iter()
        .find(|(key, path)| key.starts_with("LoadedModule[") && path.to_lowercase().ends_with(&tail))
        .map(|(_, path)| (*path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_report_names_program_module_and_its_path() {
        let text = "Version=1\r\nEventType=APPCRASH\r\nEventTime=133594528890000000\r\nSig[0].Name=Application Name\r\n\
            Sig[0].Value=OUTLOOK.EXE\r\nSig[3].Value=KofMsp32.dll\r\nSig[6].Value=c0000005\r\n\
            LoadedModule[0]=C:\\Program Files\\Microsoft Office\\OUTLOOK.EXE\r\nLoadedModule[7]=C:\\K\\KOFMSP32.DLL\r\n";
        let event = read(text).unwrap();
        assert_eq!(event.data["ModulePath"], r"C:\K\KOFMSP32.DLL");
        assert_eq!(event.time.to_string(), "2024-05-06T07:08:09Z");
        assert_eq!((event.provider.as_str(), event.id), ("Application Error", 1000));
        assert!(read("EventTime=1\r\n").is_none());
    }
}
