//! The disk host on built stories and on folders made to mislead it.

use std::{fs, path::PathBuf};

use koff_bundle::{acquisition::State, manifest::HostKind, path::WinPath, record::VolumeKind};

use super::DiskHost;
use crate::host::{Host, Root};

fn now() -> jiff::Timestamp {
    "2026-05-05T00:00:00Z".parse().unwrap()
}

/// A story as a host; the folder lives as long as the guard.
fn story(name: &str) -> (tempfile::TempDir, DiskHost) {
    let folder = tempfile::tempdir().unwrap();
    koff_fixtures::build(name, folder.path()).unwrap();
    let host = DiskHost::open(folder.path(), now()).unwrap();
    (folder, host)
}

fn text(host: &DiskHost, root: &Root, key: &str, value: &str) -> String {
    host.key(root, key).unwrap().value(value).unwrap().text().unwrap()
}

#[test]
fn a_healthy_pc_is_described_from_its_hives() {
    let (_guard, host) = story("healthy-c2r-x64");
    let info = host.info();
    assert_eq!(info.kind, HostKind::Disk);
    assert_eq!(info.windows.value().map(String::as_str), Some("Windows 10 Pro"));
    assert_eq!((info.build.value(), info.ubr.value()), (Some(&26200), Some(&7171)));
    assert_eq!(info.architecture.value().map(String::as_str), Some("x64"));
    assert_eq!(info.locale.value().map(String::as_str), Some("de-DE"));
    assert_eq!(info.utc_offset_minutes.value(), Some(&120));
    assert_eq!(info.elevated.why_missing().unwrap().missing, State::Unsupported);
    let updates = host.updates().unwrap();
    let ids: Vec<&str> = updates.iter().map(|update| update.id.as_str()).collect();
    assert_eq!(ids, ["KB5036212", "KB5036893"], "the package that is only staged is not installed");
    let antivirus = host.antivirus().unwrap();
    assert_eq!(antivirus[0].name, "Windows Defender");
    assert_eq!(host.volumes().unwrap()[0].kind.value(), Some(&VolumeKind::Fixed));
    assert_eq!(host.processes(&[], &[]).unwrap_err().state, State::Unsupported);
}

#[test]
fn persons_have_their_hive_their_folders_and_their_variables() {
    let (_guard, host) = story("healthy-c2r-x64");
    let accounts = host.accounts().unwrap();
    assert_eq!(accounts.len(), 1, "no service account, Default or Public: {accounts:?}");
    let anna = &accounts[0];
    assert_eq!((anna.name.as_deref(), anna.profile.as_str()), (Some("anna"), r"C:\Users\anna"));
    let root = Root::User(anna.key.clone());
    assert_eq!(text(&host, &root, r"software\MICROSOFT\Office\16.0\Outlook", "defaultprofile"), "Outlook");
    let variable = |name| host.variable(name, Some(&anna.key)).unwrap();
    assert_eq!(variable("LOCALAPPDATA"), r"C:\Users\anna\AppData\Local");
    assert_eq!(variable("temp"), r"C:\Users\anna\AppData\Local\Temp");
    assert!(variable("PATH").starts_with(r"C:\Windows\system32;"));
    assert!(variable("PATH").contains(r";C:\Users\anna\AppData\Local\Microsoft\WindowsApps"));
    assert_eq!(host.variable("ProgramFiles(x86)", None).unwrap(), r"C:\Program Files (x86)");
    assert_eq!(host.variable("NoSuchThing", None).unwrap_err().state, State::Absent);
}

#[test]
fn the_control_set_is_the_current_one_and_a_missing_key_is_absent() {
    let (_guard, host) = story("healthy-c2r-x64");
    let service = r"SYSTEM\CurrentControlSet\Services\KOFFIndexingService";
    assert!(text(&host, &Root::Machine, service, "ImagePath").contains("searchd.exe"));
    assert_eq!(host.key(&Root::Machine, r"SOFTWARE\Nobody").unwrap_err().state, State::Absent);
    assert_eq!(host.key(&Root::Machine, r"HARDWARE\X").unwrap_err().state, State::Unsupported);
    let missing = host.key(&Root::Machine, r"SAM\SAM").unwrap_err();
    assert_eq!(missing.state, State::Failed, "a hive that is not there proves nothing: {missing:?}");
}

#[test]
fn windows_spellings_lead_to_the_same_file() {
    let (_guard, host) = story("healthy-c2r-x64");
    let dll = WinPath::new(r"C:\Program Files\Kerio\Outlook Connector (Offline Edition)\KofMsp32.dll");
    for spelling in [
        r"c:\PROGRAM FILES\kerio\outlook connector (offline edition)\KOFMSP32.DLL",
        r"C:\PROGRA~1\Kerio\OUTLOO~1\kofmsp32.dll",
    ] {
        assert_eq!(host.resolve(&WinPath::new(spelling)).unwrap(), dll);
    }
    let old = host.resolve(&WinPath::new(r"C:\Documents and Settings\anna\NTUSER.DAT")).unwrap();
    assert_eq!(old.as_str(), r"C:\Users\anna\NTUSER.DAT");
    assert!(host.stat(&WinPath::new(r"C:\Documents and Settings")).unwrap().reparse);
    assert_eq!(host.stat(&WinPath::new(r"D:\x")).unwrap_err().state, State::Unsupported);
    assert_eq!(host.stat(&WinPath::new(r"C:\Users\berta")).unwrap_err().state, State::Absent);
}

