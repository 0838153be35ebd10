#![expect(unsafe_code, reason = "Win32 event log functions")]
//! Events of one channel through the event log service, newest first until the limit, with the messages that Windows
//! shows for them. A record that cannot be read is told and skipped.

mod query;

use std::{
    collections::HashMap,
    io,
    ptr::{null, null_mut},
};

use koff_bundle::{
    evtx::{self, Wanted},
    record::EventRecord,
};
use windows_sys::Win32::{
    Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_NO_MORE_ITEMS},
    System::EventLog::{
        EVT_HANDLE, EvtClose, EvtFormatMessage, EvtFormatMessageEvent, EvtNext, EvtOpenPublisherMetadata, EvtQuery,
        EvtQueryReverseDirection, EvtQueryTolerateQueryErrors, EvtRender, EvtRenderEventXml,
    },
};

use super::{
    super::{Answer, EventQuery, Events, unsupported},
    refusal::io_refusal,
    wide::{narrow, wide},
};

/// Events fetched at a time, and how long that may take in milliseconds.
const BATCH: usize = 64;
const PATIENCE: u32 = 5000;

/// An event's XML and its message are at most this long, in UTF-16 units.
const LONGEST: usize = 1 << 20;

/// A handle of the event log, closed on drop.
struct Handle(EVT_HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: opened by us and closed once.
        unsafe { EvtClose(self.0) };
    }
}

pub(super) fn events(query: &EventQuery) -> Answer<Events> {
    let place = format!("event log {}", query.channel);
    let text = wide(query::structured(query));
    // SAFETY: the query is NUL-terminated; a structured query names its channel itself.
    let found = unsafe { EvtQuery(0, null(), text.as_ptr(), EvtQueryReverseDirection | EvtQueryTolerateQueryErrors) };
    if found == 0 {
        let error = io::Error::last_os_error();
        return Err(match error.raw_os_error() {
            Some(0) => unsupported(format!("{place}: this Windows has no event log service")),
            _ => io_refusal(&error, &place),
        });
    }
    let found = Handle(found);
    let mut publishers = Publishers::default();
    let mut events = Events::default();
    loop {
        let batch = next(&found).map_err(|error| io_refusal(&error, &place))?;
        if batch.is_empty() {
            break;
        }
        for event in batch {
            if events.records.len() >= query.limit {
                events.cut = true;
                break;
            }
            match record(&event, &mut publishers) {
                Ok(record) => events.records.push(record),
                Err(damage) => events.damaged.push(damage),
            }
        }
        if events.cut {
            break;
        }
    }
    events.records.reverse();
    Ok(events)
}

fn next(found: &Handle) -> io::Result<Vec<Handle>> {
    let mut handles = [0_isize; BATCH];
    let mut count = 0;
    // SAFETY: the array is as long as said; every handle returned is ours to close.
    let done = unsafe { EvtNext(found.0, BATCH as u32, handles.as_mut_ptr(), PATIENCE, 0, &raw mut count) };
    if done == 0 {
        let error = io::Error::last_os_error();
        let end = error.raw_os_error() == Some(ERROR_NO_MORE_ITEMS.cast_signed());
        return if end { Ok(Vec::new()) } else { Err(error) };
    }
    Ok(handles.into_iter().take(count as usize).map(Handle).collect())
}

fn record(event: &Handle, publishers: &mut Publishers) -> Result<EventRecord, String> {
    let xml = rendered(event).map_err(|error| format!("an event could not be rendered: {error}"))?;
    let mut parsed = evtx::read_xml(xml.as_bytes(), &Wanted::default());
    let mut record = parsed.records.pop().ok_or_else(|| {
        parsed.damaged.pop().unwrap_or_else(|| "an event was rendered as something that is none".to_owned())
    })?;
    record.message = publishers.message(&record.provider, event);
    Ok(record)
}

fn rendered(event: &Handle) -> io::Result<String> {
    let mut buffer = vec![0_u16; 4096];
    let (mut used, mut properties) = (0, 0);
    loop {
        let size = (buffer.len() * 2) as u32;
        let target = buffer.as_mut_ptr().cast();
        // SAFETY: the buffer is as long in bytes as said.
        let done =
            unsafe { EvtRender(0, event.0, EvtRenderEventXml, size, target, &raw mut used, &raw mut properties) };
        if done != 0 {
            return Ok(narrow(&buffer));
        }
        let error = io::Error::last_os_error();
        let wanted = used as usize / 2 + 1;
        if error.raw_os_error() != Some(ERROR_INSUFFICIENT_BUFFER.cast_signed()) || wanted > LONGEST {
            return Err(error);
        }
        buffer.resize(wanted, 0);
    }
}

/// Message tables of providers, opened once each; `None` for a provider that has none on this PC.
#[derive(Default)]
struct Publishers(HashMap<String, Option<Handle>>);

impl Publishers {
    fn message(&mut self, provider: &str, event: &Handle) -> Option<String> {
        let publisher = self.0.entry(provider.to_owned()).or_insert_with(|| {
            let name = wide(provider);
            // SAFETY: the name is NUL-terminated; null stands for this PC's registered table, 0 for its language.
            let handle = unsafe { EvtOpenPublisherMetadata(0, name.as_ptr(), null(), 0, 0) };
            (handle != 0).then_some(Handle(handle))
        });
        formatted(publisher.as_ref()?, event)
    }
}

fn formatted(publisher: &Handle, event: &Handle) -> Option<String> {
    let mut buffer = vec![0_u16; 2048];
    loop {
        let (size, mut used) = (buffer.len() as u32, 0);
        let target = buffer.as_mut_ptr();
        // SAFETY: the buffer is as long in units as said; no insertion values are given, the event brings its own.
        let done = unsafe {
            EvtFormatMessage(publisher.0, event.0, 0, 0, null_mut(), EvtFormatMessageEvent, size, target, &raw mut used)
        };
        if done != 0 {
            return Some(narrow(&buffer).trim_end().to_owned()).filter(|text| !text.is_empty());
        }
        let wanted = used as usize;
        if wanted <= buffer.len() || wanted > LONGEST {
            return None;
        }
        buffer.resize(wanted, 0);
    }
}
