//! The `user` kind: whose PC it is, profiles, the switch to the new Outlook.

use koff_bundle::{acquisition::State, manifest::HostKind, reading::Reading, record::UserRecord};

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        model::users::User,
        raw::{
            Answer, Seen,
            registry::{Registry, Scope},
            rows::{answer, unknown, untold},
        },
    },
    verdict::Unknown,
};

/// One record a user.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let records = cx.users.users.iter().map(|user| {
        let record = Record::default().with("id", user.id.as_str()).seen(user.at().cloned());
        outlook(cx, user, profiles(cx, user, account(cx, user, record)))
    });
    table(records.collect(), cx.users.gaps.clone())
}

fn account(cx: &Context<'_>, user: &User, record: Record) -> Record {
    let Some(seen) = &user.record else {
        let why = || untold(format!("account of {}", user.id), &cx.users.gaps);
        return record
            .with("name", why())
            .with("sid", why())
            .with("current", why())
            .with("trace_of_connector", super::any([user_trace(cx, user), Err(why())]))
            .with("hive_read", true)
            .with("wrong_hive", why());
    };
    let of = |reading: &Reading<String>, what: &str| answer(reading, &format!("{what} of {}", user.id), &seen.at);
    let hive: Result<bool, Unknown> = match &seen.value.hive {
        Reading::Value(read) => Ok(*read),
        Reading::Missing(missing)
            if matches!(missing.missing, State::Denied | State::Locked | State::Failed | State::Absent) =>
        {
            Ok(false)
        }
        Reading::Missing(missing) => Err(unknown(missing, &format!("registry of {}", user.id), &seen.at)),
    };
    record
        .with("name", of(&seen.value.name, "name"))
        .with("sid", of(&seen.value.sid, "SID"))
        .with("current", seen.value.current)
        .with("trace_of_connector", super::any([Ok(seen.value.trace_of_connector), user_trace(cx, user)]))
        .with("wrong_hive", wrong_hive(cx, user, &seen.value))
        .with("hive_read", hive)
}

fn user_trace(cx: &Context<'_>, user: &User) -> Result<bool, Unknown> {
    let profiles = cx.profiles_of(&user.id).iter().any(|profile| profile.uses_connector() == Some(true));
    Ok(profiles || cx.caches.of(&user.id).any(|cache| cache.folder_exists == Ok(true)))
}

/// On a running PC a person's own registry can always be read: data of somebody whose registry could not be read means
/// that the collector ran as somebody else. On a disk it means that the hive is damaged.
fn wrong_hive(cx: &Context<'_>, user: &User, record: &UserRecord) -> bool {
    let has_data = cx.caches.of(&user.id).any(|cache| cache.exists() == Ok(true));
    let running = matches!(cx.input.manifest.host.kind, HostKind::Live | HostKind::Recorded);
    has_data && running && record.hive.value() != Some(&true)
}

fn profiles(cx: &Context<'_>, user: &User, record: Record) -> Record {
    let all = cx.profiles_of(&user.id);
    let gaps = cx.profile_gaps(&user.id);
    let count = |number: usize| -> Datum {
        if gaps.is_empty() { i64::try_from(number).unwrap_or(i64::MAX).into() } else { Datum::Unknown(gaps.clone()) }
    };
    let using = all.iter().filter(|profile| profile.uses_connector() == Some(true)).count();
    let unclear = all.iter().any(|profile| profile.uses_connector().is_none());
    let using: Datum = match all.iter().flat_map(|profile| profile.gaps.iter()).next() {
        Some(why) if unclear => why.clone().into(),
        _ => count(using),
    };
    let default = default_profile(cx, user);
    let missing: Datum = match &default {
        Err(why) => why.clone().into(),
        Ok(None) => false.into(),
        Ok(Some(seen)) => {
            let there = all.iter().any(|profile| profile.name.to_lowercase() == seen.value.to_lowercase());
            match gaps.first() {
                _ if there => false.into(),
                Some(_) => Datum::Unknown(gaps.clone()),
                None => true.into(),
            }
        }
    };
    let at = default.as_ref().ok().and_then(Option::as_ref).map(|seen| seen.at.clone());
    record
        .with("profiles", count(all.len()))
        .with("connector_profiles", using)
        .with("used_by_other", used_by_other(cx, user))
        .with("default_profile", super::text(&default))
        .with("default_missing", missing)
        .with("connector_installed", cx.connector.installed())
        .seen(at)
        .seen(all.iter().flat_map(|profile| profile.at.iter().cloned()))
}

/// Whether a profile of somebody else has the connector's service.
fn used_by_other(cx: &Context<'_>, user: &User) -> Result<bool, Unknown> {
    let others = cx.users.users.iter().filter(|other| other.id != user.id);
    super::any(others.flat_map(|other| {
        let gaps = cx.profile_gaps(&other.id).into_iter().next().map(Err);
        let told = cx.profiles_of(&other.id).into_iter().map(|profile| {
            let why =
                || profile.gaps.first().cloned().unwrap_or_else(|| Unknown::new(State::NotCollected, &profile.name));
            profile.uses_connector().ok_or_else(why)
        });
        told.chain(gaps).collect::<Vec<_>>()
    }))
}

