//! A recording: the disk of a PC, and beside it in `recorded.json` what only the running PC could say. Owns laying the
//! one over the other, so that one story can be told from its disk alone or as if it were live.

mod tape;

use std::{collections::BTreeSet, fs, path::Path};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    manifest::{HostInfo, HostKind},
    path::WinPath,
    reading::Reading,
    record::{
        AntivirusRecord, FileStat, ProcessSurvey, ReachRecord, ServiceLicence, Stream, UpdateRecord, VolumeRecord,
        WindowsVerdict,
    },
    registry::Key,
};

use self::tape::Tape;
use super::{
    Account, Answer, Bytes, Child, EventQuery, Events, Host, Picture, Root, Scene, disk::DiskHost,
    licensing::Licensing, unsupported,
};

/// Name of the file that holds what a live host adds.
pub const TAPE: &str = "recorded.json";
/// Name of the folder beside it that holds the disk.
pub const DISK: &str = "disk";

/// A played-back PC.
pub struct RecordedHost {
    disk: DiskHost,
    tape: Tape,
}

impl RecordedHost {
    /// Plays back the recording in `folder`, which holds [`DISK`] and [`TAPE`].
    ///
    /// # Errors
    /// [`State::Failed`] where the tape is missing or not understood, naming line and column; else as for a disk.
    pub fn open(folder: &Path) -> Answer<Self> {
        let place = folder.join(TAPE);
        let failed = |found: String| {
            let reason =
                format!("{}: expected what a live PC said (fixtures/README.md), found {found}", place.display());
            Acquisition::ended(State::Failed, reason)
        };
        let text = fs::read_to_string(&place).map_err(|error| failed(error.to_string()))?;
        let tape: Tape = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let strange = tape.agreed.iter().find(|id| Artifact::from_id(id).is_none());
        if let Some(id) = strange {
            return Err(failed(format!("agreed: {id:?}, which is no artifact")));
        }
        Ok(Self { disk: DiskHost::open(&folder.join(DISK), tape.now)?, tape })
    }

    /// What the recorded PC's user agreed to, of what is collected with consent only.
    #[must_use]
    pub fn agreed(&self) -> BTreeSet<Artifact> {
        self.tape.agreed.iter().filter_map(|id| Artifact::from_id(id)).collect()
    }
}

/// What the tape says, else what the disk says.
fn told<T: Clone>(tape: Option<&Reading<T>>, disk: impl FnOnce() -> Answer<T>) -> Answer<T> {
    match tape {
        Some(Reading::Value(value)) => Ok(value.clone()),
        Some(Reading::Missing(missing)) => {
            let mut end = Acquisition::ended(missing.missing, missing.reason.clone());
            end.os_error = missing.os_error;
            Err(end)
        }
        None => disk(),
    }
}

/// What a live PC says where its tape holds nothing of a thing: it was asked and there is none.
fn none_recorded(what: &str) -> Acquisition {
    Acquisition::ended(State::Absent, format!("{what}: none on the recorded PC"))
}

impl Host for RecordedHost {
    fn info(&self) -> HostInfo {
        let mut info = self.disk.info();
        info.kind = HostKind::Recorded;
        if let Some(elevated) = &self.tape.elevated {
            info.elevated = elevated.clone();
        }
        info
    }

    fn now(&self) -> Timestamp {
        self.tape.now
    }

    fn accounts(&self) -> Answer<Vec<Account>> {
        let mut accounts = self.disk.accounts()?;
        for account in &mut accounts {
            let is = |name: &Option<String>| name.is_some() && account.name == *name;
            (account.current, account.at_screen) = (is(&self.tape.current), is(&self.tape.at_screen));
        }
        Ok(accounts)
    }

    fn variable(&self, name: &str, user: Option<&str>) -> Answer<String> {
        self.disk.variable(name, user)
    }

    fn key(&self, root: &Root, path: &str) -> Answer<Key> {
        self.tape.refused_key(root, path)?;
        self.disk.key(root, path)
    }

    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>> {
        self.tape.refused_file(folder)?;
        self.disk.list(folder)
    }

    fn stat(&self, path: &WinPath) -> Answer<FileStat> {
        self.disk.stat(path)
    }

    fn resolve(&self, path: &WinPath) -> Answer<WinPath> {
        self.disk.resolve(path)
    }

    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>> {
        self.tape.refused_file(path)?;
        self.disk.open(path)
    }

