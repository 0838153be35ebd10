//! Progress on a terminal, and nothing anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use koff_bundle::artifact::Artifact;

use crate::{collect::Watch, messages::Messages};

/// A bar that names the artifact under way.
pub(super) struct Bar<'a> {
    bar: ProgressBar,
    messages: &'a Messages,
}

impl<'a> Bar<'a> {
    /// A bar on standard error where that is a terminal and `wanted`; else one that shows nothing.
    pub(super) fn new(wanted: bool, messages: &'a Messages) -> Self {
        let target = if wanted { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self { bar, messages }
    }

    /// Takes the bar off the screen.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Bar<'_> {
    fn begins(&mut self, artifact: Artifact, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(self.messages.purpose(artifact));
    }
}
