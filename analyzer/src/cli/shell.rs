//! `koff-analyze completions` and `man`: what a shell and a manual need, out of the same definition as the command line.

use std::{io::Write, path::Path};

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{EXIT_CLEAN, args::Cli};
use crate::error::{Error, Result};

pub(super) fn completions(shell: Shell, out: &mut dyn Write) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "koff-analyze", &mut text);
    out.write_all(&text).map_err(|error| Error::io("standard output", error))?;
    Ok(EXIT_CLEAN)
}

pub(super) fn manual(folder: Option<&Path>, out: &mut dyn Write) -> Result<u8> {
    let failed = |error| Error::io("standard output", error);
    match folder {
        None => Man::new(Cli::command()).render(out).map_err(failed)?,
        Some(folder) => {
            let place = folder.display().to_string();
            std::fs::create_dir_all(folder).map_err(|error| Error::io(&place, error))?;
            clap_mangen::generate_to(Cli::command(), folder).map_err(|error| Error::io(&place, error))?;
            writeln!(out, "manual pages in {place}").map_err(failed)?;
        }
    }
    Ok(EXIT_CLEAN)
}
