//! What the terminal can do, asked once at the start, and the bar that shows progress there. The only place that looks at the environment: it changes how a report
//! is shown on a screen, never what stands in one.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

pub use crate::render::Screen;

impl Screen {
    /// The screen that this program writes to: colour on a terminal unless `NO_COLOR` says otherwise, everywhere with
    /// `CLICOLOR_FORCE`; its width where there is one.
    #[must_use]
    pub fn detect() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let off = |name: &str| std::env::var_os(name).is_some_and(|value| value == "0");
        let terminal = std::io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let forced = set("CLICOLOR_FORCE") && !off("CLICOLOR_FORCE");
        Self {
            colour: !set("NO_COLOR") && (forced || terminal && !dumb && !off("CLICOLOR")),
            width: if terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None },
            progress: std::io::stderr().is_terminal(),
        }
    }
}

/// Fewer bundles than this are read before anybody wonders.
const LONG: usize = 32;

/// How far the work on `length` bundles has come, on standard error where that is a terminal.
pub(super) fn progress(screen: Screen, length: usize) -> ProgressBar {
    if !screen.progress || length < LONG {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    match ProgressStyle::with_template("{pos}/{len} bundles {wide_bar} {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
