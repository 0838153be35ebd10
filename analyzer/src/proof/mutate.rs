//! Mutants of rules: small changes that a rule's examples must notice. Owns making them; a mutant that no example catches
//! is a line of the rule that nothing proves.

use crate::{
    detection::{
        correlation::duration,
        source::{Lines, Scalar, SelectionSource, Values},
    },
    pack::Pack,
    proof::examples,
    rule::{
        Rule, RuleSet,
        source::{Also, CorrelationSource, DetectionPart, DetectionSource, RuleSource},
    },
};

mod words;

use words::{condition_mutants, key_mutants, pattern_mutants, value_mutants};

/// What became of a rule's mutants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Score {
    /// Rule id.
    pub rule: String,
    /// Mutants made.
    pub mutants: usize,
    /// Those that no example caught: what was changed.
    pub survivors: Vec<String>,
}

/// Makes every mutant of `rule` and runs the examples on each. A mutant that does not compile is caught.
#[must_use]
pub fn mutate(rule: &Rule, pack: &Pack) -> Score {
    let set = RuleSet::of(pack.clone(), []);
    let mut score = Score { rule: rule.id.clone(), ..Score::default() };
    for (what, source) in mutants(&rule.source) {
        score.mutants += 1;
        let Ok(mutant) = Rule::of(&rule.path, "", source, pack) else { continue };
        if examples::run_in(&mutant, &set).is_empty() {
            score.survivors.push(what);
        }
    }
    score
}

/// Every mutant of `source`, with what was changed.
fn mutants(source: &RuleSource) -> Vec<(String, RuleSource)> {
    let mut all = Vec::new();
    for (part, parts) in PARTS {
        let count = if *part == "also" { source.also.len() } else { 1 };
        for index in 0..count {
            parts(source, index, &mut all);
        }
    }
    for index in 0..source.also.len() {
        let mut mutant = source.clone();
        mutant.also.remove(index);
        all.push((format!("also[{index}] dropped"), mutant));
    }
    for index in 0..source.doubts.len() {
        let mut mutant = source.clone();
        mutant.doubts.remove(index);
        all.push((format!("doubts[{index}] dropped"), mutant));
    }
    all
}

type Mutants = Vec<(String, RuleSource)>;
type PartMutants = fn(&RuleSource, usize, &mut Mutants);

/// The rule's own way to see the fault, and its further ones.
const PARTS: &[(&str, PartMutants)] = &[("rule", own_part), ("also", also_part)];

fn own_part(source: &RuleSource, _: usize, all: &mut Mutants) {
    let set = |change: &dyn Fn(&mut Also)| {
        let mut mutant = source.clone();
        let mut part = Also {
            fact: mutant.fact.clone(),
            applies_to: mutant.applies_to.take(),
            detection: std::mem::take(&mut mutant.detection),
            correlation: mutant.correlation.take(),
            when_empty: mutant.when_empty,
            message: None,
        };
        change(&mut part);
        mutant.applies_to = part.applies_to;
        mutant.detection = part.detection;
        mutant.correlation = part.correlation;
        mutant.when_empty = part.when_empty;
        mutant
    };
    let part = Also {
        fact: source.fact.clone(),
        applies_to: source.applies_to.clone(),
        detection: source.detection.clone(),
        correlation: source.correlation.clone(),
        when_empty: source.when_empty,
        message: None,
    };
    part_mutants("", &part, &set, all);
}

fn also_part(source: &RuleSource, index: usize, all: &mut Mutants) {
    let Some(part) = source.also.get(index) else { return };
    let set = |change: &dyn Fn(&mut Also)| {
        let mut mutant = source.clone();
        if let Some(part) = mutant.also.get_mut(index) {
            change(part);
        }
        mutant
    };
    part_mutants(&format!("also[{index}] "), part, &set, all);
}

type Set<'a> = &'a dyn Fn(&dyn Fn(&mut Also)) -> RuleSource;

fn part_mutants(prefix: &str, part: &Also, set: Set<'_>, all: &mut Mutants) {
    if part.when_empty.is_some() {
        all.push((format!("{prefix}when_empty dropped"), set(&|part| part.when_empty = None)));
    }
    for (what, detection) in detection_mutants(&part.detection, false) {
        all.push((format!("{prefix}{what}"), set(&|part| part.detection = detection.clone())));
    }
    if let Some(applies) = &part.applies_to {
        all.push((format!("{prefix}applies_to dropped"), set(&|part| part.applies_to = None)));
        for (what, applies) in detection_mutants(applies, true) {
            all.push((format!("{prefix}applies_to: {what}"), set(&|part| part.applies_to = Some(applies.clone()))));
        }
    }
    if let Some(correlation) = &part.correlation {
        for (what, mutant) in correlation_mutants(correlation) {
            all.push((format!("{prefix}{what}"), set(&|part| part.correlation.clone_from(&mutant))));
        }
    }
}

