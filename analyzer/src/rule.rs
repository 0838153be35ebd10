//! A rule as its YAML file says it, parsed and checked, and the set of all rules. Owns what a rule is; judges nothing.

use crate::{
    detection::{
        Detection, Problem, Selection, compile_applies, compile_detection, compile_selection,
        correlation::{self, Correlation},
        patterns,
    },
    facts::{Kind, kind, log::needs::Needs},
    finding::{Class, Confidence, Level},
    pack::{File, Pack},
    yaml::{self, Diagnostic},
};

pub mod message;
pub mod page;
pub mod set;
pub mod source;

pub use message::Message;
pub use set::RuleSet;
use source::{Also, Expected, RuleSource};

/// One rule, ready to be asked.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Id, equal to the file's name.
    pub id: String,
    /// Area, equal to the folder's name.
    pub area: String,
    /// The file as it was read, relative to the folder of the rules.
    pub path: String,
    /// Its text.
    text: String,
    /// What it says.
    pub source: RuleSource,
    /// Ways to see the fault; one at least.
    pub parts: Vec<RulePart>,
    /// What lowers the confidence of a finding: selection over records of the first part's kind, to what, and why.
    pub doubts: Vec<Doubt>,
}

/// One way to see a rule's fault.
#[derive(Debug, Clone)]
pub struct RulePart {
    /// Kind of fact asked.
    pub kind: &'static Kind,
    /// Which records count.
    pub applies: Option<Detection>,
    /// Which of them show the fault.
    pub detection: Detection,
    /// How several of them make one sign.
    pub correlation: Option<Correlation>,
    /// What a log record must hold for this part to be true of it; absent for other kinds.
    pub needs: Option<Needs>,
    /// Whether it is a pass that no record applies and there is no gap.
    pub empty_is_pass: bool,
    /// What is said.
    pub message: Message,
}

/// What lowers the confidence of a finding.
#[derive(Debug, Clone)]
pub struct Doubt {
    /// For which records.
    pub when: Selection,
    /// To what.
    pub confidence: Confidence,
    /// Why.
    pub because: String,
}

impl Rule {
    /// The rule in `text`, the content of `path` (`area/id.yml`).
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(path: &str, text: &str, pack: &Pack) -> Result<Self, Vec<Diagnostic>> {
        let source = yaml::parse(&format!("rules/{path}"), text).map_err(|complaint| vec![*complaint])?;
        Self::or_diagnostics(path, text, source, pack)
    }

