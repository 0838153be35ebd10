//! The `profile` kind: one record an Outlook profile.

use koff_bundle::acquisition::State;

use super::table;
use crate::{
    facts::{Datum, Record, Table, context::Context, model::profiles::Profile},
    verdict::Unknown,
};

/// One record a profile that an installed Outlook reads.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let (mut records, mut gaps) = (Vec::new(), cx.users.gaps.clone());
    for user in &cx.users.users {
        let default = super::user::default_profile(cx, user);
        for profile in cx.profiles_of(&user.id) {
            let is_default = default
                .clone()
                .map(|found| found.is_some_and(|seen| seen.value.to_lowercase() == profile.name.to_lowercase()));
            records.push(record(profile).with("default", is_default));
        }
        gaps.extend(cx.profile_gaps(&user.id));
    }
    table(records, gaps)
}

fn record(profile: &Profile) -> Record {
    let why = || profile.gaps.first().cloned().unwrap_or_else(|| Unknown::new(State::NotCollected, &profile.name));
    let connector: Datum = profile.uses_connector().map_or_else(|| why().into(), Into::into);
    let dangling: Datum = match (profile.dangling.is_empty(), profile.gaps.is_empty()) {
        (false, _) => true.into(),
        (true, true) => false.into(),
        (true, false) => why().into(),
    };
    let words: Vec<String> = profile
        .dangling
        .iter()
        .map(|dangling| format!("{} leads to section {}, which does not exist", dangling.place, dangling.section))
        .collect();
    Record::default()
        .with("user", profile.user.as_str())
        .with("name", profile.name.as_str())
        .with("connector", connector)
        .with("dangling", dangling)
        .with("dangling_why", (!words.is_empty()).then(|| words.join("; ")))
        .with("server", profile.server.as_ref().map(|seen| seen.value.clone()))
        .seen(profile.dangling.iter().map(|dangling| dangling.at.clone()))
        .seen(profile.provider_dlls.iter().map(|dll| dll.name.at.clone()))
        .seen(profile.server.iter().map(|seen| seen.at.clone()))
        .seen(profile.at.iter().cloned())
}
