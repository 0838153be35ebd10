//! A host with faults put into it, for tests: slow, refusing, lying. Owns which question meets which fault; everything
//! else is answered by the host underneath.

use std::{
    io::{self, Read, Seek, SeekFrom},
    thread,
    time::Duration,
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::HostInfo,
    path::WinPath,
    record::{AntivirusRecord, FileStat, ProcessSurvey, Stream, UpdateRecord, VolumeRecord, WindowsVerdict},
    registry::Key,
};

use super::{Account, Answer, Bytes, Child, EventQuery, Events, Host, Root};

/// Which questions a fault meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// Every question.
    Everything,
    /// Keys at and below this path (`SOFTWARE\…` of any root).
    Key(String),
    /// Files and folders at and below this path.
    File(WinPath),
    /// Questions of this name, as the methods of [`Host`] are called.
    Call(&'static str),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The answer comes this much later.
    Delay(Duration),
    /// Access is denied (error 5).
    Deny,
    /// It is gone by the time it is asked for, although it was listed.
    Vanish,
    /// Somebody holds it open without sharing (error 32).
    Lock,
    /// A file ends after this many bytes, whatever its size says.
    Truncate(u64),
    /// Reading a file fails after this many bytes.
    Break(u64),
    /// A file's size is said to be this.
    Lie(u64),
}

/// A host whose answers go wrong where they were told to.
pub struct Faulty<H> {
    host: H,
    faults: Vec<(On, What)>,
}

impl<H: Host> Faulty<H> {
    /// `host` with `faults`, the first one that meets a question taking effect.
    pub fn new(host: H, faults: Vec<(On, What)>) -> Self {
        Self { host, faults }
    }

    /// The fault that meets a call.
    fn fault(&self, call: &'static str, place: Option<&str>) -> Option<What> {
        let met = |on: &On| match on {
            On::Everything => true,
            On::Call(name) => *name == call,
            On::Key(key) => {
                call == "key" && place.is_some_and(|place| WinPath::new(place).is_under(&WinPath::new(key)))
            }
            On::File(path) => call != "key" && place.is_some_and(|place| WinPath::new(place).is_under(path)),
        };
        self.faults.iter().find(|(on, _)| met(on)).map(|(_, what)| *what)
    }

    fn ask<T>(&self, call: &'static str, place: Option<&str>, host: impl FnOnce(&H) -> Answer<T>) -> Answer<T> {
        let refusal = match self.fault(call, place) {
            Some(What::Deny) => (State::Denied, "access is denied", 5),
            Some(What::Lock) => (State::Locked, "another program uses it", 32),
            Some(What::Vanish) if !matches!(call, "list" | "stat") => (State::Absent, "it is gone", 2),
            Some(What::Delay(time)) => {
                thread::sleep(time);
                return host(&self.host);
            }
            _ => return host(&self.host),
        };
        let (state, reason, code) = refusal;
        let mut end = Acquisition::ended(state, format!("{}: {reason}", place.unwrap_or(call)));
        end.os_error = Some(code);
        Err(end)
    }

    fn lied(&self, call: &'static str, path: &WinPath, stat: &mut FileStat) {
        if let (Some(What::Lie(size)), false) = (self.fault(call, Some(path.as_str())), stat.folder) {
            stat.size = size;
        }
    }
}

/// Bytes that end, or fail, before their end.
struct Cut {
    bytes: Box<dyn Bytes>,
    at: u64,
    end: u64,
    fail: bool,
}

impl Read for Cut {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        if left == 0 && self.fail {
            return Err(io::Error::other("the disk cannot read this sector"));
        }
        let length = buffer.len().min(left);
        let read = match buffer.get_mut(..length) {
            Some(buffer) => self.bytes.read(buffer)?,
            None => 0,
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Cut {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::End(offset) if !self.fail => {
                self.bytes.seek(SeekFrom::Start(self.end.saturating_add_signed(offset)))?
            }
            to => self.bytes.seek(to)?,
        };
        Ok(self.at)
    }
}

impl<H: Host> Host for Faulty<H> {
    fn info(&self) -> HostInfo {
        self.host.info()
    }

    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn accounts(&self) -> Answer<Vec<Account>> {
        self.ask("accounts", None, H::accounts)
    }

    fn variable(&self, name: &str, user: Option<&str>) -> Answer<String> {
        self.ask("variable", None, |host| host.variable(name, user))
    }

