//! Small changes of single words: modifiers, values, patterns, conditions. Owns which changes are made; applies none.

use crate::detection::source::{Scalar, Values};

/// A modifier removed, or a comparison shifted by its border.
pub(super) fn key_mutants(key: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = key.split('|').collect();
    let mut all = Vec::new();
    for (index, word) in words.iter().enumerate().skip(1) {
        if *word == "exists" || *word == "version" {
            continue; // the value's type changes with it, so it never compiles
        }
        let mut without = words.clone();
        without.remove(index);
        all.push((format!("`{word}` removed"), without.join("|")));
        let shifted = match *word {
            "lt" => "lte",
            "lte" => "lt",
            "gt" => "gte",
            "gte" => "gt",
            _ => continue,
        };
        let mut other = words.clone();
        if let Some(place) = other.get_mut(index) {
            *place = shifted;
        }
        all.push((format!("`{word}` made `{shifted}`"), other.join("|")));
    }
    all
}

/// A value of a list dropped, a truth value turned, a number shifted by one.
pub(super) fn value_mutants(values: &Values) -> Vec<(String, Values)> {
    let mut all = Vec::new();
    let list = values.all();
    for (index, value) in list.iter().enumerate() {
        let replace = |new: Scalar| {
            let mut list = list.to_vec();
            if let Some(place) = list.get_mut(index) {
                *place = new;
            }
            if list.len() == 1 { Values::One(list.remove(0)) } else { Values::Many(list) }
        };
        match value {
            Scalar::Bool(own) => all.push((format!("{own} turned"), replace(Scalar::Bool(!own)))),
            Scalar::Number(own) => {
                for shifted in [own.saturating_sub(1), own.saturating_add(1)] {
                    all.push((format!("{own} made {shifted}"), replace(Scalar::Number(shifted))));
                }
            }
            Scalar::Decimal(_) | Scalar::Text(_) => {}
        }
        if list.len() > 1 {
            let mut list = list.to_vec();
            list.remove(index);
            all.push((format!("value {} dropped", value.words()), Values::Many(list)));
        }
    }
    all
}

/// One alternative of an innermost group of a pattern dropped.
pub(super) fn pattern_mutants(values: &Values) -> Vec<(String, Values)> {
    let mut all = Vec::new();
    let list = values.all();
    for (index, value) in list.iter().enumerate() {
        let Scalar::Text(pattern) = value else { continue };
        for (what, shorter) in without_alternatives(pattern) {
            let mut list = list.to_vec();
            if let Some(place) = list.get_mut(index) {
                *place = Scalar::Text(shorter);
            }
            all.push((what, Values::Many(list)));
        }
    }
    all
}

/// `pattern` without each alternative of its innermost groups, one at a time; a pattern without a group is one itself.
fn without_alternatives(pattern: &str) -> Vec<(String, String)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    let mut open = None;
    for (place, c) in pattern.char_indices() {
        match c {
            '(' if !pattern.get(..place).is_some_and(|before| before.ends_with('\\')) => open = Some(place + 1),
            ')' if !pattern.get(..place).is_some_and(|before| before.ends_with('\\')) => {
                groups.extend(open.take().map(|from| (from, place)));
            }
            _ => {}
        }
    }
    if !pattern.contains('(') {
        groups.push((0, pattern.len()));
    }
    let mut all = Vec::new();
    for (from, to) in groups {
        let (Some(head), Some(body), Some(tail)) = (pattern.get(..from), pattern.get(from..to), pattern.get(to..))
        else {
            continue;
        };
        let alternatives: Vec<&str> = body.split('|').collect();
        for (index, dropped) in alternatives.iter().enumerate().filter(|_| alternatives.len() > 1) {
            let mut rest = alternatives.clone();
            rest.remove(index);
            all.push((format!("alternative `{dropped}` dropped"), format!("{head}{}{tail}", rest.join("|"))));
        }
    }
    all
}

/// The condition negated, an operator exchanged, a `not` dropped, a quantifier exchanged.
pub(super) fn condition_mutants(condition: &str) -> Vec<(String, String)> {
    let mut all = vec![("condition negated".to_owned(), format!("not ({condition})"))];
    let words: Vec<&str> = condition.split(' ').collect();
    for (index, word) in words.iter().enumerate() {
        let other = match *word {
            "and" => "or",
            "or" => "and",
            "not" => "",
            "1" if words.get(index + 1) == Some(&"of") => "all",
            "all" if words.get(index + 1) == Some(&"of") => "1",
            _ => continue,
        };
        let mut changed = words.clone();
        if let Some(place) = changed.get_mut(index) {
            *place = other;
        }
        all.push((format!("condition: `{word}` made `{other}`"), changed.join(" ")));
    }
    all
}
