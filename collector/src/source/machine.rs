//! The machine and its people: `facts/users.json`, `system.json`, `volumes.json`, `processes.json`. Each field carries
//! its own reason where the host does not tell.

use koff_bundle::{
    path::WinPath,
    reading::Reading,
    record::{SystemRecord, UserRecord, VolumeRecord},
};

use super::{Budget, Context, Raw, environment, survey, worker::aside};
use crate::host::Answer;

/// Programs whose processes matter even where they hold no connector DLL.
const PROGRAMS: [&str; 6] =
    ["outlook.exe", "olk.exe", "koffbackend.exe", "searchd.exe", "msiexec.exe", "searchprotocolhost.exe"];

/// The people whose evidence is collected.
///
/// # Errors
/// Where the accounts could not be read.
pub fn users(context: &Context, _budget: &Budget) -> Answer<Raw> {
    if let Some(end) = context.survey.no_people.as_ref().filter(|_| context.survey.people.is_empty()) {
        return Err(end.clone());
    }
    let records: Vec<&UserRecord> = context.survey.people.iter().map(|person| &person.record).collect();
    Raw::records(&records)
}

/// Memory, last start, updates, `PATH`, security products, tray icon. WMI and the task bar are known to hang on sick PCs,
/// which are those that are collected from: what asks them may be left behind by itself.
///
/// # Errors
/// None of its own: each field carries its own end.
pub fn system(context: &Context, budget: &Budget) -> Answer<Raw> {
    let host = context.host.as_ref();
    let path = host.variable("Path", None).map(|list| environment::folders(host, &list, None));
    Raw::records(&[SystemRecord {
        memory: Reading::from(host.memory()),
        booted: Reading::from(host.booted()),
        updates: Reading::from(host.updates()),
        path: Reading::from(path),
        antivirus: Reading::from(aside(context, budget, |host| host.antivirus())),
        firewalls: Reading::from(aside(context, budget, |host| host.firewalls())),
        tray_text: Reading::from(aside(context, budget, |host| host.tray())),
    }])
}

/// Every volume, and the shares on which the people's folders lie.
///
/// # Errors
/// As the host says.
pub fn volumes(context: &Context, _budget: &Budget) -> Answer<Raw> {
    let mut volumes: Vec<VolumeRecord> = context.host.volumes()?;
    for volume in &mut volumes {
        // The host names an account; the bundle names people by their ids.
        let person = |key: &String| {
            let people = context.survey.people.iter();
            people.filter(|person| person.account.key == *key).map(|person| person.record.id.clone()).next()
        };
        volume.user = volume.user.as_ref().and_then(person);
    }
    volumes.sort_by_key(|volume| (volume.root.key(), volume.user.clone()));
    Raw::records(&volumes)
}

/// Processes of Outlook and the connector, and every process that holds a connector DLL. Keeps what it saw for the
/// programs source.
///
/// # Errors
/// As the host says.
pub fn processes(context: &Context, _budget: &Budget) -> Answer<Raw> {
    let mut programs: Vec<String> = PROGRAMS.iter().map(|name| (*name).to_owned()).collect();
    let images = context.survey.services.iter().filter_map(|service| service.image.as_ref());
    programs.extend(images.map(|image: &WinPath| image.file_name().to_lowercase()));
    programs.sort();
    programs.dedup();
    let names: Vec<&str> = programs.iter().map(String::as_str).collect();
    let answer = context.host.processes(&survey::CONNECTOR_DLLS, &names);
    let survey = context.survey.processes.get_or_init(|| answer).clone()?;
    Raw::records(&[survey])
}
