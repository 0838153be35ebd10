//! Event logs of a disk: the `.evtx` file of a channel.

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
};

use super::DiskHost;
use crate::host::{Answer, EventQuery, Events, Host};

/// Where a channel's log lies: `/` in its name is `%4` in the file's.
pub(super) fn file(host: &DiskHost, channel: &str) -> WinPath {
    let logs = host.expand(r"%SystemRoot%\System32\winevt\Logs", None);
    WinPath::new(logs).join(format!("{}.evtx", channel.replace('/', "%4")))
}

/// Events of one channel, newest kept, in order of time.
pub(super) fn events(host: &DiskHost, query: &EventQuery) -> Answer<Events> {
    let file = file(host, &query.channel);
    host.stat(&file)?;
    Err(Acquisition::ended(State::Failed, format!("{file}: event logs are not read yet")))
}
