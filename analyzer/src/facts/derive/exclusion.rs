//! The `exclusion` kind: the folders that the vendor wants excluded, each against Defender's lists.

use koff_bundle::{acquisition::State, path::WinPath};

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        model::{cache::DATA, users::User},
        names::is_kerio,
        raw::files::is_under,
    },
    verdict::Unknown,
};

/// A folder to be excluded.
struct Wanted {
    role: &'static str,
    folder: WinPath,
    user: Option<String>,
    at: Vec<Evidence>,
}

/// One record a folder of this PC.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let other = super::antivirus::third_party(cx);
    let records = wanted(cx).into_iter().map(|wanted| {
        let covering = cx.exclusions.covering(&wanted.folder);
        let excluded: Datum = match (&other, covering, cx.exclusions.gaps.first()) {
            (Ok(Some(product)), ..) => Unknown::new(State::NotCollected, format!("exclusions of {product}")).into(),
            (_, Some(_), _) => true.into(),
            (_, None, Some(_)) => Datum::Unknown(cx.exclusions.gaps.clone()),
            (_, None, None) => false.into(),
        };
        let somebody =
            wanted.user.as_deref().filter(|_| covering.is_none()).and_then(|user| others(cx, user, &wanted.folder));
        let only: Datum = match (&excluded, &somebody) {
            (Datum::Bool(false), found) => found.is_some().into(),
            (Datum::Unknown(_), _) => excluded.clone(),
            _ => false.into(),
        };
        Record::default()
            .with("role", wanted.role)
            .with("folder", wanted.folder.as_str())
            .with("user", wanted.user)
            .with("excluded", excluded)
            .with("by", covering.map(|seen| seen.value.clone()))
            .with("other_user_only", only)
            .with("other", somebody.map(|seen| seen.value.clone()))
            .seen(covering.or(somebody).map(|seen| seen.at.clone()))
            .seen(wanted.at)
    });
    let mut records: Vec<Record> = records.collect();
    let Err(why) = cx.connector.installed() else { return table(records, Vec::new()) };
    // Where nobody can tell whether there is a program folder, there may be one that is not excluded.
    if records.is_empty() {
        return table(records, vec![why]);
    }
    if !records.iter().any(|record| *record.get("role") == Datum::from("program")) {
        let unclear = Record::default().with("role", "program").with("folder", why.clone());
        records.push(unclear.with("excluded", why.clone()).with("by", why));
    }
    table(records, Vec::new())
}

fn wanted(cx: &Context<'_>) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for seen in &cx.connector.folders {
        all.push(Wanted { role: "program", folder: seen.value.clone(), user: None, at: vec![seen.at.clone()] });
    }
    if all.is_empty()
        && let Some(listed) = cx.connector.listed.iter().find(|entry| entry.folder.is_some())
    {
        let folder = listed.folder.clone().unwrap_or_else(|| WinPath::new(""));
        all.push(Wanted { role: "program", folder, user: None, at: vec![listed.name.at.clone()] });
    }
    for user in cx.users.users.iter().filter(|user| is_concerned(cx, user)) {
        let Ok(local) = user.local_app_data() else { continue };
        let at = cx.caches.of(&user.id).flat_map(|cache| cache.at.iter().cloned()).take(1).collect();
        all.push(Wanted { role: "data", folder: local.join(DATA), user: Some(user.id.clone()), at });
    }
    for seen in &cx.connector.updater_folders {
        all.push(Wanted { role: "updater", folder: seen.value.clone(), user: None, at: vec![seen.at.clone()] });
    }
    all
}

/// Whether the user has the connector's data, or a profile that will make some.
fn is_concerned(cx: &Context<'_>, user: &User) -> bool {
    cx.caches.of(&user.id).next().is_some()
        || cx.profiles_of(&user.id).iter().any(|profile| profile.uses_connector() == Some(true))
}

/// An entry that is the data folder of another user than `user`.
fn others<'a>(cx: &'a Context<'_>, user: &str, folder: &WinPath) -> Option<&'a crate::facts::raw::Seen<String>> {
    let home = cx.users.get(user).and_then(|own| own.record.as_ref()).map(|seen| seen.value.profile.clone());
    let theirs: Vec<WinPath> = cx
        .users
        .users
        .iter()
        .filter(|other| other.id != user)
        .filter_map(|other| other.local_app_data().ok().map(|local| local.join(DATA)))
        .collect();
    cx.exclusions.entries.iter().find(|entry| {
        let path = WinPath::new(&entry.value);
        let known = theirs.iter().any(|own| is_under(own, &path) || is_under(&path, own));
        // A data folder of somebody whom the bundle does not know: same shape, other profile folder.
        let shape = is_kerio(path.as_str())
            && path.key().contains(r"\appdata\local\")
            && !is_under(&path, folder)
            && path.parts().count() > 3;
        let own = home.as_ref().is_some_and(|home| is_under(&path, home));
        (known || shape) && !own && !is_under(folder, &path) && is_kerio(path.as_str())
    })
}
