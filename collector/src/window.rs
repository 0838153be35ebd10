//! The window for a person who starts the program with a double click: choose, look, collect, done. Owns the pages and
//! what follows from a key or click; what is done in earnest is an [`Errand`], and Win32 is fenced into `native`.

#[cfg(any(windows, test))]
mod clerk;
#[cfg(any(windows, test))]
mod layout;
#[cfg(any(windows, test))]
mod model;
#[cfg(windows)]
mod native;
#[cfg(any(windows, test))]
mod page;

use std::path::PathBuf;

use koff_bundle::artifact::Artifact;

use crate::{
    collect::{Look, Planned, Watch},
    error::Result,
    host::Answer,
    messages::Messages,
    plan::Selection,
    source::Job,
};

/// What the window lets happen; the same steps that the command line takes in one go.
pub trait Errand: Send + 'static {
    /// Looks around; every artifact with its entries, and how many bytes they have about.
    ///
    /// # Errors
    /// Where there is nothing to collect from.
    fn survey(&mut self) -> Result<Vec<(Planned, u64)>>;

    /// One entry as it would stand in the bundle; writes nothing.
    ///
    /// # Errors
    /// How obtaining it ended instead.
    fn look(&self, job: &Job, watch: &dyn Watch) -> Answer<Look>;

    /// Collects what was chosen and writes the bundle.
    ///
    /// # Errors
    /// Where there is no bundle.
    fn collect(&mut self, chosen: Chosen, watch: &mut dyn Watch) -> Result<Written>;
}

/// What a person chose.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// What was left out.
    pub selection: Selection,
    /// What needs a yes of its own and got one.
    pub agreed: Vec<Artifact>,
}

/// A bundle that is there.
#[derive(Debug)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// Sentences: what could not be collected, whether an administrator would get more, the list of names beside it.
    pub remarks: Vec<String>,
}

/// Whether the program was started by somebody at a screen who sees no terminal: a double click.
#[must_use]
pub fn is_wanted() -> bool {
    #[cfg(windows)]
    let wanted = native::console::is_double_click();
    #[cfg(not(windows))]
    let wanted = false;
    wanted
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// Where no window can be opened.
#[cfg(windows)]
pub fn open(errand: Box<dyn Errand>, messages: &Messages) -> Result<()> {
    native::run(errand, messages.clone())
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// Always: this system has no such windows.
#[cfg(not(windows))]
pub fn open(_errand: Box<dyn Errand>, _messages: &Messages) -> Result<()> {
    Err(crate::error::Error::NoWindow)
}