/// Mutants of selections and their condition; `bare` for an `applies_to` that is a selection itself.
fn detection_mutants(source: &DetectionSource, bare: bool) -> Vec<(String, DetectionSource)> {
    let mut all = Vec::new();
    if bare && !source.contains_key("condition") {
        let lines: Lines = source
            .iter()
            .filter_map(|(key, part)| match part {
                DetectionPart::Values(values) => Some((key.clone(), values.clone())),
                DetectionPart::Selection(_) => None,
            })
            .collect();
        for (what, lines) in lines_mutants(&lines) {
            let parts = lines.into_iter().map(|(key, values)| (key, DetectionPart::Values(values))).collect();
            all.push((what, parts));
        }
        return all;
    }
    for (name, part) in source {
        match part {
            DetectionPart::Values(Values::One(Scalar::Text(condition))) => {
                for (what, text) in condition_mutants(condition) {
                    let mut mutant = source.clone();
                    mutant.insert(name.clone(), DetectionPart::Values(Values::One(Scalar::Text(text))));
                    all.push((what, mutant));
                }
            }
            DetectionPart::Selection(selection) => {
                for (what, selection) in selection_mutants(selection) {
                    let mut mutant = source.clone();
                    mutant.insert(name.clone(), DetectionPart::Selection(selection));
                    all.push((format!("{name}: {what}"), mutant));
                }
                let used_in_quantifier = |text: &str| text.contains(" of ");
                let condition = source.get("condition");
                if let Some(DetectionPart::Values(Values::One(Scalar::Text(text)))) = condition
                    && used_in_quantifier(text)
                {
                    let mut mutant = source.clone();
                    mutant.remove(name);
                    all.push((format!("{name} dropped"), mutant));
                }
            }
            DetectionPart::Values(_) => {}
        }
    }
    all
}

fn selection_mutants(source: &SelectionSource) -> Vec<(String, SelectionSource)> {
    let mut all = Vec::new();
    for (index, lines) in source.blocks().iter().enumerate() {
        for (what, lines) in lines_mutants(lines) {
            let mut mutant = source.clone();
            if let Some(block) = mutant.blocks_mut().get_mut(index) {
                *block = lines;
            }
            all.push((what, mutant));
        }
        if let SelectionSource::Any(blocks) = source
            && blocks.len() > 1
        {
            let mut blocks = blocks.clone();
            blocks.remove(index);
            all.push((format!("alternative {} dropped", index + 1), SelectionSource::Any(blocks)));
        }
    }
    all
}

fn lines_mutants(lines: &Lines) -> Vec<(String, Lines)> {
    let mut all = Vec::new();
    for (key, values) in lines {
        let with = |key: &str, values: Values| {
            let mut mutant = lines.clone();
            mutant.insert(key.to_owned(), values);
            mutant
        };
        let replaced = |new_key: &str| {
            let mut mutant = lines.clone();
            if let Some(values) = mutant.remove(key) {
                mutant.insert(new_key.to_owned(), values);
            }
            mutant
        };
        if lines.len() > 1 {
            let mut mutant = lines.clone();
            mutant.remove(key);
            all.push((format!("`{key}` dropped"), mutant));
        }
        for (what, new_key) in key_mutants(key) {
            all.push((format!("`{key}`: {what}"), replaced(&new_key)));
        }
        for (what, values) in value_mutants(values) {
            all.push((format!("`{key}`: {what}"), with(key, values)));
        }
        if key.split('|').skip(1).any(|word| word == "re") {
            for (what, values) in pattern_mutants(values) {
                all.push((format!("`{key}`: {what}"), with(key, values)));
            }
        }
    }
    all
}

/// A bound shifted, the time stretched or shrunk by a second, the grouping dropped, the whole dropped.
fn correlation_mutants(source: &CorrelationSource) -> Vec<(String, Option<CorrelationSource>)> {
    let mut all = Vec::new();
    if source.count.is_some() {
        all.push(("correlation dropped".to_owned(), None));
    }
    for shift in [-1_isize, 1] {
        if let Some(count) = source.count.and_then(|count| count.checked_add_signed(shift)) {
            all.push((format!("count made {count}"), Some(CorrelationSource { count: Some(count), ..source.clone() })));
        }
    }
    if let Some(frame) = duration(&source.timeframe) {
        for seconds in [frame.as_secs() - 1, frame.as_secs() + 1] {
            let timeframe = format!("{seconds}s");
            all.push((format!("timeframe made {timeframe}"), Some(CorrelationSource { timeframe, ..source.clone() })));
        }
    }
    for index in 0..source.by.len() {
        let mut mutant = source.clone();
        mutant.by.remove(index);
        all.push((format!("by[{index}] dropped"), Some(mutant)));
    }
    if let Some(names) = &source.sequence {
        let near = CorrelationSource { sequence: None, near: Some(names.clone()), ..source.clone() };
        all.push(("sequence made near".to_owned(), Some(near)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(rest: &str) -> Score {
        let text = format!(
            "id: a\ntitle: T\nstatus: test\nlevel: high\nconfidence: high\nfact: volume\nmessage: m\ndescription: d\nfalsepositives: []\nremediation: []\nreferences: []\n{rest}"
        );
        let pack = Pack::embedded().unwrap();
        mutate(&Rule::parse("system/a.yml", &text, &pack).unwrap(), &pack)
    }

    #[test]
    fn a_bound_without_an_example_at_its_border_survives_and_one_with_it_does_not() {
        let rule = "detection: {low: {free_mb|lt: 100}, condition: low}\n";
        let loose = "examples: [{name: a, verdict: fail, records: [{free_mb: 5}]}, {name: b, verdict: pass, records: [{free_mb: 500}]}]\n";
        let tight = "examples: [{name: a, verdict: fail, records: [{free_mb: 99}]}, {name: b, verdict: pass, records: [{free_mb: 100}]}]\n";
        let found = score(&format!("{rule}{loose}"));
        assert!(found.survivors.iter().any(|what| what.contains("made `lte`")), "{found:?}");
        let found = score(&format!("{rule}{tight}"));
        assert_eq!(found.survivors, Vec::<String>::new());
        assert!(found.mutants >= 4, "{found:?}");
    }
}
