//! `--plan`: what would be collected, artifact by artifact, before anything is.

use koff_bundle::artifact::{Artifact, Reader};
use serde_json::{Value, json};

use crate::{collect::Planned, plan::Choice, source::Want};

/// For a person.
pub(super) fn text(planned: &[Planned]) -> String {
    let mut text = String::from("Would be collected; nothing was read but what planning needs:\n");
    for Planned { artifact, choice, jobs } in planned {
        let state = if *choice == Choice::Collect { "" } else { " (left out)" };
        text.push_str(&format!("\n{}: {}{state}\n", artifact.id(), artifact.purpose()));
        text.push_str(&format!("  needed for: {}\n", need(*artifact)));
        for job in jobs {
            let user = job.user.as_deref().map(|user| format!(", {user}")).unwrap_or_default();
            match &job.want {
                Want::Nothing(end) => {
                    text.push_str(&format!("  - {} ({}{user}): {}\n", job.origin, end.state.words(), end.reason));
                }
                _ => text.push_str(&format!("  - {} ({}{user})\n", job.origin, job.method)),
            }
        }
    }
    text.push_str("\nNever collected: mail, passwords, the content of databases and memory dumps.\n");
    text
}

/// For a program.
pub(super) fn json(planned: &[Planned]) -> String {
    let artifacts: Vec<Value> = planned
        .iter()
        .map(|Planned { artifact, choice, jobs }| {
            let entries: Vec<Value> = jobs
                .iter()
                .map(|job| json!({"name": job.name, "origin": job.origin, "method": job.method, "user": job.user}))
                .collect();
            json!({
                "artifact": artifact.id(),
                "purpose": artifact.purpose(),
                "needed_for": need(*artifact),
                "collect": *choice == Choice::Collect,
                "entries": entries,
            })
        })
        .collect();
    let document = json!({"schema": "koff-collect-plan/1", "artifacts": artifacts});
    format!("{}\n", serde_json::to_string_pretty(&document).unwrap_or_default())
}

fn need(artifact: Artifact) -> String {
    match artifact.reader() {
        Reader::Facts(kinds) => kinds.join(", "),
        Reader::Raw(why) => format!("a person ({why})"),
    }
}