/// Whether the user's registry shows that Outlook was set up, or there is nobody else whose Outlook this could be.
fn set_up(cx: &Context<'_>, user: &User) -> bool {
    let alone = cx.users.users.len() == 1;
    let current = user.record.as_ref().is_some_and(|seen| seen.value.current);
    alone || current || matches!(default_profile(cx, user), Ok(Some(_)))
}

/// The name of the default profile, by the newest Outlook that the user's registry knows.
pub(super) fn default_profile(cx: &Context<'_>, user: &User) -> Answer<Seen<String>> {
    const SUBSYSTEM: &str = r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles";
    let scope = Scope::User(user.id.clone());
    let majors = cx.offices.majors();
    let reads =
        |test: &dyn Fn(u64) -> bool| majors.as_ref().is_none_or(|majors| majors.iter().any(|major| test(*major)));
    let mut places = Vec::new();
    for (version, major) in [("16.0", 16), ("15.0", 15)] {
        if reads(&|own| own == major) {
            places.push(format!(r"Software\Microsoft\Office\{version}\Outlook"));
        }
    }
    if reads(&|own| own < 15) {
        places.push(SUBSYSTEM.to_owned());
    }
    let mut why = None;
    for place in places {
        match cx.registry.text(&scope, &place, "DefaultProfile") {
            Ok(Some(seen)) if !seen.value.is_empty() => return Ok(Some(seen)),
            Ok(_) => {}
            Err(unknown) => why = why.or(Some(unknown)),
        }
    }
    why.map_or(Ok(None), Err)
}

fn outlook(cx: &Context<'_>, user: &User, record: Record) -> Record {
    let (new, why, at) = new_outlook(&cx.registry, user);
    let uses = super::any([
        user_trace(cx, user),
        Ok(!cx.profiles_of(&user.id).is_empty() || set_up(cx, user)),
        user.record.as_ref().map_or(Ok(false), |seen| Ok(seen.value.trace_of_connector)),
        cx.profile_gaps(&user.id).into_iter().next().map_or(Ok(false), Err),
    ]);
    record.with("uses_outlook", uses).with("new_outlook", new).with("new_outlook_why", why).seen(at)
}

/// Whether the new Outlook is switched on for the user: by the switch itself, not by the invitation to it, or by a policy
/// that sets the switch. A policy that moves users over in time is named where the switch is on: it comes back.
fn new_outlook(registry: &Registry, user: &User) -> (Result<bool, Unknown>, Option<String>, Vec<Evidence>) {
    const KEY: &str = r"Software\Microsoft\Office\16.0\Outlook\Preferences";
    const POLICY: &str = r"Software\Policies\Microsoft\Office\16.0\Outlook\Preferences";
    const OPTIONS: &str = r"Software\Policies\Microsoft\Office\16.0\Outlook\Options\General";
    let own = Scope::User(user.id.clone());
    let switch = |scope: &Scope, key: &str, value: &str| registry.number(scope, key, value);
    let forced =
        [(&own, "HKCU"), (&Scope::Machine, "HKLM")].map(|(scope, root)| (switch(scope, POLICY, "UseNewOutlook"), root));
    let (mut evidence, mut whys, mut unread) = (Vec::new(), Vec::new(), None);
    for (found, root) in forced {
        match found {
            Ok(Some(seen)) if seen.value == 1 => {
                whys.push(format!("{root}\\{POLICY}\\UseNewOutlook is 1, a policy"));
                evidence.push(seen.at);
            }
            Ok(_) => {}
            // A person's policies stand in the person's registry; evidence gathered by hand rarely has any.
            Err(why) if root == "HKLM" || why.state == State::NotCollected => {}
            Err(why) => unread = unread.or(Some(why)),
        }
    }
    match switch(&own, KEY, "UseNewOutlook") {
        Ok(Some(seen)) => {
            if seen.value == 1 {
                whys.push(format!("HKCU\\{KEY}\\UseNewOutlook is 1"));
            }
            evidence.push(seen.at);
        }
        Ok(None) => {}
        Err(why) => unread = Some(why),
    }
    if whys.is_empty() {
        return (unread.map_or(Ok(false), Err), None, evidence);
    }
    if let Ok(Some(seen)) = switch(&own, OPTIONS, "DoNewOutlookAutoMigration")
        && seen.value == 1
    {
        whys.push(format!("HKCU\\{OPTIONS}\\DoNewOutlookAutoMigration is 1, a policy that switches it on again"));
        evidence.push(seen.at);
    }
    (Ok(true), Some(whys.join("; ")), evidence)
}
