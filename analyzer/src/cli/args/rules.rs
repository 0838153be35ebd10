//! What can be typed behind `rules`, and how a line of a log is named.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// A rule's file, or a page about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RuleFormat {
    /// The file as it is.
    Yaml,
    /// A page for people.
    Markdown,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RulesArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RulesCommand {
    /// All rules with level, confidence and title
    List {
        /// Folder with further rules
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// One rule as it is written, or as a page for people
    Show {
        /// Rule id
        id: String,
        /// How it is shown
        #[arg(long, value_name = "FORMAT", default_value = "yaml")]
        format: RuleFormat,
        /// Folder with further rules
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Write a page per rule, and an index
    Pages {
        /// Folder for them
        dir: PathBuf,
        /// Folder with further rules
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Parse and lint rules, and run their examples
    Check {
        /// Folder of rules; the built-in ones where left out
        dir: Option<PathBuf>,
    },
    /// Run the examples inside the rules
    Test {
        /// Folder of rules; the built-in ones where left out
        dir: Option<PathBuf>,
    },
    /// Draft a rule out of one line of a log, with that line as its failing example
    New {
        /// The line: the bundle, the member that holds the log (`koff-collect inspect`, or a finding's evidence, names
        /// it), and the number of the line from 1
        #[arg(long, value_name = "BUNDLE:ARTIFACT:LINE", value_parser = line_place)]
        from_line: LinePlace,
        /// Id of the rule; made of the line's words where left out
        #[arg(long)]
        id: Option<String>,
        /// Folder to write ID.yml to; standard output where left out
        #[arg(long, short, value_name = "DIR")]
        output: Option<PathBuf>,
        /// Folder with further layouts of logs (layouts/)
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Change each rule a little; an example must catch every change
    Mutate {
        /// Folder of rules; the built-in ones where left out
        dir: Option<PathBuf>,
    },
}

/// One line of one log of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct LinePlace {
    pub(in crate::cli) bundle: PathBuf,
    pub(in crate::cli) member: String,
    pub(in crate::cli) line: u64,
}

/// `BUNDLE:ARTIFACT:LINE`; the bundle's path may hold colons.
fn line_place(text: &str) -> Result<LinePlace, String> {
    let mut parts = text.rsplitn(3, ':');
    let (Some(line), Some(member), Some(bundle)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("expected BUNDLE:ARTIFACT:LINE, found {text}"));
    };
    match line.parse() {
        Ok(line) if line > 0 => Ok(LinePlace { bundle: bundle.into(), member: member.to_owned(), line }),
        _ => Err(format!("expected the number of a line from 1 behind the last colon, found {line}")),
    }
}
