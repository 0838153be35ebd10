//! Lints about what a rule asks: conditions that never or always hold, selections nobody names, two rules that are one.

use super::{Context, Found, Lint};
use crate::{
    detection::{
        Detection,
        source::{Lines, Scalar, SelectionSource, Values},
    },
    rule::{Rule, source::DetectionPart},
    verdict::Truth,
};

pub(super) const LINTS: &[Lint] = &[
    Lint { name: "condition-never", finds: "a condition that no record can meet", run: condition_never },
    Lint { name: "condition-always", finds: "a condition that every record meets", run: condition_always },
    Lint {
        name: "selection-unused",
        finds: "a selection that neither condition nor correlation names",
        run: selection_unused,
    },
    Lint {
        name: "selection-contradicts",
        finds: "lines of one selection that cannot hold together",
        run: selection_contradicts,
    },
    Lint { name: "selection-twice", finds: "two selections of one rule that are the same", run: selection_twice },
    Lint { name: "value-twice", finds: "a value that stands twice in one list", run: value_twice },
    Lint { name: "duplicate-rule", finds: "a rule that asks the same as another", run: duplicate_rule },
];

/// A truth table has at most so many selections.
const MOST_SELECTIONS: usize = 12;

/// Truths of the condition for every combination of its selections.
fn table(detection: &Detection) -> Vec<bool> {
    let count = detection.selections.len();
    let Some(condition) = detection.condition.as_ref().filter(|_| count <= MOST_SELECTIONS) else { return Vec::new() };
    (0_u32..1 << count)
        .map(|bits| condition.truth(&|index| Truth::from(bits >> index & 1 == 1)) == Truth::True)
        .collect()
}

fn detections(rule: &Rule) -> impl Iterator<Item = &Detection> {
    rule.parts.iter().flat_map(|part| std::iter::once(&part.detection).chain(&part.applies))
}

fn condition_never(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let never =
        |detection: &&Detection| matches!(table(detection), truths if !truths.is_empty() && !truths.contains(&true));
    detections(rule).filter(never).map(|_| Found::at("condition:", "no combination of selections meets this")).collect()
}

fn condition_always(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let always =
        |detection: &&Detection| matches!(table(detection), truths if !truths.is_empty() && !truths.contains(&false));
    detections(rule).filter(always).map(|_| Found::at("condition:", "every record meets this")).collect()
}

fn selection_unused(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    use crate::detection::correlation::Sign;
    let mut found = Vec::new();
    for part in &rule.parts {
        for (index, (name, _)) in part.detection.selections.iter().enumerate() {
            let in_condition = part.detection.condition.as_ref().is_some_and(|condition| condition.names(index));
            let in_correlation = match part.correlation.as_ref().map(|correlation| &correlation.sign) {
                Some(Sign::Near(names) | Sign::Sequence(names)) => names.contains(name),
                Some(Sign::AbsentAfter(after, expect)) => name == after || name == expect,
                _ => false,
            };
            if !in_condition && !in_correlation {
                found.push(
                    Found::at(format!("{name}:"), format!("selection `{name}` is not used")).within("detection:"),
                );
            }
        }
    }
    found
}

/// Every block of lines of the rule.
fn blocks(rule: &Rule) -> Vec<Lines> {
    let mut all = Vec::new();
    for part in rule.source.parts() {
        let selections = part.detection.values().chain(part.applies_to.iter().flat_map(|applies| applies.values()));
        for selection in selections {
            if let DetectionPart::Selection(selection) = selection {
                all.extend(selection.blocks().iter().cloned());
            }
        }
    }
    all
}

fn selection_contradicts(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for lines in blocks(rule) {
        for (key, values) in &lines {
            let field = key.split('|').next().unwrap_or("");
            let others = lines.keys().filter(|other| *other != key && other.split('|').next() == Some(field)).count();
            let absent = key.ends_with("|exists") && *values == Values::One(Scalar::Bool(false));
            if absent && others > 0 {
                found.push(Found::at(key, format!("`{field}` cannot be absent and compared at once")));
            }
        }
        for (low, high) in [("gt", "lt"), ("gte", "lt"), ("gt", "lte"), ("gte", "lte")] {
            for (key, values) in &lines {
                let Some(field) = key.strip_suffix(&format!("|{low}")) else { continue };
                let (Some(Scalar::Number(least)), Some(Values::One(Scalar::Number(most)))) =
                    (values.all().first(), lines.get(&format!("{field}|{high}")))
                else {
                    continue;
                };
                if least > most || (least == most && (low, high) != ("gte", "lte")) {
                    found.push(Found::at(key, format!("nothing is above {least} and below {most}")));
                }
            }
        }
    }
    found
}

fn selection_twice(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for part in rule.source.parts() {
        let selections: Vec<(&String, &SelectionSource)> = part
            .detection
            .iter()
            .filter_map(|(name, one)| match one {
                DetectionPart::Selection(selection) => Some((name, selection)),
                DetectionPart::Values(_) => None,
            })
            .collect();
        for (at, (name, own)) in selections.iter().enumerate() {
            if let Some((other, _)) = selections.iter().take(at).find(|(_, selection)| selection == own) {
                found.push(Found::at(format!("{name}:"), format!("the same as selection `{other}`")));
            }
        }
    }
    found
}

fn value_twice(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for lines in blocks(rule) {
        for (key, values) in &lines {
            let list: Vec<String> = values.all().iter().map(|value| value.words().to_lowercase()).collect();
            if let Some((_, value)) =
                list.iter().enumerate().find(|(at, value)| list.iter().take(*at).any(|v| v == *value))
            {
                found.push(Found::at(key, format!("{value} stands twice")));
            }
        }
    }
    found
}

fn duplicate_rule(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let asks = |rule: &Rule| {
        let parts = rule.source.parts().into_iter();
        parts.map(|part| (part.fact, part.applies_to, part.detection, part.correlation)).collect::<Vec<_>>()
    };
    let own = asks(rule);
    let same = |other: &&&Rule| other.id < rule.id && asks(other) == own;
    let found = context.rules.values().filter(same);
    found.map(|other| Found::at("detection:", format!("asks the same as `{}`", other.id))).collect()
}
