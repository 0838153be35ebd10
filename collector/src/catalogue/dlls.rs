//! The connector's DLLs themselves: only where the person asked for them, and then every copy in a password zip. And the
//! security catalogues that sign a copy.

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
};

use crate::source::{Budget, Context, Job, Want, catalogues as cat, programs};

/// One entry a catalogue that signs a connector DLL or lies beside one; else one entry that says that there is none.
pub(super) fn catalogues(context: &Context, budget: &Budget) -> Vec<Job> {
    let artifact = Artifact::Catalogues;
    let job = |name: String, origin: &str, want: Want| Job {
        name,
        artifact,
        user: None,
        origin: origin.to_owned(),
        method: "file",
        want,
    };
    match cat::find(context, budget) {
        Err(end) => vec![job(artifact.id().to_owned(), "catalogues of connector DLLs", Want::Nothing(end))],
        Ok(found) => {
            let jobs = found.into_iter().enumerate().map(|(place, path)| {
                let name = format!("files/catalogues/{:02}.cat", place + 1);
                job(name, path.as_str(), Want::Catalogue(path.clone()))
            });
            jobs.collect()
        }
    }
}

/// One entry a copy; without `--include-dll` one entry that says so.
pub(super) fn whole(context: &Context, budget: &Budget) -> Vec<Job> {
    let artifact = Artifact::ConnectorDlls;
    let job = |name: String, origin: &str, user: Option<String>, want: Want| Job {
        name,
        artifact,
        user,
        origin: origin.to_owned(),
        method: "file",
        want,
    };
    if !context.plan.agreed.contains(&artifact) {
        let end = Acquisition::ended(State::Skipped, "collected with --include-dll only");
        return vec![job(artifact.id().to_owned(), "connector DLLs", None, Want::Nothing(end))];
    }
    let found = programs::connector_dlls(context, budget);
    if found.is_empty() {
        let end = crate::host::absent("no connector DLL was found");
        return vec![job(artifact.id().to_owned(), "connector DLLs", None, Want::Nothing(end))];
    }
    let jobs = found.into_iter().enumerate().map(|(place, path)| {
        let name = format!("files/connector-dlls/{:02}-{}.zip", place + 1, path.file_name().to_lowercase());
        job(name, path.as_str(), context.survey.owner(&path), Want::Program(path.clone()))
    });
    jobs.collect()
}
