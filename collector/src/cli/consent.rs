//! What a person must agree to before it happens: the question, and what counts as a yes.

use std::io::{BufRead, IsTerminal, Write};

use koff_bundle::artifact::Artifact;

use super::help::Mistake;
use crate::{
    error::{Error, Result},
    messages::Messages,
    plan::Group,
};

/// What is asked before an artifact is collected, by its name in `messages/`.
pub(super) const QUESTIONS: &[(Artifact, &str)] =
    &[(Artifact::Pictures, "consent.pictures"), (Artifact::Reachability, "consent.reachability")];

/// An artifact that is collected only where somebody says so.
pub(super) fn artifact(text: &str) -> std::result::Result<Artifact, Mistake> {
    let needy = || Artifact::ALL.iter().copied().filter(|artifact| Group::of(*artifact).needs_consent());
    needy().find(|artifact| artifact.id() == text).ok_or_else(|| {
        let all: Vec<&str> = needy().map(Artifact::id).collect();
        Mistake { known: all.join(", "), ..Mistake::new("expected.one-of", text) }
    })
}

/// Asks for a yes to `question`, which `option` brought up; where nobody can be asked, that is a no.
///
/// # Errors
/// Without a yes.
pub(super) fn ask(option: &str, question: &str, messages: &Messages) -> Result<()> {
    let refused = |found: &str| Error::NotAgreed { option: option.to_owned(), found: found.to_owned() };
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(refused(&messages.text("consent.nobody")));
    }
    let mut err = std::io::stderr();
    let yes = messages.text("consent.yes");
    let question = format!("{question}\n{}", messages.say("consent.type-yes", &[("yes", &yes)]));
    let _ = err.write_all(question.as_bytes()).and_then(|()| err.flush());
    let mut answer = String::new();
    let _ = stdin.lock().read_line(&mut answer);
    if is_yes(&answer, &yes) { Ok(()) } else { Err(refused(answer.trim())) }
}

/// The language's own word, or the English one.
fn is_yes(answer: &str, yes: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    answer == yes || answer == "yes"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for (answer, agreed) in
            [("ja\n", true), ("YES", true), (" Ja ", true), ("", false), ("j", false), ("nein", false)]
        {
            assert_eq!(is_yes(answer, "ja"), agreed, "{answer:?}");
        }
    }
}
