//! A host with faults put in on purpose: it hangs, delays, refuses, forgets, breaks off or lies where it is told to, and
//! is honest everywhere else. The only one of its kind.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
    thread,
    time::Duration,
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::HostInfo,
    path::WinPath,
    record::{
        AntivirusRecord, FileStat, ProcessSurvey, ReachRecord, ServiceLicence, Stream, UpdateRecord, VolumeRecord,
        WindowsVerdict,
    },
    registry::Key,
};
use koff_collect::host::{
    Account, Answer, Bytes, Child, EventQuery, Events, Host, Picture, Root, Scene, licensing::Licensing,
};

/// Which questions a fault meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum On {
    /// Questions of this name, as the methods of [`Host`] are called.
    Call(&'static str),
    /// Keys at and below this path (`SOFTWARE\…`), of any root.
    Key(&'static str),
    /// Files and folders at and below this path.
    File(&'static str),
    /// All of them.
    Everything,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The answer comes this much later.
    Delay(Duration),
    /// It ends in this state.
    End(State),
    /// It is gone by the time it is asked for, although it is listed.
    Vanish,
    /// The implementation panics.
    Panic,
    /// A file ends after so many bytes, whatever its size says.
    Truncate(u64),
    /// Reading a file fails after so many bytes.
    Break(u64),
    /// A file's size is told as this.
    Lie(u64),
    /// Another program keeps files to itself, and a shadow copy has them.
    Shadow,
}

/// Does not come back in the time of any test.
pub(crate) const HANG: Fault = Fault::Delay(Duration::from_secs(3600));

/// `inner` with one fault.
pub(crate) struct Faulty {
    pub(crate) inner: Arc<dyn Host>,
    pub(crate) fault: Fault,
    pub(crate) on: On,
}

impl Faulty {
    fn meets(&self, call: &str, place: Option<&str>) -> bool {
        let below = |top: &str| place.is_some_and(|place| WinPath::new(place).is_under(&WinPath::new(top)));
        match &self.on {
            On::Call(name) => *name == call,
            On::Key(key) => call == "key" && below(key),
            On::File(path) => call != "key" && below(path),
            On::Everything => true,
        }
    }

    fn gate(&self, call: &str, place: Option<&str>) -> Answer<()> {
        if !self.meets(call, place) {
            return Ok(());
        }
        match self.fault {
            Fault::Delay(time) => thread::sleep(time),
            Fault::End(state) => return Err(Acquisition::ended(state, "a fault put in by the test")),
            Fault::Vanish if !matches!(call, "list" | "stat") => {
                return Err(Acquisition::ended(State::Absent, "it is gone"));
            }
            Fault::Shadow if call == "open" => {
                return Err(Acquisition::ended(State::Locked, "another program holds it open"));
            }
            Fault::Panic => panic!("a fault put in by the test"),
            Fault::Vanish | Fault::Shadow | Fault::Truncate(_) | Fault::Break(_) | Fault::Lie(_) => {}
        }
        Ok(())
    }

    fn told(&self, call: &str, path: &WinPath, stat: FileStat) -> FileStat {
        match self.fault {
            Fault::Lie(size) if !stat.folder && self.meets(call, Some(path.as_str())) => FileStat { size, ..stat },
            _ => stat,
        }
    }
}

macro_rules! gated {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty => $place:expr;)*) => {
        $(fn $name(&self, $($arg: $ty),*) -> Answer<$ret> {
            self.gate(stringify!($name), $place)?;
            self.inner.$name($($arg),*)
        })*
    };
}

impl Host for Faulty {
    fn info(&self) -> HostInfo {
        // Nothing but hanging and breaking can go wrong here: it has no way to refuse.
        let _ = self.gate("info", None);
        self.inner.info()
    }

    fn is_running(&self) -> bool {
        self.inner.is_running()
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>> {
        self.gate("list", Some(folder.as_str()))?;
        let children = self.inner.list(folder)?.into_iter();
        Ok(children
            .map(|child| {
                let stat = self.told("list", &folder.join(&child.name), child.stat.clone());
                Child { stat, ..child }
            })
            .collect())
    }

    fn stat(&self, path: &WinPath) -> Answer<FileStat> {
        self.gate("stat", Some(path.as_str()))?;
        Ok(self.told("stat", path, self.inner.stat(path)?))
    }

    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>> {
        self.gate("open", Some(path.as_str()))?;
        let bytes = self.inner.open(path)?;
        let (end, fail) = match self.fault {
            Fault::Truncate(end) => (end, false),
            Fault::Break(end) => (end, true),
            _ => return Ok(bytes),
        };
        Ok(if self.meets("open", Some(path.as_str())) { Box::new(Cut { bytes, at: 0, end, fail }) } else { bytes })
    }

    fn shadowed(&self, path: &WinPath) -> Answer<(Box<dyn Bytes>, String)> {
        self.gate("shadowed", Some(path.as_str()))?;
        match self.fault {
            Fault::Shadow => Ok((self.inner.open(path)?, r"the shadow copy 3 of C:\".to_owned())),
            _ => self.inner.shadowed(path),
        }
    }

    fn key(&self, root: &Root, path: &str) -> Answer<Key> {
        self.gate("key", Some(path))?;
        self.inner.key(root, path)
    }

    gated! {
        fn accounts() -> Vec<Account> => None;
        fn variable(name: &str, user: Option<&str>) -> String => None;
        fn resolve(path: &WinPath) -> WinPath => Some(path.as_str());
        fn streams(path: &WinPath) -> Vec<Stream> => Some(path.as_str());
        fn security(path: &WinPath) -> (String, Vec<String>) => Some(path.as_str());
        fn volumes() -> Vec<VolumeRecord> => None;
        fn memory() -> u64 => None;
        fn booted() -> Timestamp => None;
        fn updates() -> Vec<UpdateRecord> => None;
        fn service_state(name: &str) -> String => None;
        fn processes(dlls: &[&str], programs: &[&str]) -> ProcessSurvey => None;
        fn antivirus() -> Vec<AntivirusRecord> => None;
        fn firewalls() -> Vec<AntivirusRecord> => None;
        fn licences(licensing: Licensing) -> Vec<ServiceLicence> => None;
        fn events(query: &EventQuery) -> Events => None;
        fn trust(path: &WinPath) -> WindowsVerdict => Some(path.as_str());
        fn tray() -> Vec<String> => None;
        fn reach(server: &str, port: u16, encrypted: bool) -> ReachRecord => None;
        fn picture(scene: Scene) -> Picture => None;
    }
}

/// Bytes that end, or fail, before their end, and tell the size they had.
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
            return Err(io::Error::other("the disk does not answer"));
        }
        let most = buffer.len().min(left);
        let got = self.bytes.read(&mut buffer[..most])?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Cut {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.at = self.bytes.seek(place)?;
        Ok(self.at)
    }
}
