//! How to find out what a bundle cannot tell: one sentence for each way in which evidence can be missing.

use koff_bundle::acquisition::State;

use crate::verdict::Unknown;

/// What a person can do about `why`.
pub(super) fn how_to_find_out(why: &Unknown) -> String {
    let text = match why.state {
        State::Denied => "run koff-collect again as administrator, for the same user",
        State::Unsupported => "run koff-collect on the running PC instead of on its disk",
        State::NotCollected | State::Skipped => "run koff-collect on the PC and analyse the bundle that it writes",
        State::TimedOut => "run koff-collect again with a longer --deadline",
        State::Locked => "close Outlook and run koff-collect again",
        State::Truncated => "run koff-collect again with a larger --max-file-size or an earlier --since",
        State::Withheld => "ask the user whether this may be collected after all",
        State::Redacted => "ask the owner of the bundle for this one value",
        State::Failed => "look at the PC by hand; the reason names the place",
        State::Absent => "the host holds none: switch debug logging on, make the fault happen again and collect anew",
        State::Complete => "look at the artifact by hand",
    };
    text.to_owned()
}