#[test]
fn every_story_is_a_disk_with_persons_and_readable_hives() {
    for folder in koff_fixtures::stories().unwrap() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (_guard, host) = story(&name);
        let accounts = host.accounts().unwrap();
        assert!(!accounts.is_empty(), "{name}");
        for account in accounts {
            let key = host.key(&Root::User(account.key.clone()), r"Software\Microsoft\Office");
            let of_anna = ["hive-damaged", "collected-as-administrator"].contains(&name.as_str());
            let damaged = of_anna && account.name.as_deref() == Some("anna");
            let unreadable = key.as_ref().is_err_and(|end| end.state != State::Absent);
            assert_eq!(unreadable, damaged, "{name}: {key:?}");
        }
    }
}

#[test]
fn what_reached_only_the_log_is_read_all_the_same() {
    let (_guard, host) = story("hive-not-written-out");
    let paths = host.key(&Root::Machine, r"SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths").unwrap();
    assert_eq!(paths.values.len(), 4);
    let anna = Root::User(host.accounts().unwrap()[0].key.clone());
    let outlook = host.key(&anna, r"Software\Microsoft\Office\16.0\Outlook\Preferences").unwrap();
    assert_eq!(outlook.value("UseNewOutlook").unwrap().number(), Some(1));
}

#[test]
fn a_damaged_hive_says_where_and_leaves_the_others_alone() {
    let (_guard, host) = story("hive-damaged");
    let end = host.key(&Root::Machine, r"SYSTEM\CurrentControlSet\Services").unwrap_err();
    assert_eq!(end.state, State::Failed);
    assert!(end.reason.starts_with(r"C:\Windows\System32\config\SYSTEM, byte 508: expected"), "{}", end.reason);
    let info = host.info();
    assert_eq!(info.architecture.why_missing().unwrap().missing, State::Failed);
    assert_eq!(info.build.value(), Some(&26200));
}

#[test]
fn the_drives_of_a_person_are_listed_with_where_they_lead() {
    let (_guard, host) = story("cache-on-network-drive");
    let volumes = host.volumes().unwrap();
    let drive = volumes.iter().find(|volume| volume.root.as_str() == r"N:\").unwrap();
    assert_eq!(drive.kind.value(), Some(&VolumeKind::Remote));
    assert_eq!(drive.remote.as_ref().unwrap().as_str(), r"\\fileserver\profiles");
    let anna = &host.accounts().unwrap()[0].key;
    assert_eq!(drive.user.as_ref(), Some(anna));
    let folder = host.variable("LOCALAPPDATA", Some(anna)).unwrap();
    assert_eq!(folder, r"N:\anna\AppData\Local");
    assert_eq!(host.list(&WinPath::new(folder)).unwrap_err().state, State::Unsupported);
}

#[test]
fn the_mark_of_the_web_is_found_beside_its_file() {
    let (_guard, host) = story("dll-in-downloads");
    let downloads = WinPath::new(r"C:\Users\anna\Downloads");
    let streams = host.streams(&downloads.join("KOFMSP.DLL")).unwrap();
    assert_eq!(streams[0].name, "Zone.Identifier");
    assert!(streams[0].text.as_ref().unwrap().contains("ZoneId=3"));
    assert_eq!(host.streams(&downloads.join("kofmsp.dll.txt")).unwrap_err().state, State::Unsupported);
    assert_eq!(host.list(&downloads).unwrap().len(), 3, "streams are no files");
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_disk_or_round_in_circles() {
    use std::os::unix::fs::symlink;
    let guard = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    let root = guard.path().join("disk");
    fs::create_dir_all(root.join("Users")).unwrap();
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/hosts"), "of the disk").unwrap();
    let links: [(&str, PathBuf); 5] = [
        ("absolute", outside.path().join("secret.txt")),
        ("up", PathBuf::from("../../../../../../etc/hosts")),
        ("slash", PathBuf::from("/etc/hosts")),
        ("loop", PathBuf::from("loop")),
        ("drive", PathBuf::from("D:\\x")),
    ];
    for (name, target) in links {
        symlink(target, root.join(name)).unwrap();
    }
    let host = DiskHost::open(&root, now()).unwrap();
    let find = |name: &str| host.resolve(&WinPath::new(r"C:\").join(name));
    assert_eq!(find("absolute").unwrap_err().state, State::Absent);
    assert_eq!(find("up").unwrap().as_str(), r"C:\etc\hosts");
    assert_eq!(find("slash").unwrap().as_str(), r"C:\etc\hosts");
    assert_eq!(find("loop").unwrap_err().state, State::Failed);
    assert_eq!(find("drive").unwrap_err().state, State::Unsupported);
    assert_eq!(host.list(&WinPath::new(r"C:\")).unwrap().len(), 7, "broken links are listed");
}

#[test]
fn two_spellings_side_by_side_give_the_exact_one_else_the_first() {
    let guard = tempfile::tempdir().unwrap();
    for name in ["Kerio.log", "KERIO.LOG", "kerio.log"] {
        fs::write(guard.path().join(name), name).unwrap();
    }
    let host = DiskHost::open(guard.path(), now()).unwrap();
    let find = |name: &str| host.resolve(&WinPath::new(r"C:\").join(name)).unwrap().file_name().to_owned();
    assert_eq!(find("kerio.log"), "kerio.log");
    assert_eq!(find("kErIo.LoG"), "KERIO.LOG");
}

#[test]
fn a_folder_without_windows_says_what_is_missing() {
    let guard = tempfile::tempdir().unwrap();
    let host = DiskHost::open(guard.path(), now()).unwrap();
    let end = host.key(&Root::Machine, r"SOFTWARE\Kerio").unwrap_err();
    assert_eq!(end.state, State::Failed);
    assert_eq!(end.reason, r"C:\Windows\System32\config\SOFTWARE: expected a registry hive, found no such file");
    assert!(host.accounts().is_err());
    assert!(DiskHost::open(&guard.path().join("nothing"), now()).is_err());
}
