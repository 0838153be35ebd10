//! The command line's own texts in the person's language: the help of every option and command, and what is wrong with
//! what was typed. Options are declared where their fields are; here stands how they are told.

use std::{error::Error as _, ffi::OsString, fmt};

use clap::{
    Arg, ArgAction, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::messages::Messages;

/// A text that an option does not take: what it takes, by its name in `messages/`, and what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// `expected.…`
    pub(super) key: &'static str,
    /// As typed.
    pub(super) found: String,
    /// What there is to choose from, where it is a choice.
    pub(super) known: String,
}

impl Mistake {
    pub(super) fn new(key: &'static str, found: &str) -> Self {
        Self { key, found: found.to_owned(), known: String::new() }
    }

    fn say(&self, messages: &Messages) -> String {
        messages.say(self.key, &[("found", &format!("{:?}", self.found)), ("known", &self.known)])
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(&Messages::for_tag("en")))
    }
}

impl std::error::Error for Mistake {}

/// The language asked for on the command line, before it is read as a whole: its help is in that language, too.
pub(super) fn asked(args: &[OsString]) -> Option<&str> {
    let mut words = args.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        match word.strip_prefix("--lang") {
            Some("") => return words.next(),
            Some(rest) if rest.starts_with('=') => return rest.strip_prefix('='),
            _ => {}
        }
    }
    None
}

/// `command` with every text of it in the language of `messages`.
pub(super) fn told(command: Command, messages: &Messages) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    tell(command.disable_version_flag(true).arg(version), "help", messages)
}

fn tell(command: Command, key: &str, messages: &Messages) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|known| known.get_name().to_owned()).collect();
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let mut command = command
        .about(messages.text(&format!("{key}.about")))
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(help)
        .override_usage(messages.text(&format!("{key}.usage")))
        .help_template(format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}\n", messages.text("usage")))
        .subcommand_help_heading(messages.plain("heading.commands"))
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "heading.arguments" } else { "heading.options" };
            let text = messages.text(&text_of(&arg, key));
            let arg = arg.help(text).help_heading(messages.plain(heading));
            let takes = arg.get_action().takes_values();
            if takes { arg.hide_default_value(true).hide_possible_values(true) } else { arg }
        });
    for name in names {
        command = command.mut_subcommand(&name, |known| tell(known, &format!("{key}.{name}"), messages));
    }
    command
}

/// Name of an argument's text; `--help` says the same everywhere.
fn text_of(arg: &Arg, key: &str) -> String {
    match arg.get_id().as_str() {
        "help" => "help.help".to_owned(),
        id => format!("{key}.{}", id.replace('_', "-")),
    }
}

/// What is wrong with what was typed.
pub(super) fn mistake(error: &clap::Error, messages: &Messages) -> String {
    let typed = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let option = typed(ContextKind::InvalidArg);
    let say = |key: &str, parts: &[(&str, &str)]| messages.say(key, parts);
    let said = match error.kind() {
        ErrorKind::UnknownArgument => say("mistake.option", &[("option", &option)]),
        ErrorKind::InvalidSubcommand => say("mistake.command", &[("command", &typed(ContextKind::InvalidSubcommand))]),
        ErrorKind::ValueValidation => {
            let source = error.source();
            let own = source.and_then(|source| source.downcast_ref::<Mistake>()).map(|own| own.say(messages));
            let why = own.or_else(|| source.map(ToString::to_string)).unwrap_or_default();
            format!("{option}: {why}")
        }
        ErrorKind::InvalidValue if typed(ContextKind::InvalidValue).is_empty() => {
            say("mistake.value-missing", &[("option", &option)])
        }
        ErrorKind::InvalidValue => {
            let own = Mistake {
                key: "expected.one-of",
                found: typed(ContextKind::InvalidValue),
                known: typed(ContextKind::ValidValue),
            };
            format!("{option}: {}", own.say(messages))
        }
        ErrorKind::MissingRequiredArgument => say("mistake.missing", &[("option", &option)]),
        ErrorKind::ArgumentConflict => {
            say("mistake.conflict", &[("option", &option), ("other", &typed(ContextKind::PriorArg))])
        }
        _ => return error.to_string(),
    };
    format!("koff-collect: {said}\n{}\n", messages.text("mistake.help"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    fn keys(command: &Command, key: &str, found: &mut BTreeSet<String>) {
        found.extend([format!("{key}.about"), format!("{key}.usage")]);
        found.extend(command.get_arguments().map(|arg| text_of(arg, key)));
        for known in command.get_subcommands() {
            keys(known, &format!("{key}.{}", known.get_name()), found);
        }
    }

    #[test]
    fn every_option_and_command_has_its_text_and_no_text_is_left_over() {
        let command = told(super::super::Cli::command(), &Messages::for_tag("en"));
        let mut wanted = BTreeSet::new();
        keys(&command, "help", &mut wanted);
        let there: BTreeSet<String> =
            Messages::for_tag("en").keys().filter(|key| key.starts_with("help.")).map(str::to_owned).collect();
        assert_eq!(wanted, there);
    }

    #[test]
    fn help_and_mistakes_speak_the_language_asked_for() {
        let german = Messages::for_tag("de");
        let page = told(super::super::Cli::command(), &german).render_help().to_string();
        for words in ["Aufruf: koff-collect", "Optionen:", "Befehle:", "Diese Hilfe"] {
            assert!(page.contains(words), "{words} in\n{page}");
        }
        for words in ["Usage", "Options:", "Print ", "default", "possible values"] {
            assert!(!page.contains(words), "{words} in\n{page}");
        }
        let said = |args: &[&str]| {
            let error = told(super::super::Cli::command(), &german).try_get_matches_from(args).unwrap_err();
            mistake(&error, &german)
        };
        for (args, words) in [
            (&["x", "--frobnicate"][..], "--frobnicate"),
            (&["x", "--deadline", "soon"][..], "erwartet wurde eine Zeit"),
            (&["x", "--format", "xml"][..], "text, json"),
            (&["x", "--only"][..], "fehlt"),
            (&["x", "inspect"][..], "fehlt"),
            (&["x", "--only", "no-such"][..], "\"no-such\""),
        ] {
            let text = said(args);
            assert!(text.contains(words) && !text.contains("error:"), "{args:?}: {text}");
        }
    }

    #[test]
    fn the_language_is_known_before_the_rest_is_read() {
        let asked_in = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            asked(&words).map(str::to_owned)
        };
        assert_eq!(asked_in(&["x", "--lang", "de", "--help"]).as_deref(), Some("de"));
        assert_eq!(asked_in(&["x", "--help", "--lang=de"]).as_deref(), Some("de"));
        assert_eq!(asked_in(&["x", "--language"]), None);
    }
}
