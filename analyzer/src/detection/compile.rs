//! From what the file says to what is run: fields, modifiers and values checked against the kind's declaration. Owns every
//! complaint about a selection; judges nothing.

use std::net::IpAddr;

use koff_bundle::path::WinPath;

use super::{
    Condition, Detection, Pattern, Selection, Test, VersionNumber,
    matcher::{Matcher, Order},
    source::{DetectionSource, Lines, Part, Scalar, SelectionSource, Values},
};
use crate::{
    facts::{Field, FieldType, Kind},
    pack::Pack,
    yaml,
};

/// Something wrong with a rule, and the words in its file that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Words to look for in the file.
    pub needle: String,
    /// Look only after these.
    pub within: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Advice.
    pub hint: Option<String>,
}

impl Problem {
    /// Something wrong at `needle`.
    pub fn new(needle: impl Into<String>, message: impl Into<String>) -> Self {
        Self { needle: needle.into(), within: None, message: message.into(), hint: None }
    }

    fn hinted(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    fn within(mut self, within: &str) -> Self {
        self.within.get_or_insert_with(|| within.to_owned());
        self
    }
}

/// The detection that `source` says about records of `kind`. Without `condition`, which only a correlation may leave out.
///
/// # Errors
/// All problems found.
pub fn compile_detection(
    kind: &'static Kind,
    source: &DetectionSource,
    pack: &Pack,
    correlated: bool,
) -> Result<Detection, Vec<Problem>> {
    let (mut problems, mut selections, mut condition) = (Vec::new(), Vec::new(), None);
    for (name, part) in source {
        match (name.as_str(), part) {
            ("condition", Part::Values(Values::One(Scalar::Text(text)))) => condition = Some(text),
            ("condition", _) => problems.push(Problem::new("condition", "`condition` is a text")),
            (_, Part::Selection(selection)) => match compile_selection(kind, selection, pack) {
                Ok(selection) => selections.push((name.clone(), selection)),
                Err(found) => problems.extend(found.into_iter().map(|problem| problem.within(&format!("{name}:")))),
            },
            (_, Part::Values(_)) => {
                problems
                    .push(Problem::new(format!("{name}:"), format!("selection `{name}` is a map of field to value")));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let names: Vec<String> = selections.iter().map(|(name, _)| name.clone()).collect();
    let condition = match condition {
        Some(text) => match Condition::parse(text, &names) {
            Ok(condition) => Some(condition),
            Err((message, hint)) => return Err(vec![Problem::new("condition:", message).hinted(hint)]),
        },
        None if correlated => None,
        None => return Err(vec![Problem::new("detection", "expected a `condition` in `detection`, found none")]),
    };
    Ok(Detection { selections, condition })
}

/// What `applies_to` says: a selection, or selections with a `condition`.
///
/// # Errors
/// All problems found.
pub fn compile_applies(kind: &'static Kind, source: &DetectionSource, pack: &Pack) -> Result<Detection, Vec<Problem>> {
    if source.contains_key("condition") {
        return compile_detection(kind, source, pack, false);
    }
    let mut lines = Lines::new();
    for (name, part) in source {
        match part {
            Part::Values(values) => {
                lines.insert(name.clone(), values.clone());
            }
            Part::Selection(_) => {
                let message = format!("`{name}` is a selection, but `applies_to` has no `condition`");
                return Err(vec![Problem::new(format!("{name}:"), message).within("applies_to")]);
            }
        }
    }
    let selection = compile_selection(kind, &SelectionSource::All(lines), pack)
        .map_err(|problems| problems.into_iter().map(|problem| problem.within("applies_to")).collect::<Vec<_>>())?;
    Ok(Detection { selections: vec![("applies_to".to_owned(), selection)], condition: Some(Condition::One(0)) })
}

/// The selection that `source` says about records of `kind`.
///
/// # Errors
/// All problems found.
pub fn compile_selection(
    kind: &'static Kind,
    source: &SelectionSource,
    pack: &Pack,
) -> Result<Selection, Vec<Problem>> {
    let (mut any, mut problems) = (Vec::new(), Vec::new());
    for lines in source.blocks() {
        let mut tests = Vec::new();
        for (key, values) in lines {
            match test(kind, key, values, pack) {
                Ok(test) => tests.push(test),
                Err(problem) => problems.push(problem),
            }
        }
        if lines.is_empty() {
            problems.push(Problem::new("{}", "a selection needs at least one line"));
        }
        any.push(tests);
    }
    if any.is_empty() {
        problems.push(Problem::new("[]", "a selection needs at least one line"));
    }
    if problems.is_empty() { Ok(Selection { any }) } else { Err(problems) }
}

/// Modifiers of one line, taken apart.
#[derive(Default)]
struct Modifiers<'a> {
    compare: Option<&'a str>,
    version: bool,
    cased: bool,
    all: bool,
}

const COMPARISONS: &[&str] =
    &["contains", "startswith", "endswith", "re", "cidr", "under", "lt", "lte", "gt", "gte", "exists", "table"];

fn test(kind: &'static Kind, key: &str, values: &Values, pack: &Pack) -> Result<Test, Problem> {
    let mut words = key.split('|');
    let name = words.next().unwrap_or("");
    let Some(field) = kind.field(name) else {
        let hint = yaml::did_you_mean(name, kind.fields.iter().map(|field| field.name));
        return Err(Problem::new(key, format!("`{}` has no field `{name}`", kind.name)).hinted(hint));
    };
    let mut modifiers = Modifiers::default();
    for word in words {
        match word {
            "version" => modifiers.version = true,
            "cased" => modifiers.cased = true,
            "all" => modifiers.all = true,
            word if COMPARISONS.contains(&word) && modifiers.compare.is_none() => modifiers.compare = Some(word),
            word if COMPARISONS.contains(&word) => {
                return Err(Problem::new(key, format!("`{word}` after another comparison")));
            }
            word => {
                let known = COMPARISONS.iter().copied().chain(["version", "cased", "all"]);
                let hint = yaml::did_you_mean(word, known);
                return Err(Problem::new(key, format!("unknown modifier `{word}`")).hinted(hint));
            }
        }
    }
    legal(field, &modifiers).map_err(|message| Problem::new(key, message))?;
    let values = values.all();
    if values.is_empty() {
        return Err(Problem::new(key, "expected a value, found an empty list"));
    }
    if modifiers.all && values.len() < 2 {
        return Err(Problem::new(key, "`all` needs a list of at least two values"));
    }
    let matchers = values
        .iter()
        .map(|value| matcher(field, &modifiers, value, pack).map_err(|message| Problem::new(key, message)))
        .collect::<Result<Vec<_>, _>>()?;
    let shown: Vec<String> = values.iter().map(Scalar::words).collect();
    let written = format!("{key}: {}", shown.join(if modifiers.all { " and " } else { " or " }));
    Ok(Test { field, written, all: modifiers.all, cased: modifiers.cased, matchers })
}

/// Whether the field's type allows the modifiers.
fn legal(field: &Field, modifiers: &Modifiers<'_>) -> Result<(), String> {
    use FieldType::{Bool, List, Number, Path, Text, Time, Version};
    let ty = field.ty;
    let textual = matches!(ty, Text | Path | List | Version);
    let fits = match modifiers.compare {
        None => !modifiers.version || ty == Text,
        Some("exists") => true,
        Some("contains" | "startswith" | "endswith" | "re" | "table") => textual,
        Some("cidr") => matches!(ty, Text | List),
        Some("under") => matches!(ty, Path | List),
        Some(_) => matches!(ty, Number | Time | Version) || (ty == Text && modifiers.version),
    };
    let word = modifiers.compare.unwrap_or("version");
    if !fits {
        return Err(format!("`{word}` does not work on `{}`, which is of type {ty:?}", field.name));
    }
    if modifiers.cased && (!textual || matches!(modifiers.compare, Some("exists" | "under" | "cidr" | "table"))) {
        return Err("`cased` works on text comparisons only".to_owned());
    }
    if modifiers.version && matches!(modifiers.compare, Some(word) if !matches!(word, "lt" | "lte" | "gt" | "gte")) {
        return Err(format!("`version` does not go with `{word}`"));
    }
    if ty == Bool && modifiers.all {
        return Err("`all` does not work on a truth value".to_owned());
    }
    Ok(())
}

fn matcher(field: &Field, modifiers: &Modifiers<'_>, value: &Scalar, pack: &Pack) -> Result<Matcher, String> {
    if let Scalar::Decimal(_) = value {
        return Err("a number with a fraction: put versions and other texts in quotes".to_owned());
    }
    if modifiers.compare == Some("exists") {
        return match value {
            Scalar::Bool(wanted) => Ok(Matcher::Exists(*wanted)),
            other => Err(format!("`exists` is true or false, found {}", other.words())),
        };
    }
    let order = match modifiers.compare {
        Some("lt") => Order::Lt,
        Some("lte") => Order::Lte,
        Some("gt") => Order::Gt,
        Some("gte") => Order::Gte,
        _ => Order::Eq,
    };
    let typed = modifiers.compare.is_none() || order != Order::Eq;
    match (field.ty, value) {
        (FieldType::Bool, Scalar::Bool(wanted)) => Ok(Matcher::Bool(*wanted)),
        (FieldType::Number, Scalar::Number(bound)) => Ok(Matcher::Number(order, *bound)),
        (FieldType::Time, Scalar::Text(text)) => text
            .parse()
            .map(|bound| Matcher::Time(order, bound))
            .map_err(|_| format!("`{text}` is not a moment such as 2026-01-31T08:00:00Z")),
        (FieldType::Bool | FieldType::Number | FieldType::Time, other) => {
            Err(format!("`{}` is of type {:?}, found {}", field.name, field.ty, other.words()))
        }
        (_, Scalar::Text(text)) if typed && (field.ty == FieldType::Version || modifiers.version) => {
            let bound =
                VersionNumber::parse(text).ok_or_else(|| format!("`{text}` is not a version such as '9.4.0'"))?;
            Ok(Matcher::Version(order, bound))
        }
        (_, Scalar::Text(text)) => textual(modifiers, text, pack),
        (_, other) => Err(format!("`{}` is of type {:?}: put {} in quotes", field.name, field.ty, other.words())),
    }
}

fn textual(modifiers: &Modifiers<'_>, text: &str, pack: &Pack) -> Result<Matcher, String> {
    let wanted = if modifiers.cased { text.to_owned() } else { text.to_lowercase() };
    if text.is_empty() {
        return Err("an empty text: use `exists: false` for no value".to_owned());
    }
    match modifiers.compare {
        Some("contains") => Ok(Matcher::Contains(wanted)),
        Some("startswith") => Ok(Matcher::StartsWith(wanted)),
        Some("endswith") => Ok(Matcher::EndsWith(wanted)),
        Some("under") => Ok(Matcher::Under(WinPath::new(text))),
        Some("re") => match Pattern::new(text, modifiers.cased) {
            Ok(pattern) => Ok(Matcher::Pattern(pattern)),
            Err(why) => Err(format!("not a pattern: {why}")),
        },
        Some("cidr") => network(text).ok_or_else(|| format!("`{text}` is not a network such as 192.0.2.0/24")),
        Some("table") => match pack.lists.get(text) {
            Some(table) => {
                Ok(Matcher::Listed(table.entries.iter().map(|entry| entry.value().to_lowercase()).collect()))
            }
            None => {
                let hint = yaml::did_you_mean(text, pack.lists.keys().map(String::as_str)).unwrap_or_default();
                Err(format!("the pack has no list `{text}` {hint}").trim_end().to_owned())
            }
        },
        _ if text.contains('*') => Err("there are no wildcards: use contains, startswith, endswith or re".to_owned()),
        _ => Ok(Matcher::Equals(wanted)),
    }
}

fn network(text: &str) -> Option<Matcher> {
    let (address, bits) = text.split_once('/')?;
    let (address, bits): (IpAddr, u8) = (address.parse().ok()?, bits.parse().ok()?);
    let width = if address.is_ipv4() { 32 } else { 128 };
    (bits <= width).then_some(Matcher::Network(address, bits))
}
