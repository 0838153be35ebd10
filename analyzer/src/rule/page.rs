//! A page about one rule, for people, out of its file; and the index of all. Owns the page's shape; adds nothing that the
//! file does not say.

use std::fmt::Write as _;

use super::{Rule, RuleSet, source::Example};

/// The page about `rule` in Markdown.
#[must_use]
pub fn page(rule: &Rule, rules: &RuleSet) -> String {
    let source = &rule.source;
    let mut page = format!("# {}\n\n`{}`\n\n", source.title, rule.id);
    let _ = writeln!(page, "| Level | Confidence | Area | Status | Asks |\n|---|---|---|---|---|");
    let asked: Vec<String> = rule.parts.iter().map(|part| format!("`{}`", part.kind.name)).collect();
    let (level, confidence) = (word(&rule.level()), word(&rule.confidence()));
    let status = source.status.word();
    let _ = writeln!(page, "| {level} | {confidence} | {} | {status} | {} |\n", rule.area, asked.join(", "));
    let _ = writeln!(page, "{}\n", source.description.trim());
    if let Some(why) = &source.inferred {
        let _ = writeln!(page, "**Inferred:** {}\n", why.trim());
    }
    section(&mut page, "What a finding says", &[format!("> {}", source.message.trim())]);
    let bullets = |lines: &[String]| lines.iter().map(|line| format!("- {}", line.trim())).collect::<Vec<_>>();
    section(&mut page, "When it fires without a fault", &bullets(&source.falsepositives));
    let doubts =
        source.doubts.iter().map(|doubt| format!("- to {}: {}", word(&doubt.confidence), doubt.because.trim()));
    section(&mut page, "What lowers its confidence", &doubts.collect::<Vec<_>>());
    section(&mut page, "What to do", &steps(rule, rules));
    let links = |ids: &[String]| ids.iter().map(|id| format!("- [{id}]({id}.md)")).collect::<Vec<_>>();
    section(&mut page, "Explains", &links(&source.explains));
    section(&mut page, "See also", &links(&source.related));
    let examples = source.examples.iter().map(example).collect::<Vec<_>>();
    section(&mut page, "Examples that the build runs", &examples);
    let references = source.references.iter().map(|url| format!("- <{url}>")).collect::<Vec<_>>();
    section(&mut page, "References", &references);
    section(
        &mut page,
        "The file",
        &[format!("`rules/{}`\n\n```yaml\n{}\n```", rule.path, rule.source_text().trim_end())],
    );
    page
}

/// A list of all rules by area, linked to their pages.
#[must_use]
pub fn index(rules: &RuleSet) -> String {
    let mut sorted: Vec<&Rule> = rules.iter().collect();
    sorted.sort_by_key(|rule| (&rule.area, &rule.id));
    let mut index = format!("# {} rules\n", sorted.len());
    let mut area = "";
    for rule in sorted {
        if rule.area != area {
            area = &rule.area;
            let _ = writeln!(index, "\n## {area}\n\n| Rule | Level | What it finds |\n|---|---|---|");
        }
        let _ = writeln!(index, "| [{0}]({0}.md) | {1} | {2} |", rule.id, word(&rule.level()), rule.source.title);
    }
    index
}

fn section(page: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(page, "## {title}\n\n{}\n", lines.join("\n"));
    }
}

/// The remediation steps in ladder order, with what each costs.
fn steps(rule: &Rule, rules: &RuleSet) -> Vec<String> {
    let asked = rules.pack.steps.iter().filter(|step| rule.source.remediation.contains(&step.step));
    asked.map(|step| format!("1. {} (lost: {})", step.title, step.lost)).collect()
}

fn example(example: &Example) -> String {
    format!("- {}: {}", example.verdict.word().replace('_', " "), example.name.trim())
}

/// The word of the file.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_that_says_all_its_file_says() {
        let rules = RuleSet::embedded().unwrap();
        let index = index(&rules);
        for rule in rules.iter() {
            let page = page(rule, &rules);
            assert!(page.starts_with(&format!("# {}\n", rule.source.title)));
            assert!(index.contains(&format!("[{0}]({0}.md)", rule.id)), "{} is in the index", rule.id);
            for text in rule.source.falsepositives.iter().chain(&rule.source.references) {
                assert!(page.contains(text.trim()), "{}: {text}", rule.id);
            }
            assert_eq!(page.matches("\n1. ").count(), rule.source.remediation.len(), "{}: a step for each", rule.id);
        }
    }
}