    fn streams(&self, path: &WinPath) -> Answer<Vec<Stream>> {
        // A live PC lists streams: what neither tape nor disk holds is not there.
        let disk = || {
            self.disk
                .streams(path)
                .or_else(|end| if end.state == State::Unsupported { Ok(Vec::new()) } else { Err(end) })
        };
        told(self.tape.streams.get(&path.key()), disk)
    }

    fn security(&self, path: &WinPath) -> Answer<(String, Vec<String>)> {
        told(self.tape.security.get(&path.key()), || self.disk.security(path))
    }

    fn volumes(&self) -> Answer<Vec<VolumeRecord>> {
        told(self.tape.volumes.as_ref(), || self.disk.volumes())
    }

    fn memory(&self) -> Answer<u64> {
        told(self.tape.memory.as_ref(), || self.disk.memory())
    }

    fn booted(&self) -> Answer<Timestamp> {
        told(self.tape.booted.as_ref(), || self.disk.booted())
    }

    fn updates(&self) -> Answer<Vec<UpdateRecord>> {
        told(self.tape.updates.as_ref(), || self.disk.updates())
    }

    fn service_state(&self, name: &str) -> Answer<String> {
        let found = self.tape.services.iter().find(|(service, _)| service.eq_ignore_ascii_case(name));
        told(found.map(|(_, state)| state), || Err(none_recorded(name)))
    }

    fn processes(&self, _: &[&str], _: &[&str]) -> Answer<ProcessSurvey> {
        told(self.tape.processes.as_ref(), || self.disk.processes(&[], &[]))
    }

    fn antivirus(&self) -> Answer<Vec<AntivirusRecord>> {
        told(self.tape.antivirus.as_ref(), || self.disk.antivirus())
    }

    fn firewalls(&self) -> Answer<Vec<AntivirusRecord>> {
        told(self.tape.firewalls.as_ref(), || self.disk.firewalls())
    }

    fn licences(&self, licensing: Licensing) -> Answer<Vec<ServiceLicence>> {
        told(self.tape.licences.get(licensing.service()), || self.disk.licences(licensing))
    }

    fn events(&self, query: &EventQuery) -> Answer<Events> {
        match self.tape.events.get(&query.channel) {
            None => self.disk.events(query),
            Some(reading) => {
                told(Some(reading), || Err(none_recorded(&query.channel))).map(|all| tape::chosen(all, query))
            }
        }
    }

    fn trust(&self, path: &WinPath) -> Answer<WindowsVerdict> {
        told(self.tape.trust.get(&path.key()), || self.disk.trust(path))
    }

    fn tray(&self) -> Answer<Vec<String>> {
        told(self.tape.tray.as_ref(), || self.disk.tray())
    }

    fn shadowed(&self, path: &WinPath) -> Answer<(Box<dyn Bytes>, String)> {
        let none = || unsupported("no shadow copy on the tape");
        let copy = told(self.tape.shadow_copies.get(&path.key()), || Err(none()))?;
        Ok((self.disk.open(path)?, copy))
    }

    /// A PC that was recorded without its server and its screen was asked for neither.
    fn is_running(&self) -> bool {
        !self.tape.contacts.is_empty()
    }

    fn reach(&self, server: &str, port: u16, _encrypted: bool) -> Answer<ReachRecord> {
        let place = format!("{server}:{port}");
        told(self.tape.contacts.get(&place), || Err(unsupported(format!("{place}: no contact on the tape"))))
    }

