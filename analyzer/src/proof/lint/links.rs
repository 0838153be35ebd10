//! Lints about references between rules: they lead somewhere, never in a circle, never twice.

use std::collections::BTreeSet;

use super::{Context, Found, Lint};
use crate::{rule::Rule, yaml};

pub(super) const LINTS: &[Lint] = &[
    Lint { name: "link-unknown", finds: "an explained or related rule that does not exist", run: unknown },
    Lint { name: "link-self", finds: "a rule that explains or relates to itself", run: own },
    Lint { name: "link-twice", finds: "a rule named twice, or as explained and related", run: twice },
    Lint { name: "explains-cycle", finds: "a cause that is its own symptom, over other rules", run: cycle },
    Lint { name: "step-twice", finds: "a remediation step named twice", run: step_twice },
];

fn unknown(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let links = rule.source.explains.iter().map(|id| ("explains:", id));
    let links = links.chain(rule.source.related.iter().map(|id| ("related:", id)));
    links
        .filter(|(_, id)| !context.rules.contains_key(id.as_str()))
        .map(|(within, id)| {
            let hint = yaml::did_you_mean(id, context.rules.keys().copied());
            Found::at(id, format!("there is no rule `{id}`")).within(within).hint(hint)
        })
        .collect()
}

fn own(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let named = rule.source.explains.contains(&rule.id) || rule.source.related.contains(&rule.id);
    named.then(|| Found::at("explains:", "a rule does not name itself")).into_iter().collect()
}

fn twice(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    let links = rule.source.explains.iter().chain(&rule.source.related);
    let again = links.filter(|id| !seen.insert(id.as_str()));
    again.map(|id| Found::at(id, format!("`{id}` is named twice")).within("related:")).collect()
}

fn cycle(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let (mut seen, mut next): (BTreeSet<&str>, Vec<&str>) = (BTreeSet::new(), vec![&rule.id]);
    while let Some(id) = next.pop() {
        for symptom in context.rules.get(id).map(|rule| rule.source.explains.as_slice()).unwrap_or_default() {
            if *symptom == rule.id && id != rule.id {
                let message = format!("`{}` explains `{id}`, which explains it", rule.id);
                return vec![Found::at("explains:", message)];
            }
            if seen.insert(symptom) {
                next.push(symptom);
            }
        }
    }
    Vec::new()
}

fn step_twice(rule: &Rule, context: &Context<'_>) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    let again = rule.source.remediation.iter().filter(|step| !seen.insert(step.as_str()));
    let known = again.filter(|step| context.pack.step(step).is_some());
    known.map(|step| Found::at(step, format!("`{step}` is named twice")).within("remediation:")).collect()
}
