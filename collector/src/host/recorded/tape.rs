//! The wire form of `recorded.json` and the look-ups in it. fixtures/README.md describes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::Acquisition,
    path::WinPath,
    reading::{Missing, Reading},
    record::{
        AntivirusRecord, EventRecord, ProcessSurvey, ReachRecord, ServiceLicence, Stream, UpdateRecord, VolumeRecord,
        WindowsVerdict,
    },
};
use serde::{Deserialize, Deserializer};

use crate::host::{Answer, EventQuery, Events, Picture, Root, Scene, failed};

/// What a live PC said. A thing that is not on the tape is asked of the disk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tape {
    /// The moment of recording.
    pub(super) now: Timestamp,
    pub(super) elevated: Option<Reading<bool>>,
    /// Name of the account that ran the collector.
    pub(super) current: Option<String>,
    /// Name of the account that owns the desktop.
    pub(super) at_screen: Option<String>,
    pub(super) processes: Option<Reading<ProcessSurvey>>,
    #[serde(default)]
    pub(super) services: BTreeMap<String, Reading<String>>,
    pub(super) volumes: Option<Reading<Vec<VolumeRecord>>>,
    pub(super) memory: Option<Reading<u64>>,
    pub(super) booted: Option<Reading<Timestamp>>,
    pub(super) updates: Option<Reading<Vec<UpdateRecord>>>,
    pub(super) antivirus: Option<Reading<Vec<AntivirusRecord>>>,
    pub(super) firewalls: Option<Reading<Vec<AntivirusRecord>>>,
    /// By name of the licensing service: `sppsvc`, `osppsvc`.
    #[serde(default)]
    pub(super) licences: BTreeMap<String, Reading<Vec<ServiceLicence>>>,
    pub(super) tray: Option<Reading<Vec<String>>>,
    /// Ids of the artifacts that the PC's user agreed to.
    #[serde(default)]
    pub(super) agreed: BTreeSet<String>,
    /// By `server:port`.
    #[serde(default)]
    pub(super) contacts: BTreeMap<String, Reading<ReachRecord>>,
    #[serde(default)]
    pub(super) pictures: Pictures,
    /// By path: which shadow copy has a file that another program keeps to itself. Its bytes are the disk's.
    #[serde(default, deserialize_with = "by_path")]
    pub(super) shadow_copies: BTreeMap<String, Reading<String>>,
    /// By channel.
    #[serde(default)]
    pub(super) events: BTreeMap<String, Reading<Vec<EventRecord>>>,
    /// By path.
    #[serde(default, deserialize_with = "by_path")]
    pub(super) streams: BTreeMap<String, Reading<Vec<Stream>>>,
    #[serde(default, deserialize_with = "by_path")]
    pub(super) security: BTreeMap<String, Reading<(String, Vec<String>)>>,
    #[serde(default, deserialize_with = "by_path")]
    pub(super) trust: BTreeMap<String, Reading<WindowsVerdict>>,
    /// `key HKEY_…\…` or `file C:\…`, each with everything below it.
    #[serde(default)]
    refusals: BTreeMap<String, Missing>,
}

/// What stood on the screen.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pictures {
    outlook: Option<Reading<Plain>>,
    notification_area: Option<Reading<Plain>>,
}

/// A picture of one colour, six hexadecimal digits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plain {
    width: u16,
    height: u16,
    colour: String,
}

impl Pictures {
    /// What is on the tape of `scene`.
    pub(super) fn of(&self, scene: Scene) -> Option<&Reading<Plain>> {
        match scene {
            Scene::Outlook => self.outlook.as_ref(),
            Scene::NotificationArea => self.notification_area.as_ref(),
        }
    }
}

impl Plain {
    /// The picture.
    pub(super) fn drawn(&self) -> Answer<Picture> {
        let number = u32::from_str_radix(&self.colour, 16).ok().filter(|_| self.colour.len() == 6);
        let number = number.ok_or_else(|| failed(format!("colour {:?}: expected six digits", self.colour)))?;
        let [_, red, green, blue] = number.to_be_bytes();
        let pixels = usize::from(self.width) * usize::from(self.height);
        Ok(Picture { width: self.width.into(), height: self.height.into(), rgb: [red, green, blue].repeat(pixels) })
    }
}

/// Paths compare by Windows rules.
fn by_path<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    let map = BTreeMap::<WinPath, T>::deserialize(deserializer)?;
    Ok(map.into_iter().map(|(path, value)| (path.key(), value)).collect())
}

impl Tape {
    /// An error where the recorded PC refused the key.
    pub(super) fn refused_key(&self, root: &Root, path: &str) -> Answer<()> {
        let root = match root {
            Root::Machine => "HKEY_LOCAL_MACHINE",
            Root::User(_) => "HKEY_CURRENT_USER",
        };
        self.refused("key ", &WinPath::new(format!(r"{root}\{path}")))
    }

    /// An error where the recorded PC refused the file or folder.
    pub(super) fn refused_file(&self, path: &WinPath) -> Answer<()> {
        self.refused("file ", path)
    }

    fn refused(&self, what: &str, path: &WinPath) -> Answer<()> {
        let refusals = self.refusals.iter().filter_map(|(place, end)| Some((place.strip_prefix(what)?, end)));
        for (place, end) in refusals {
            if path.is_under(&WinPath::new(place)) {
                let mut refusal = Acquisition::ended(end.missing, end.reason.clone());
                refusal.os_error = end.os_error;
                return Err(refusal);
            }
        }
        Ok(())
    }
}

/// Those of the channel's events that were asked for.
pub(super) fn chosen(mut all: Vec<EventRecord>, query: &EventQuery) -> Events {
    all.retain(|event| {
        let named = query.providers.iter().any(|provider| provider.eq_ignore_ascii_case(&event.provider));
        (query.providers.is_empty() || named) && query.since.is_none_or(|since| event.time >= since)
    });
    all.sort_by_key(|event| (event.time, event.record));
    let over = all.len().saturating_sub(query.limit);
    Events { records: all.split_off(over), damaged: Vec::new(), cut: over > 0 }
}
