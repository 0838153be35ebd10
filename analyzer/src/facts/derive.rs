//! Records out of models: one file a kind. Owns the joins between facts (bitness of Outlook and of the DLL, update and
//! installation dates); reads no member itself.

pub mod addin;
pub mod antivirus;
pub mod bundle;
pub mod cache;
pub mod change;
pub mod connector;
pub mod database;
pub mod disabled_item;
pub mod dll_reference;
pub mod exclusion;
pub mod licence;
pub mod mail_client;
pub mod mapi_stub;
pub mod office;
pub mod process;
pub mod profile;
pub mod registration;
pub mod server_contact;
pub mod service;
pub mod system;
pub mod user;
pub mod volume;

use std::collections::BTreeMap;

use super::{Datum, Table, context::Context, kind, server::Server};
use crate::verdict::Unknown;

/// Every kind that this module builds, by name.
pub(super) fn all(
    cx: &Context<'_>,
    failures: &bundle::Failures,
    server: &Server,
    events: &Table,
) -> BTreeMap<&'static str, Table> {
    BTreeMap::from([
        (kind::CONNECTOR.name, connector::derive(cx, server)),
        (kind::SERVICE.name, service::derive(cx)),
        (kind::OFFICE.name, office::derive(cx)),
        (kind::LICENCE.name, licence::derive(cx)),
        (kind::SYSTEM.name, system::derive(cx, server)),
        (kind::CHANGE.name, change::derive(cx, &failures.any)),
        (kind::ADDIN.name, addin::derive(cx, events)),
        (kind::DISABLED_ITEM.name, disabled_item::derive(cx)),
        (kind::REGISTRATION.name, registration::derive(cx)),
        (kind::MAPI_STUB.name, mapi_stub::derive(cx)),
        (kind::MAIL_CLIENT.name, mail_client::derive(cx)),
        (kind::USER.name, user::derive(cx)),
        (kind::PROFILE.name, profile::derive(cx)),
        (kind::CACHE.name, cache::derive(cx)),
        (kind::DATABASE.name, database::derive(cx)),
        (kind::EXCLUSION.name, exclusion::derive(cx)),
        (kind::ANTIVIRUS.name, antivirus::derive(cx)),
        (kind::VOLUME.name, volume::derive(cx)),
        (kind::PROCESS.name, process::derive(cx)),
        (kind::SERVER_CONTACT.name, server_contact::derive(cx)),
        (kind::DLL_REFERENCE.name, dll_reference::derive(cx)),
        (kind::BUNDLE.name, bundle::derive(cx, failures)),
    ])
}

/// Bytes as whole MiB, rounded down.
pub(super) fn mib(bytes: u64) -> i64 {
    i64::try_from(bytes >> 20).unwrap_or(i64::MAX)
}

/// A table of `records`, gaps sorted and each once.
pub(super) fn table(records: Vec<super::Record>, mut gaps: Vec<Unknown>) -> Table {
    gaps.sort();
    gaps.dedup();
    Table { records, gaps, ..Table::default() }
}

/// "One of these is true", in three values: a certain yes decides, else the first reason.
pub(super) fn any(parts: impl IntoIterator<Item = Result<bool, Unknown>>) -> Result<bool, Unknown> {
    let mut why = None;
    for part in parts {
        match part {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(unknown) => why = why.or(Some(unknown)),
        }
    }
    why.map_or(Ok(false), Err)
}

/// Text of an answer.
pub(super) fn text(answer: &super::raw::Answer<super::raw::Seen<String>>) -> Datum {
    match answer {
        Ok(found) => found.as_ref().map(|seen| seen.value.clone()).into(),
        Err(why) => why.clone().into(),
    }
}