    fn picture(&self, scene: Scene) -> Answer<Picture> {
        told(self.tape.pictures.of(scene), || Err(unsupported("no picture on the tape")))?.drawn()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(tape: &str) -> (tempfile::TempDir, Answer<RecordedHost>) {
        let folder = tempfile::tempdir().unwrap();
        koff_fixtures::build("healthy-c2r-x64", &folder.path().join(DISK)).unwrap();
        fs::write(folder.path().join(TAPE), tape).unwrap();
        let host = RecordedHost::open(folder.path());
        (folder, host)
    }

    #[test]
    fn a_tape_adds_what_a_disk_cannot_say_and_takes_what_was_refused() {
        let tape = r#"{
            "now": "2026-05-04T09:00:00Z", "elevated": false, "current": "anna", "at_screen": "anna",
            "memory": 17179869184, "booted": {"missing": "denied", "reason": "no counter"},
            "services": {"koffindexingservice": "running"},
            "trust": {"C:\\Windows\\System32\\mapi32.dll": {"code": 0, "name": "OK"}},
            "events": {"Application": [
                {"channel": "Application", "provider": "Outlook", "id": 59, "time": "2026-05-04T08:00:00Z", "record": 1},
                {"channel": "Application", "provider": "Other", "id": 1, "time": "2026-05-04T08:01:00Z", "record": 2},
                {"channel": "Application", "provider": "Outlook", "id": 45, "time": "2026-05-04T08:02:00Z", "record": 3}]},
            "refusals": {"key HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions":
                {"missing": "denied", "reason": "administrators only", "os_error": 5}}
        }"#;
        let (_guard, host) = recording(tape);
        let host = host.unwrap();
        assert_eq!(host.info().kind, HostKind::Recorded);
        assert_eq!(host.info().elevated.value(), Some(&false));
        assert!(host.accounts().unwrap()[0].current);
        assert_eq!(host.memory(), Ok(17_179_869_184));
        assert_eq!(host.booted().unwrap_err().state, State::Denied);
        assert_eq!(host.service_state("KOFFIndexingService").as_deref(), Ok("running"));
        assert_eq!(host.service_state("Nobody").unwrap_err().state, State::Absent);
        assert_eq!(host.trust(&WinPath::new(r"c:\windows\system32\MAPI32.dll")).unwrap().code, 0);
        let paths = host.key(&Root::Machine, r"software\Microsoft\Windows Defender\Exclusions\Paths").unwrap_err();
        assert_eq!((paths.state, paths.os_error), (State::Denied, Some(5)));
        assert!(host.key(&Root::Machine, r"SOFTWARE\Microsoft\Windows Defender").is_ok());
        let query = EventQuery {
            channel: "Application".to_owned(),
            providers: vec!["outlook".to_owned()],
            since: None,
            limit: 1,
        };
        let events = host.events(&query).unwrap();
        assert_eq!((events.records[0].id, events.records.len(), events.cut), (45, 1, true));
        assert_eq!(host.tray().unwrap_err().state, State::Unsupported);
    }

    #[test]
    fn a_tape_plays_back_server_screen_and_shadow_copies() {
        let log = r"C:\Users\anna\AppData\Local\Kerio\Outlook Connector\Outlook\debug.log";
        let tape = serde_json::json!({
            "now": "2026-05-04T09:00:00Z", "agreed": ["reachability", "pictures"],
            "contacts": {"mail.firma.example:443": {
                "server": "mail.firma.example", "port": 443, "families": ["IPv4"],
                "connect_ms": {"missing": "failed", "reason": "no connection: refused", "os_error": 10061}}},
            "pictures": {
                "outlook": {"width": 2, "height": 1, "colour": "c81e5a"},
                "notification_area": {"missing": "absent", "reason": "this session has no task bar"}},
            "shadow_copies": {log: r"the shadow copy 3 of C:\"},
            "refusals": {format!("file {log}"): {"missing": "locked", "reason": "another program holds it open"}},
        });
        let (folder, host) = recording(&tape.to_string());
        let host = host.unwrap();
        assert_eq!(host.agreed(), [Artifact::Pictures, Artifact::Reachability].into());
        assert!(host.is_running());
        let contact = host.reach("mail.firma.example", 443, true).unwrap();
        assert_eq!(contact.connect_ms.why_missing().unwrap().os_error, Some(10061));
        assert_eq!(host.reach("mail.firma.example", 80, false).unwrap_err().state, State::Unsupported);
        let picture = host.picture(Scene::Outlook).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgb), (2, 1, vec![0xc8, 0x1e, 0x5a, 0xc8, 0x1e, 0x5a]));
        assert_eq!(host.picture(Scene::NotificationArea).unwrap_err().state, State::Absent);
        let place = folder.path().join("disk/Users/anna/AppData/Local/Kerio/Outlook Connector/Outlook");
        fs::write(place.join("debug.log"), b"kept").unwrap();
        assert_eq!(host.open(&WinPath::new(log)).err().unwrap().state, State::Locked);
        let (mut bytes, copy) = host.shadowed(&WinPath::new(log)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut bytes, &mut text).unwrap();
        assert_eq!((text.as_str(), copy.as_str()), ("kept", r"the shadow copy 3 of C:\"));
        assert_eq!(host.shadowed(&WinPath::new(r"C:\x")).err().unwrap().state, State::Unsupported);
    }

    #[test]
    fn a_tape_with_an_unknown_word_is_refused_with_its_place() {
        let (_guard, host) = recording(r#"{"now": "2026-05-04T09:00:00Z", "memroy": 5}"#);
        let Err(end) = host else { panic!("opened") };
        assert!(end.reason.contains("unknown field `memroy`") && end.reason.contains("line 1"), "{}", end.reason);
    }
}
