//! From a bundle to all tables: reads what the registry and records say, then logs and events by the PC's own clock and
//! code page, then joins. Owns the order; what a kind
//! means stands with the kind.

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    path::WinPath,
    reader::Bundle,
    reading::Reading,
    record::{FolderRole, UserFolders},
};

use super::{
    Datum, Facts,
    context::Context,
    derive::{self, bundle::Failures},
    dll, failure, kind,
    log::{layout::Layout, scan::Patterns},
    model::locale::Locale,
    raw::{
        altered::{self, Alteration},
        input::Input,
        registry::Scope,
    },
    server::Server,
    streams::{Streams, streams},
};
use crate::{pack::Pack, signature::Trust};

/// What facts are parsed with, besides the bundle.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// The rule pack's tables.
    pub pack: &'a Pack,
    /// Trust anchors; those of the PC's own stores are added from the bundle.
    pub trust: &'a Trust,
    /// Layouts of logs.
    pub layouts: &'a [Layout],
    /// What the rules look for in logs.
    pub patterns: &'a Patterns,
    /// The moment judged, where the bundle tells none (loose evidence) or another is wanted.
    pub at: Option<Timestamp>,
}

impl Facts {
    /// All facts of `bundle`.
    #[must_use]
    pub fn parse(bundle: &Bundle, means: &Means<'_>) -> Self {
        let input = Input::read(bundle);
        let cx = Context::read(&input, means.pack, means.at);
        let locale = Locale::read(&input, &cx.registry);
        let streams = streams(bundle, &locale, means.layouts, means.patterns);
        Self::assemble(&cx, streams, &altered::all(bundle), means)
    }

    /// All facts of `input` and the logs and events read beside it.
    #[must_use]
    pub fn of(input: &Input, streams: Streams, means: &Means<'_>) -> Self {
        Self::assemble(&Context::read(input, means.pack, means.at), streams, &[], means)
    }

    fn assemble(cx: &Context<'_>, streams: Streams, altered: &[Alteration], means: &Means<'_>) -> Self {
        let failures = failures(&streams);
        let server = Server::read(&streams.log).met(&cx.input.rows(Artifact::Reachability));
        let mut tables = derive::all(cx, &failures, &server, &streams.event);
        let dlls = dlls(cx, means);
        tables.insert(kind::DLL.name, dlls.dll);
        tables.insert(kind::DLL_CONFLICT.name, dlls.conflict);
        tables.insert(kind::DLL_LOAD.name, dlls.load);
        tables.insert(kind::ALTERED.name, derive::bundle::altered(cx, altered));
        tables.insert(kind::LOG.name, streams.log);
        tables.insert(kind::EVENT.name, streams.event);
        Self { tables }
    }
}

/// When things first went wrong, and what the connector's own log spans.
fn failures(streams: &Streams) -> Failures {
    let tables = [&streams.event, &streams.log];
    let elsewhere = failure::first(&tables, |record| record.get("source") != &Datum::from("connector"));
    let any = failure::first(&tables, |_| true);
    let why = streams.debug_gaps.first().cloned();
    let present = match why {
        _ if streams.debug_lines > 0 => Ok(true),
        Some(why) if why.state != State::Absent => Err(why),
        _ => Ok(false),
    };
    let elsewhere = elsewhere.map(|failure| failure.map(|failure| failure.time));
    Failures { elsewhere, any, debug_log: present, debug_log_span: Ok(streams.debug_span) }
}

fn dlls(cx: &Context<'_>, means: &Means<'_>) -> dll::Derived {
    let trust = host_trust(cx, means.trust);
    let programs = cx.files.programs.iter().map(|seen| dll::Seen { record: &seen.value, evidence: seen.at.clone() });
    let survey = cx.processes.single();
    let bits = cx.offices.with_outlook().filter_map(|install| install.bitness.clone().ok().flatten());
    let inputs = dll::Inputs {
        programs: programs.collect(),
        program_gaps: cx.files.programs.gaps.clone(),
        processes: survey.map(|seen| dll::Seen { record: &seen.value, evidence: seen.at.clone() }),
        places: places(cx),
        servers: servers(cx),
        office_bitness: bits.collect(),
        trust: &trust,
        at: means.at.or(cx.windows.collected).unwrap_or(cx.input.manifest.started),
        pack: cx.pack,
    };
    dll::derive(&inputs)
}

/// `trust` with the certificates of the PC's own stores and the security catalogues of the bundle. What is broken counts
/// for nothing.
fn host_trust(cx: &Context<'_>, trust: &Trust) -> Trust {
    const ROOTS: [&str; 2] =
        [r"SOFTWARE\Microsoft\SystemCertificates", r"SOFTWARE\Policies\Microsoft\SystemCertificates"];
    let mut trust = trust.clone();
    for root in ROOTS {
        for store in cx.registry.children(&Scope::Machine, root).names {
            let certificates = format!(r"{root}\{store}\Certificates");
            for name in cx.registry.children(&Scope::Machine, &certificates).names {
                let blob = cx.registry.value(&Scope::Machine, &format!(r"{certificates}\{name}"), "Blob");
                if let Ok(Some(seen)) = blob {
                    let _ = trust.add_host(&store, &name, &seen.value.data);
                }
            }
        }
    }
    for entry in cx.input.entries(Artifact::Catalogues) {
        if let Some(member) = cx.input.member(entry) {
            let _ = trust.add_catalogue(WinPath::new(&entry.origin).file_name(), &member.bytes);
        }
    }
    trust
}

/// Kerio's own folders, and the folders of users that were moved.
fn places(cx: &Context<'_>) -> dll::Places {
    let own = &cx.connector;
    let mut kerio: Vec<WinPath> = own.listed.iter().filter_map(|entry| entry.folder.clone()).collect();
    kerio.extend(own.updater_folders.iter().map(|seen| seen.value.clone()));
    let listed = cx.files.folders.iter().filter(|seen| seen.value.role == FolderRole::Program);
    kerio.extend(listed.map(|seen| seen.value.path.clone()));
    kerio.extend(derive::service::all(cx).into_iter().filter_map(|service| service.folder()));
    let staging = cx.users.users.iter().filter_map(|user| user.record.as_ref()).flat_map(|seen| {
        let folders: &UserFolders = &seen.value.folders;
        let place = |reading: &Reading<WinPath>, word: &'static str| reading.value().map(|path| (path.clone(), word));
        [
            place(&folders.temp, "temp"),
            place(&folders.downloads, "downloads"),
            place(&folders.roaming_app_data, "roaming"),
        ]
    });
    dll::Places { kerio, kerio_gaps: own.gaps.clone(), staging: staging.flatten().collect() }
}

/// Servers that the connector's profiles name, lower case.
fn servers(cx: &Context<'_>) -> Vec<String> {
    let profiles = cx.profiles.values().flat_map(|profiles| &profiles.profiles);
    let mut names: Vec<String> =
        profiles.filter_map(|profile| profile.server.as_ref()).map(|seen| seen.value.to_lowercase()).collect();
    names.sort();
    names.dedup();
    names
}