    fn key(&self, root: &Root, path: &str) -> Answer<Key> {
        self.ask("key", Some(path), |host| host.key(root, path))
    }

    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>> {
        let mut children = self.ask("list", Some(folder.as_str()), |host| host.list(folder))?;
        for child in &mut children {
            self.lied("list", &folder.join(&child.name), &mut child.stat);
        }
        Ok(children)
    }

    fn stat(&self, path: &WinPath) -> Answer<FileStat> {
        let mut stat = self.ask("stat", Some(path.as_str()), |host| host.stat(path))?;
        self.lied("stat", path, &mut stat);
        Ok(stat)
    }

    fn resolve(&self, path: &WinPath) -> Answer<WinPath> {
        self.ask("resolve", Some(path.as_str()), |host| host.resolve(path))
    }

    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>> {
        let bytes = self.ask("open", Some(path.as_str()), |host| host.open(path))?;
        let (end, fail) = match self.fault("open", Some(path.as_str())) {
            Some(What::Truncate(end)) => (end, false),
            Some(What::Break(end)) => (end, true),
            _ => return Ok(bytes),
        };
        Ok(Box::new(Cut { bytes, at: 0, end, fail }))
    }

    fn streams(&self, path: &WinPath) -> Answer<Vec<Stream>> {
        self.ask("streams", Some(path.as_str()), |host| host.streams(path))
    }

    fn security(&self, path: &WinPath) -> Answer<(String, Vec<String>)> {
        self.ask("security", Some(path.as_str()), |host| host.security(path))
    }

    fn volumes(&self) -> Answer<Vec<VolumeRecord>> {
        self.ask("volumes", None, H::volumes)
    }

    fn memory(&self) -> Answer<u64> {
        self.ask("memory", None, H::memory)
    }

    fn booted(&self) -> Answer<Timestamp> {
        self.ask("booted", None, H::booted)
    }

    fn updates(&self) -> Answer<Vec<UpdateRecord>> {
        self.ask("updates", None, H::updates)
    }

    fn service_state(&self, name: &str) -> Answer<String> {
        self.ask("service_state", None, |host| host.service_state(name))
    }

    fn processes(&self, dlls: &[&str], programs: &[&str]) -> Answer<ProcessSurvey> {
        self.ask("processes", None, |host| host.processes(dlls, programs))
    }

    fn antivirus(&self) -> Answer<Vec<AntivirusRecord>> {
        self.ask("antivirus", None, H::antivirus)
    }

    fn events(&self, query: &EventQuery) -> Answer<Events> {
        self.ask("events", None, |host| host.events(query))
    }

    fn trust(&self, path: &WinPath) -> Answer<WindowsVerdict> {
        self.ask("trust", Some(path.as_str()), |host| host.trust(path))
    }

    fn tray(&self) -> Answer<Vec<String>> {
        self.ask("tray", None, H::tray)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::disk::DiskHost;

    #[test]
    fn each_fault_shows_where_it_was_put_and_nowhere_else() {
        let guard = tempfile::tempdir().unwrap();
        for name in ["cut", "broken", "locked", "gone", "lied", "good"] {
            std::fs::write(guard.path().join(name), [7; 100]).unwrap();
        }
        let disk = DiskHost::open(guard.path(), Timestamp::UNIX_EPOCH).unwrap();
        let path = |name: &str| WinPath::new(r"C:\").join(name);
        let file = |name: &str, what| (On::File(path(name)), what);
        let host = Faulty::new(
            disk,
            vec![
                file("cut", What::Truncate(10)),
                file("broken", What::Break(10)),
                file("locked", What::Lock),
                file("gone", What::Vanish),
                file("lied", What::Lie(5)),
                (On::Call("memory"), What::Deny),
            ],
        );
        let read = |name: &str| {
            let mut bytes = Vec::new();
            host.open(&path(name)).map(|mut file| file.read_to_end(&mut bytes)).map(|end| (end.is_ok(), bytes.len()))
        };
        assert_eq!(read("cut"), Ok((true, 10)));
        assert_eq!(read("broken"), Ok((false, 10)));
        assert_eq!(read("locked").unwrap_err().state, State::Locked);
        assert_eq!(read("gone").unwrap_err().state, State::Absent);
        assert!(host.stat(&path("gone")).is_ok());
        assert_eq!((host.stat(&path("lied")).unwrap().size, read("lied")), (5, Ok((true, 100))));
        assert_eq!(read("good"), Ok((true, 100)));
        assert_eq!(host.memory().unwrap_err().os_error, Some(5));
        assert_eq!(host.list(&WinPath::new(r"C:\")).unwrap().len(), 6);
    }
}
