//! What the window lets happen, done with the same parts as the command line.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;

use super::{deliver::deliver, door, place, sending::Sending, words};
use crate::{
    collect::{Look, Planned, Session, Watch},
    error::{Error, Result},
    host::Answer,
    messages::Messages,
    plan::Plan,
    source::Job,
    window::{Chosen, Errand, Written},
};

/// Bytes of an entry that are shown.
const SHOWN: u64 = 512 << 10;

/// An errand as the options say.
pub(super) struct Desk {
    root: Option<PathBuf>,
    output: Option<PathBuf>,
    plan: Arc<Plan>,
    sending: Sending,
    messages: Messages,
    /// The machine, once somebody has looked around, and the folders that take a bundle.
    session: Option<(Session, Vec<PathBuf>)>,
}

impl Desk {
    pub(super) fn new(
        root: Option<PathBuf>,
        output: Option<PathBuf>,
        plan: Arc<Plan>,
        sending: Sending,
        messages: Messages,
    ) -> Self {
        Self { root, output, plan, sending, messages, session: None }
    }
}

impl Errand for Desk {
    fn survey(&mut self) -> Result<Vec<(Planned, u64)>> {
        let (host, kind) = door::open(self.root.as_deref(), self.plan.clock)?;
        let session = Session::open(&host, &self.plan, kind)?;
        let estimate = |planned: &Planned| planned.jobs.iter().map(|job| session.estimate(job)).sum();
        let planned = session.planned().into_iter().map(|planned| (estimate(&planned), planned));
        let planned = planned.map(|(bytes, planned)| (planned, bytes)).collect();
        self.session = Some((session, door::desktops(self.root.is_some(), host.as_ref())));
        Ok(planned)
    }

    fn look(&self, job: &Job, watch: &dyn Watch) -> Answer<Look> {
        match &self.session {
            Some((session, _)) => session.look(job, SHOWN, watch),
            None => Err(crate::host::absent("nobody has looked around yet")),
        }
    }

    fn collect(&mut self, chosen: Chosen, watch: &mut dyn Watch) -> Result<Written> {
        let (session, folders) = self.session.as_mut().ok_or(Error::Cancelled)?;
        session.choose(chosen.selection, chosen.agreed.into_iter().collect());
        let now = self.plan.clock.unwrap_or_else(Timestamp::now);
        let target = place::choose(self.output.as_deref(), folders, now);
        let done = deliver(session, &target, &self.sending, watch)?;
        let remarks = words::remarks(&done, &self.messages);
        Ok(Written { path: done.target, bytes: done.bytes, remarks })
    }
}

#[cfg(test)]
mod tests {
    use koff_bundle::{acquisition::State, artifact::Artifact, limits::Limits, reader::Bundle};

    use super::*;
    use crate::{
        collect::Unwatched,
        plan::{Group, Selection},
    };

    /// Everything that the window does, over a disk: what is unticked there is withheld in the bundle.
    #[test]
    fn from_looking_around_to_a_bundle_without_the_group_that_was_unticked() {
        let folder = tempfile::tempdir().unwrap();
        let story = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/healthy-c2r-x64");
        let (disk, zip) = (folder.path().join("disk"), folder.path().join("out.zip"));
        koff_fixtures::disk::build(&story, &disk).unwrap();
        let messages = Messages::for_tag("en");
        let mut desk =
            Desk::new(Some(disk), Some(zip.clone()), Arc::new(Plan::default()), Sending::default(), messages);
        let planned = desk.survey().unwrap();
        let size = |artifact: Artifact| planned.iter().find(|(one, _)| one.artifact == artifact).map(|(_, size)| *size);
        assert!(size(Artifact::RegistryKerio) > Some(0));
        let withheld = Group::Office.artifacts().collect();
        let chosen = Chosen { selection: Selection { withheld, ..Selection::default() }, agreed: Vec::new() };
        let written = desk.collect(chosen, &mut Unwatched).unwrap();
        assert_eq!(written.path, zip);
        assert!(written.remarks.iter().any(|remark| remark.contains("Left out at your wish: Outlook")), "{written:?}");
        assert!(written.remarks.iter().any(|remark| remark.contains("out.names.json")), "{written:?}");
        let bundle = Bundle::open(&zip, Limits::default()).unwrap();
        for entry in &bundle.manifest().entries {
            let artifact = Artifact::from_id(&entry.artifact).unwrap();
            let withheld = entry.acquisition.state == State::Withheld;
            assert_eq!(withheld, Group::of(artifact) == Group::Office, "{}", entry.name);
        }
        // Each key by its name, so that whoever misses it is told why; each artifact once to the person who unticked it.
        let addins = bundle.entry("registry/machine/microsoft-office-outlook-addins.reg").unwrap();
        assert_eq!(addins.origin, r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Office\Outlook\Addins");
        assert_eq!(addins.acquisition.reason, "unticked by the user");
        let remark = written.remarks.iter().find(|remark| remark.contains("Left out at your wish")).unwrap();
        assert_eq!(remark.matches("Outlook settings of the user").count(), 1, "{remark}");
    }
}
