//! A host with faults put in on purpose: it hangs, refuses, forgets, breaks off or lies where it is told to, and is
//! honest everywhere else.

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
    record::{AntivirusRecord, FileStat, ProcessSurvey, Stream, UpdateRecord, VolumeRecord, WindowsVerdict},
    registry::Key,
};
use koff_collect::host::{Account, Answer, Bytes, Child, EventQuery, Events, Host, Root};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call does not come back.
    Hang,
    /// It ends in this state.
    End(State),
    /// The implementation panics.
    Panic,
    /// Files break off with an error after so many bytes.
    Break(usize),
    /// Sizes are told ten times too large.
    Lie,
}

/// `inner` with `fault` in the method called `on`.
pub(crate) struct Faulty {
    pub(crate) inner: Arc<dyn Host>,
    pub(crate) fault: Fault,
    pub(crate) on: &'static str,
}

impl Faulty {
    fn gate(&self, method: &str) -> Answer<()> {
        if method != self.on {
            return Ok(());
        }
        match self.fault {
            Fault::Hang => {
                thread::sleep(Duration::from_secs(3600));
                Ok(())
            }
            Fault::End(state) => Err(Acquisition::ended(state, "a fault put in by the test")),
            Fault::Panic => panic!("a fault put in by the test"),
            Fault::Break(_) | Fault::Lie => Ok(()),
        }
    }

    fn grown(&self, stat: FileStat) -> FileStat {
        let size = if self.fault == Fault::Lie { stat.size * 10 } else { stat.size };
        FileStat { size, ..stat }
    }
}

macro_rules! gated {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        $(fn $name(&self, $($arg: $ty),*) -> Answer<$ret> {
            self.gate(stringify!($name))?;
            self.inner.$name($($arg),*)
        })*
    };
}

impl Host for Faulty {
    fn info(&self) -> HostInfo {
        // Nothing but hanging and breaking can go wrong here: it has no way to refuse.
        let _ = self.gate("info");
        self.inner.info()
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>> {
        self.gate("list")?;
        let children = self.inner.list(folder)?.into_iter();
        Ok(children.map(|child| Child { stat: self.grown(child.stat.clone()), ..child }).collect())
    }

    fn stat(&self, path: &WinPath) -> Answer<FileStat> {
        self.gate("stat")?;
        Ok(self.grown(self.inner.stat(path)?))
    }

    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>> {
        self.gate("open")?;
        let bytes = self.inner.open(path)?;
        match self.fault {
            Fault::Break(after) if self.on == "open" => Ok(Box::new(Breaking { bytes, left: after })),
            _ => Ok(bytes),
        }
    }

    gated! {
        fn accounts() -> Vec<Account>;
        fn variable(name: &str, user: Option<&str>) -> String;
        fn key(root: &Root, path: &str) -> Key;
        fn resolve(path: &WinPath) -> WinPath;
        fn streams(path: &WinPath) -> Vec<Stream>;
        fn security(path: &WinPath) -> (String, Vec<String>);
        fn volumes() -> Vec<VolumeRecord>;
        fn memory() -> u64;
        fn booted() -> Timestamp;
        fn updates() -> Vec<UpdateRecord>;
        fn service_state(name: &str) -> String;
        fn processes(dlls: &[&str], programs: &[&str]) -> ProcessSurvey;
        fn antivirus() -> Vec<AntivirusRecord>;
        fn events(query: &EventQuery) -> Events;
        fn trust(path: &WinPath) -> WindowsVerdict;
        fn tray() -> Vec<String>;
    }
}

/// A file on a disk that fails.
struct Breaking {
    bytes: Box<dyn Bytes>,
    left: usize,
}

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("the disk does not answer"));
        }
        let most = buffer.len().min(self.left);
        let got = self.bytes.read(&mut buffer[..most])?;
        self.left -= got;
        Ok(got)
    }
}

impl Seek for Breaking {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(place)
    }
}
