//! Lints about examples: each verdict is shown, each name once, nothing that decides nothing.

use super::{Context, Found, Lint};
use crate::rule::{
    Rule,
    source::{DatumSource, Example, Expected},
};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        name: "example-fail-missing",
        finds: "no example of the fault",
        run: |rule, _| missing(rule, Expected::Fail),
    },
    Lint {
        name: "example-pass-missing",
        finds: "no example without the fault",
        run: |rule, _| missing(rule, Expected::Pass),
    },
    Lint {
        name: "example-unknown-missing",
        finds: "no example where it cannot be told",
        run: |rule, _| missing(rule, Expected::Unknown),
    },
    Lint { name: "example-name-twice", finds: "two examples of one name", run: name_twice },
    Lint {
        name: "example-part-unproven",
        finds: "an `also` that no failing example gives records to",
        run: part_unproven,
    },
    Lint {
        name: "example-unknown-without-cause",
        finds: "an example that expects unknown and has neither gap, unread value nor record without a time",
        run: unknown_without_cause,
    },
];

fn missing(rule: &Rule, expected: Expected) -> Vec<Found> {
    let message = format!("no example comes to {}", expected.word());
    if rule.examples(expected) == 0 { vec![Found::at("examples:", message)] } else { Vec::new() }
}

fn name_twice(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let all = &rule.source.examples;
    let twice = all.iter().enumerate().filter(|(at, one)| all.iter().take(*at).any(|other| other.name == one.name));
    twice.map(|(_, one)| Found::at(&one.name, "this name stands twice").within("examples:")).collect()
}

fn part_unproven(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let shown = |example: &Example, fact: &str| {
        example.verdict == Expected::Fail
            && (example.facts.get(fact).is_some_and(|table| !table.records.is_empty())
                || (fact == rule.source.fact && !example.records.is_empty()))
    };
    let unproven =
        rule.source.also.iter().filter(|also| !rule.source.examples.iter().any(|one| shown(one, &also.fact)));
    unproven
        .map(|also| Found::at(&also.fact, format!("no failing example shows `{}`", also.fact)).within("also:"))
        .collect()
}

fn unknown_without_cause(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let unread = |example: &&Example| {
        let records = example.records.iter().chain(example.facts.values().flat_map(|table| &table.records));
        let gaps = example.gaps.len() + example.facts.values().map(|table| table.gaps.len()).sum::<usize>();
        let mut values = records.clone().flat_map(|record| record.values());
        let untimed = rule.source.correlation.is_some() && records.clone().any(|record| !record.contains_key("time"));
        gaps > 0 || untimed || values.any(|value| matches!(value, DatumSource::Unknown(_)))
    };
    let all = rule.source.examples.iter().filter(|example| example.verdict == Expected::Unknown);
    let idle = all.filter(|example| !unread(example));
    idle.map(|example| Found::at(&example.name, "what keeps this from being told?").within("examples:")).collect()
}
