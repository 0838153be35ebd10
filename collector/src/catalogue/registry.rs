//! Which registry keys are exported, one `.reg` file a key. Keys that do not exist are planned too: their absence is
//! what tells "certainly not there" from "not looked at". Names keys only; reads none but add-in registrations.

use koff_bundle::{
    artifact::Artifact,
    registry::{Key, Value},
};

use crate::{
    host::Root,
    source::{
        Context, Job, Want,
        registry::{Keep, full},
        survey,
    },
};

mod keys;

use keys::{KEYS, Scope};

/// At most so many add-ins are looked up in `Classes`.
const ADDINS: usize = 64;

/// The keys of one artifact, for the machine and each person, as the table names them.
pub(super) fn named(artifact: Artifact, context: &Context) -> Vec<Job> {
    let mut jobs = Vec::new();
    for spec in KEYS.iter().filter(|spec| spec.artifact == artifact) {
        for (root, user) in roots(spec.scope(), context) {
            jobs.extend(spec.keys().iter().map(|key| job(artifact, &root, user.as_deref(), key, spec.keep)));
        }
    }
    jobs
}

/// The same, and one entry that says why there is none.
pub(super) fn jobs(artifact: Artifact, context: &Context) -> Vec<Job> {
    let mut jobs = named(artifact, context);
    if jobs.is_empty() {
        // Only people's keys, and no people.
        let end = context.survey.no_people.clone().unwrap_or_else(|| crate::host::absent("nobody uses this host"));
        jobs.push(Job {
            name: artifact.id().to_owned(),
            artifact,
            user: None,
            origin: r"HKEY_CURRENT_USER".to_owned(),
            method: "registry tree",
            want: Want::Nothing(end),
        });
    }
    jobs
}

fn roots(scope: Scope, context: &Context) -> Vec<(Root, Option<String>)> {
    match scope {
        Scope::Machine => vec![(Root::Machine, None)],
        Scope::User => {
            let people = context.survey.people.iter();
            people.map(|person| (survey::registry(person), Some(person.record.id.clone()))).collect()
        }
    }
}

fn job(artifact: Artifact, root: &Root, user: Option<&str>, key: &str, keep: Option<Keep>) -> Job {
    let (method, want) = match keep {
        None => ("registry values", Want::Values { root: root.clone(), key: key.to_owned() }),
        Some(keep) => {
            let method = if matches!(keep, Keep::All) { "registry tree" } else { "registry tree, filtered" };
            (method, Want::Tree { root: root.clone(), key: key.to_owned(), keep })
        }
    };
    Job {
        name: format!("registry/{}/{}.reg", user.unwrap_or("machine"), slug(key)),
        artifact,
        user: user.map(str::to_owned),
        origin: full(root, key),
        method,
        want,
    }
}

/// A key as a file name: lower-case letters, digits and dots kept, everything else a dash; `SOFTWARE\` left out.
fn slug(key: &str) -> String {
    let key = key.to_lowercase();
    let key = key.strip_prefix(r"software\").unwrap_or(&key);
    let dashed: String = key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let mut slug = String::with_capacity(dashed.len());
    for c in dashed.chars() {
        if !(c == '-' && slug.ends_with('-')) {
            slug.push(c);
        }
    }
    slug.trim_matches('-').to_owned()
}

/// Where servers of add-ins may be registered, without a look at which there are.
pub(super) fn classes(context: &Context) -> Vec<Job> {
    let homes = [(Scope::Machine, r"SOFTWARE\Classes"), (Scope::User, r"Software\Classes")];
    let homes =
        homes.into_iter().flat_map(|(scope, key)| roots(scope, context).into_iter().map(move |root| (root, key)));
    homes
        .map(|((root, user), key)| job(Artifact::RegistryComServers, &root, user.as_deref(), key, Some(Keep::All)))
        .collect()
}

/// Where the server of each registered Outlook add-in lives: its ProgID, and its class in both views.
pub(super) fn com_servers(context: &Context) -> Vec<Job> {
    let host = context.host.as_ref();
    let mut jobs: Vec<Job> = Vec::new();
    let mut plan = |root: &Root, user: Option<&str>, key: String| {
        let job = job(Artifact::RegistryComServers, root, user, &key, Some(Keep::All));
        if !jobs.iter().any(|known| known.name == job.name) {
            jobs.push(job);
        }
    };
    for prog_id in prog_ids(context) {
        let mut homes = vec![(Root::Machine, None, "SOFTWARE")];
        for person in &context.survey.people {
            homes.push((survey::registry(person), Some(person.record.id.as_str()), "Software"));
        }
        for (root, user, software) in homes {
            let key = format!(r"{software}\Classes\{prog_id}");
            let class = host.key(&root, &format!(r"{key}\CLSID")).ok().as_ref().and_then(default_text);
            // A person's own registration is the exception: planned only where there is one.
            if user.is_some() && class.is_none() {
                continue;
            }
            plan(&root, user, key);
            if let Some(class) = class.filter(|class| class.starts_with('{') && class.ends_with('}')) {
                plan(&root, user, format!(r"{software}\Classes\CLSID\{class}"));
                plan(&root, user, format!(r"{software}\Classes\WOW6432Node\CLSID\{class}"));
            }
        }
    }
    if jobs.is_empty() {
        jobs.push(Job {
            name: Artifact::RegistryComServers.id().to_owned(),
            artifact: Artifact::RegistryComServers,
            user: None,
            origin: r"HKEY_LOCAL_MACHINE\SOFTWARE\Classes".to_owned(),
            method: "registry tree, filtered",
            want: Want::Nothing(crate::host::absent("no Outlook add-in is registered")),
        });
    }
    jobs
}

fn default_text(key: &Key) -> Option<String> {
    key.value("").and_then(Value::text).map(|text| text.trim().to_owned())
}

/// ProgIDs of every add-in registered for Outlook, sorted.
fn prog_ids(context: &Context) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for spec in KEYS.iter().filter(|spec| spec.artifact == Artifact::RegistryAddins) {
        for ((root, _), key) in
            roots(spec.scope(), context).iter().flat_map(|root| spec.keys().into_iter().map(move |key| (root, key)))
        {
            found.extend(context.host.key(root, &key).map(|key| key.subkeys).unwrap_or_default());
        }
    }
    found.retain(|name| !name.contains('\\'));
    found.sort_by_key(|name| name.to_lowercase());
    found.dedup_by_key(|name| name.to_lowercase());
    found.truncate(ADDINS);
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_has_a_file_name_of_its_own() {
        let mut names = BTreeSet::new();
        for spec in KEYS {
            for key in spec.keys() {
                assert!(names.insert((spec.scope() == Scope::User, slug(&key))), "{key} stands twice");
            }
        }
        assert_eq!(
            slug(r"SOFTWARE\WOW6432Node\Microsoft\Windows Messaging Subsystem"),
            "wow6432node-microsoft-windows-messaging-subsystem"
        );
        assert_eq!(slug(r"SOFTWARE\Classes\CLSID\{AB-1}"), "classes-clsid-ab-1");
    }
}
