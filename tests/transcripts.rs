//! The READMEs tell the truth: every block below `<!-- output of: ARGS -->` is what the command prints, every command that they
//! name parses, and manual pages, completions and rule pages come out whole.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/ticket.rs"]
mod ticket;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use koff_analyze::cli::{Screen, run_on};

/// The width that the blocks were printed at.
const SCREEN: Screen = Screen { colour: false, width: Some(110), progress: false };

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn run(args: &[String]) -> (u8, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = std::iter::once("koff-analyze".to_owned()).chain(args.iter().cloned()).map(OsString::from);
    let code = run_on(SCREEN, args, &mut out, &mut err);
    (code, format!("{}{}", String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()))
}

/// The bundle that the real collector makes of a story, as `<story>.zip` in `folder`.
fn bundle(story: &str, folder: &Path) -> String {
    let zip = folder.join(format!("{story}.zip"));
    if !zip.exists() {
        ticket::collect(story, &zip);
    }
    zip.display().to_string()
}

/// Command and block of each transcript in `text`.
fn transcripts(text: &str) -> Vec<(String, String)> {
    text.split("<!-- output of: ")
        .skip(1)
        .map(|rest| {
            let (command, rest) = rest.split_once(" -->").unwrap();
            let block = rest.split_once("```text\n").unwrap().1.split_once("```").unwrap().0;
            (command.to_owned(), block.to_owned())
        })
        .collect()
}

#[test]
fn every_block_in_a_readme_is_what_the_command_prints() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = 0;
    for file in ["README.md", "analyzer/README.md"] {
        for (command, block) in transcripts(&fs::read_to_string(top().join(file)).unwrap()) {
            found += 1;
            let word = |word: &str| match word.strip_suffix(".zip") {
                Some(story) => bundle(story, folder.path()),
                None => word.to_owned(),
            };
            let args: Vec<String> = command.split(' ').map(word).collect();
            let (_, printed) = run(&args);
            let mut rest = printed.as_str();
            // A line of `…` stands for what was left out.
            for part in block.split("…\n").filter(|part| !part.trim().is_empty()) {
                let place = rest.find(part).unwrap_or_else(|| {
                    panic!("{file}: `{command}` no longer prints\n{part}\nbut\n{}", &printed[..printed.len().min(6000)])
                });
                rest = &rest[place + part.len()..];
            }
        }
    }
    assert!(found >= 3, "the READMEs show output");
}

#[test]
fn every_command_has_help_with_its_exit_codes_and_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let (code, tour) = run(&[]);
    assert!(code == 0 && tour.contains("koff-analyze report BUNDLE.zip"), "{tour}");
    let (code, _) = run(&["man".into(), "--output".into(), folder.path().display().to_string()]);
    assert_eq!(code, 0);
    for command in ["report", "diff", "check", "dll", "explain", "facts", "timeline", "verify", "rules"] {
        let (code, help) = run(&[command.into(), "--help".into()]);
        assert!(code == 0 && help.contains("Usage: koff-analyze"), "{help}");
        if ["report", "diff", "check"].contains(&command) {
            assert!(help.contains("Exit codes:") && help.contains("Examples:"), "{command}: {help}");
        }
        let page = fs::read_to_string(folder.path().join(format!("koff-analyze-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script) = run(&["completions".into(), shell.into()]);
        assert!(code == 0 && script.contains("koff-analyze") && script.contains("fail-on"), "{shell}");
    }
}

#[test]
fn a_rule_has_a_page_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(&["rules".into(), "pages".into(), folder.path().display().to_string()]);
    assert_eq!(code, 0, "{said}");
    let index = fs::read_to_string(folder.path().join("README.md")).unwrap();
    let pages = fs::read_dir(folder.path()).unwrap().count() - 1;
    assert_eq!(index.matches(".md) |").count(), pages, "the index names every page");
    let (code, page) =
        run(&["rules".into(), "show".into(), "mapi-service-unregistered".into(), "--format".into(), "markdown".into()]);
    assert_eq!(code, 0);
    assert_eq!(
        page,
        fs::read_to_string(folder.path().join("mapi-service-unregistered.md")).unwrap().trim_end().to_owned() + "\n"
    );
}
