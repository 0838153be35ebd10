//! What Windows a disk holds: edition, version, architecture, locale, time zone, name.

use koff_bundle::{
    acquisition::State,
    manifest::{HostInfo, HostKind},
    reading::Reading,
    registry::Key,
};

use super::DiskHost;
use crate::host::{Answer, absent};

/// Reads the host's description; what is missing says why.
pub(super) fn info(host: &DiskHost) -> HostInfo {
    let windows = host.machine_key(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    let control = |path: &str| host.machine_key(&format!(r"SYSTEM\CurrentControlSet\Control\{path}"));
    let zone = control("TimeZoneInformation");
    let build = text(&windows, "CurrentBuildNumber").or_else(|_| text(&windows, "CurrentBuild"));
    HostInfo {
        kind: HostKind::Disk,
        windows: text(&windows, "ProductName").into(),
        edition: text(&windows, "EditionID").into(),
        display_version: text(&windows, "DisplayVersion").or_else(|_| text(&windows, "ReleaseId")).into(),
        build: build.and_then(|text| text.trim().parse().map_err(|_| failed("CurrentBuildNumber", &text))).into(),
        ubr: number(&windows, "UBR").into(),
        architecture: text(&control(r"Session Manager\Environment"), "PROCESSOR_ARCHITECTURE").map(architecture).into(),
        locale: text(&control(r"Nls\Language"), "Default").and_then(|text| locale(&text)).into(),
        time_zone: text(&zone, "TimeZoneKeyName").or_else(|_| text(&zone, "StandardName")).into(),
        utc_offset_minutes: number(&zone, "ActiveTimeBias").map(|bias| bias.cast_signed().wrapping_neg()).into(),
        elevated: Reading::missing(State::Unsupported, "nobody runs on a disk"),
        computer: text(&control(r"ComputerName\ComputerName"), "ComputerName").into(),
    }
}

fn text(key: &Answer<Key>, name: &str) -> Answer<String> {
    let key = key.as_ref().map_err(Clone::clone)?;
    let text = key.value(name).and_then(koff_bundle::registry::Value::text).filter(|text| !text.is_empty());
    text.ok_or_else(|| absent(format!("no value {name}")))
}

fn number(key: &Answer<Key>, name: &str) -> Answer<u32> {
    let key = key.as_ref().map_err(Clone::clone)?;
    let number = key.value(name).and_then(koff_bundle::registry::Value::number);
    number.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| absent(format!("no number {name}")))
}

fn failed(name: &str, text: &str) -> koff_bundle::acquisition::Acquisition {
    koff_bundle::acquisition::Acquisition::ended(State::Failed, format!("{name}: expected a number, found {text}"))
}

fn architecture(text: String) -> String {
    match text.to_uppercase().as_str() {
        "AMD64" => "x64".to_owned(),
        "X86" => "x86".to_owned(),
        "ARM64" => "arm64".to_owned(),
        _ => text,
    }
}

/// Windows' number of a language (hexadecimal text) as a BCP 47 tag, for the languages that Windows and Office come in;
/// another one is handed on as its number. Numbers as in Microsoft's [MS-LCID].
fn locale(text: &str) -> Answer<String> {
    let number = u32::from_str_radix(text.trim(), 16).map_err(|_| failed("Nls\\Language\\Default", text))?;
    let known = LOCALES.iter().find(|(known, _)| *known == number);
    Ok(known.map_or_else(|| format!("lcid-{number:04x}"), |(_, tag)| (*tag).to_owned()))
}

#[rustfmt::skip]
const LOCALES: &[(u32, &str)] = &[
    (0x0401, "ar-SA"), (0x0402, "bg-BG"), (0x0403, "ca-ES"), (0x0404, "zh-TW"), (0x0405, "cs-CZ"), (0x0406, "da-DK"),
    (0x0407, "de-DE"), (0x0408, "el-GR"), (0x0409, "en-US"), (0x040a, "es-ES"), (0x040b, "fi-FI"), (0x040c, "fr-FR"),
    (0x040d, "he-IL"), (0x040e, "hu-HU"), (0x040f, "is-IS"), (0x0410, "it-IT"), (0x0411, "ja-JP"), (0x0412, "ko-KR"),
    (0x0413, "nl-NL"), (0x0414, "nb-NO"), (0x0415, "pl-PL"), (0x0416, "pt-BR"), (0x0418, "ro-RO"), (0x0419, "ru-RU"),
    (0x041a, "hr-HR"), (0x041b, "sk-SK"), (0x041d, "sv-SE"), (0x041e, "th-TH"), (0x041f, "tr-TR"), (0x0421, "id-ID"),
    (0x0422, "uk-UA"), (0x0424, "sl-SI"), (0x0425, "et-EE"), (0x0426, "lv-LV"), (0x0427, "lt-LT"), (0x042a, "vi-VN"),
    (0x0804, "zh-CN"), (0x0807, "de-CH"), (0x0809, "en-GB"), (0x080a, "es-MX"), (0x080c, "fr-BE"), (0x0810, "it-CH"),
    (0x0813, "nl-BE"), (0x0816, "pt-PT"), (0x081a, "sr-Latn-CS"), (0x0c04, "zh-HK"), (0x0c07, "de-AT"), (0x0c09, "en-AU"),
    (0x0c0a, "es-ES"), (0x0c0c, "fr-CA"), (0x1007, "de-LU"), (0x1009, "en-CA"), (0x100c, "fr-CH"), (0x1407, "de-LI"),
    (0x1809, "en-IE"), (0x241a, "sr-Latn-RS"),
];
