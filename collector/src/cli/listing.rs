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
            Reader::Raw(_) | Reader::Shown(..) => messages.say("plan.by-person", &[("why", &messages.raw(*artifact))]),
            Reader::Facts(_) => rules.join(", "),
        };
        text += &format!("  {}\n", messages.say("plan.needed-for", &[("what", &need)]));
        for job in jobs {
            let user = job.user.as_deref().map(|user| format!(", {user}")).unwrap_or_default();
            let origin = messages.origin(&job.name, job.method, &job.origin);
            text += &match &job.want {
                Want::Nothing(end) => format!("  - {origin}{user}: {}\n", messages.why(end)),
                _ => format!("  - {origin} ({}{user})\n", job.method),
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
        Reader::Shown(kinds, why) => format!("{} ({why})", kinds.join(", ")),
        Reader::Raw(why) => format!("a person ({why})"),
    }
}

#[cfg(test)]
mod tests {
    use koff_bundle::acquisition::{Acquisition, State};

    use super::*;
    use crate::source::Job;

    fn planned(artifact: Artifact, name: &str, method: &'static str, want: Want) -> Planned {
        let job = Job { name: name.to_owned(), artifact, user: None, origin: "an origin".to_owned(), method, want };
        Planned { artifact, choice: Choice::Collect, jobs: vec![job] }
    }

    #[test]
    fn what_rules_read_names_them_and_the_rest_says_in_the_reader_s_language_why_it_is_collected() {
        let german = Messages::for_tag("de");
        for artifact in Artifact::ALL {
            let said = text(&[planned(*artifact, "x", "file", Want::File(r"C:\x".into()))], &german);
            let rules: Vec<&str> = catalogue::rules(*artifact).collect();
            match artifact.reader() {
                Reader::Facts(_) => {
                    assert!(!rules.is_empty() && said.contains(&rules.join(", ")), "{}: {said}", artifact.id());
                }
                Reader::Raw(why) | Reader::Shown(_, why) => {
                    assert!(rules.is_empty() && said.contains("gebraucht für: einen Menschen ("), "{said}");
                    assert!(!said.contains(why), "{said}");
                }
            }
        }
        assert!(catalogue::rules(Artifact::Reachability).any(|rule| rule == "server-unreachable"));
    }

    #[test]
    fn an_entry_without_a_path_is_told_in_the_reader_s_language() {
        let german = Messages::for_tag("de");
        let end = Acquisition::ended(State::Skipped, "collected with consent only");
        let contact = planned(Artifact::Reachability, "facts/reachability.json", "facts", Want::Nothing(end));
        let said = text(&[contact], &german);
        let line = "  - Mailserver des Outlook-Profils: ausgelassen (englisch: collected with consent only)\n";
        assert!(said.contains(line), "{said}");
        let picture = Want::Picture(crate::host::Scene::Outlook);
        let said = text(&[planned(Artifact::Pictures, "pictures/outlook.png", "picture", picture)], &german);
        assert!(said.contains("  - vorderstes Fenster von Outlook (picture)\n"), "{said}");
    }
}
