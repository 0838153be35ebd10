//! Event logs of a disk: the `.evtx` file of a channel.

use koff_bundle::{
    acquisition::{Acquisition, State},
    evtx::{self, Wanted},
    path::WinPath,
};

use super::DiskHost;
use crate::host::{Answer, EventQuery, Events, Host};

/// Where a channel's log lies: `/` in its name is `%4` in the file's.
fn file(host: &DiskHost, channel: &str) -> WinPath {
    let logs = host.expand(r"%SystemRoot%\System32\winevt\Logs", None);
    WinPath::new(logs).join(format!("{}.evtx", channel.replace('/', "%4")))
}

/// Events of one channel, the newest kept, in order of time.
pub(super) fn events(host: &DiskHost, query: &EventQuery) -> Answer<Events> {
    let file = file(host, &query.channel);
    let bytes = host.open(&file)?;
    let wanted = Wanted { providers: query.providers.clone(), since: query.since, limit: query.limit };
    match evtx::read(file.as_str(), bytes, &wanted) {
        Ok(evtx::Events { records, damaged, cut }) => Ok(Events { records, damaged, cut }),
        Err(error) => Err(Acquisition::ended(State::Failed, error.to_string())),
    }
}
