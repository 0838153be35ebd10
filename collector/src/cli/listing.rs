//! `--plan`: what would be collected, artifact by artifact, before anything is.

use koff_bundle::artifact::{Artifact, Reader};
use serde_json::{Value, json};

use crate::{catalogue, collect::Planned, messages::Messages, plan::Choice, source::Want};

/// For a person.
pub(super) fn text(planned: &[Planned], messages: &Messages) -> String {
    let mut text = format!("{}\n", messages.text("plan.head"));
    for Planned { artifact, choice, jobs } in planned {
        let left_out = if *choice == Choice::Collect { String::new() } else { messages.text("plan.left-out") };
        let left_out = if left_out.is_empty() { left_out } else { format!(" ({left_out})") };
        text += &format!("\n{}: {}{left_out}\n", artifact.id(), messages.purpose(*artifact));
        let rules: Vec<&str> = catalogue::rules(*artifact).collect();
        let need = match artifact.reader() {
            Reader::Raw(why) => messages.say("plan.by-person", &[("why", why)]),
            Reader::Facts(kinds) if rules.is_empty() => kinds.join(", "),
            Reader::Facts(_) => rules.join(", "),
        };
        text += &format!("  {}\n", messages.say("plan.needed-for", &[("what", &need)]));
        for job in jobs {
            let user = job.user.as_deref().map(|user| format!(", {user}")).unwrap_or_default();
            text += &match &job.want {
                Want::Nothing(end) => {
                    format!("  - {} ({}{user}): {}\n", job.origin, messages.state(end.state), end.reason)
                }
                _ => format!("  - {} ({}{user})\n", job.origin, job.method),
            };
        }
    }
    text + &format!("\n{}\n", messages.text("plan.never"))
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
                "rules": catalogue::rules(*artifact).collect::<Vec<_>>(),
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
