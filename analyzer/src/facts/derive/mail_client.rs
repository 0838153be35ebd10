//! The `mail-client` kind: the default mail program of each user, or of the machine.

use super::table;
use crate::{
    facts::{
        Record, Table,
        context::Context,
        raw::{Answer, Seen, registry::Scope},
    },
    verdict::Unknown,
};

const USER: &str = r"Software\Clients\Mail";
const MACHINE: &str = r"SOFTWARE\Clients\Mail";

/// One record a user; one without user where the bundle knows none.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let machine = set(cx.registry.text(&Scope::Machine, MACHINE, ""));
    let mut records: Vec<Record> = cx
        .users
        .users
        .iter()
        .map(|user| {
            let own = set(cx.registry.text(&Scope::User(user.id.clone()), USER, ""));
            let found = match own {
                Ok(None) => machine.clone(),
                own => own,
            };
            record(found).with("user", user.id.as_str())
        })
        .collect();
    if records.is_empty() {
        records.push(record(machine));
    }
    table(records, Vec::new())
}

/// An empty default value is none.
fn set(answer: Answer<Seen<String>>) -> Answer<Seen<String>> {
    Ok(answer?.filter(|seen| !seen.value.trim().is_empty()))
}

fn record(found: Result<Option<Seen<String>>, Unknown>) -> Record {
    let is_outlook = found.clone().map(|found| found.map(|seen| seen.value.eq_ignore_ascii_case("Microsoft Outlook")));
    let at = found.as_ref().ok().and_then(Option::as_ref).map(|seen| seen.at.clone());
    Record::default().with("name", super::text(&found)).with("is_outlook", is_outlook).seen(at)
}