    /// The rule in `file`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn built_in(file: &File, pack: &Pack) -> Result<Self, Vec<Diagnostic>> {
        let source = file.read().map_err(|complaint| vec![*complaint])?;
        Self::or_diagnostics(file.path, file.text, source, pack)
    }

    fn or_diagnostics(path: &str, text: &str, source: RuleSource, pack: &Pack) -> Result<Self, Vec<Diagnostic>> {
        Self::of(path, text, source, pack).map_err(|problems| {
            let file = format!("rules/{path}");
            let complain = |problem: Problem| {
                Diagnostic::about("rule", &file, text, problem.within.as_deref(), &problem.needle, problem.message)
                    .hint(problem.hint)
            };
            problems.into_iter().map(complain).collect()
        })
    }

    /// The rule that `source` says.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn of(path: &str, text: &str, source: RuleSource, pack: &Pack) -> Result<Self, Vec<Problem>> {
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for part in source.parts() {
            match compile_part(&part, pack) {
                Ok(part) => parts.push(part),
                Err(found) => problems.extend(found),
            }
        }
        let mut doubts = Vec::new();
        if let Some(kind) = kind::find(&source.fact) {
            for doubt in &source.doubts {
                match compile_selection(kind, &doubt.when, pack) {
                    Ok(when) => {
                        doubts.push(Doubt { when, confidence: doubt.confidence, because: doubt.because.clone() })
                    }
                    Err(found) => problems.extend(found),
                }
            }
        }
        for step in source.remediation.iter().filter(|step| pack.step(step).is_none()) {
            let mut problem = Problem::new(step, format!("the pack has no remediation step `{step}`"));
            problem.within = Some("remediation".to_owned());
            problem.hint = yaml::did_you_mean(step, pack.steps.iter().map(|step| step.step.as_str()));
            problems.push(problem);
        }
        for table in source.tables.iter().filter(|table| !pack.ages.contains_key(*table)) {
            let mut problem = Problem::new(table, format!("the pack has no table `{table}`"));
            problem.within = Some("tables".to_owned());
            problem.hint = yaml::did_you_mean(table, pack.ages.keys().map(String::as_str));
            problems.push(problem);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let area = path.split_once('/').map_or("", |(area, _)| area).to_owned();
        Ok(Self { id: source.id.clone(), area, path: path.to_owned(), text: text.to_owned(), source, parts, doubts })
    }

    /// The file's text, comments and all.
    #[must_use]
    pub fn source_text(&self) -> &str {
        &self.text
    }

    /// How bad.
    #[must_use]
    pub fn level(&self) -> Level {
        self.source.level
    }

    /// How sure; low for one that rests on a deduction.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        if self.source.inferred.is_some() { Confidence::Low } else { self.source.confidence }
    }

    /// Word of the indicator table.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.source.class
    }

    /// Pack tables that it rests on: those named, and those its selections look into.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        let mut names = self.source.tables.clone();
        for part in self.source.parts() {
            let detections = part.detection.iter().chain(part.applies_to.iter().flatten());
            for (_, value) in detections {
                let source::DetectionPart::Selection(selection) = value else { continue };
                for (key, values) in selection.blocks().iter().flatten() {
                    if key.split('|').skip(1).any(|word| word == "table") {
                        names.extend(values.all().iter().map(|value| value.words().trim_matches('`').to_owned()));
                    }
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// What log records must hold to matter to this rule: a need for each part that asks logs.
    pub fn log_needs(&self) -> impl Iterator<Item = &Needs> {
        self.parts.iter().filter_map(|part| part.needs.as_ref())
    }

    /// Examples that come to `expected`.
    #[must_use]
    pub fn examples(&self, expected: Expected) -> usize {
        self.source.examples.iter().filter(|example| example.verdict == expected).count()
    }
}

fn compile_part(part: &Also, pack: &Pack) -> Result<RulePart, Vec<Problem>> {
    let Some(kind) = kind::find(&part.fact) else {
        let mut problem = Problem::new(&part.fact, format!("there is no kind of fact `{}`", part.fact));
        problem.hint = yaml::did_you_mean(&part.fact, kind::ALL.iter().copied().flatten().map(|kind| kind.name));
        return Err(vec![problem]);
    };
    let mut problems = Vec::new();
    let detection = compile_detection(kind, &part.detection, pack, part.correlation.is_some());
    let applies = part.applies_to.as_ref().map(|source| compile_applies(kind, source, pack)).transpose();
    let message = Message::parse(part.message.as_deref().unwrap_or_default(), kind, part.correlation.is_some())
        .map_err(|problem| vec![problem]);
    let correlation = match (&part.correlation, &detection) {
        (Some(source), Ok(detection)) => correlation::compile(kind, source, detection).map(Some),
        _ => Ok(None),
    };
    let mut keep = |found: Vec<Problem>| problems.extend(found);
    match (detection, applies, message, correlation) {
        (Ok(detection), Ok(applies), Ok(message), Ok(correlation)) => {
            let empty_is_pass = part.when_empty == Some(source::WhenEmpty::Pass);
            let sign = correlation.as_ref().map(|correlation| &correlation.sign);
            let needs = (kind.name == kind::LOG.name).then(|| patterns::needs(&detection, sign));
            Ok(RulePart { kind, applies, detection, correlation, needs, empty_is_pass, message })
        }
        (detection, applies, message, correlation) => {
            detection.err().map(&mut keep);
            applies.err().map(&mut keep);
            message.err().map(&mut keep);
            correlation.err().map(&mut keep);
            Err(problems)
        }
    }
}
