//! Lints about what people read: id, title, message, description, references, the file itself.

use super::{Context, Found, Lint};
use crate::{
    finding::{Class, Level},
    rule::Rule,
};

pub(super) const LINTS: &[Lint] = &[
    Lint { name: "id-file-name", finds: "an id that is not the file's name", run: id_file_name },
    Lint { name: "id-shape", finds: "an id that is not kebab-case", run: id_shape },
    Lint { name: "class-area", finds: "a class outside the area dll", run: class_area },
    Lint {
        name: "title-shape",
        finds: "a title that ends with a full stop or has more than 90 characters",
        run: title_shape,
    },
    Lint {
        name: "message-shape",
        finds: "a message that ends with a full stop or has more than one line",
        run: message_shape,
    },
    Lint {
        name: "level-without-reason",
        finds: "a description too short to give a reason for the level",
        run: level_without_reason,
    },
    Lint { name: "reference-missing", finds: "no reference", run: reference_missing },
    Lint { name: "reference-shape", finds: "a reference that is no URL, or stands twice", run: reference_shape },
    Lint {
        name: "falsepositives-missing",
        finds: "no false positive named, in a rule that is neither malicious nor informational",
        run: falsepositives_missing,
    },
    Lint {
        name: "remediation-missing",
        finds: "a high or critical level without a remediation step",
        run: remediation_missing,
    },
    Lint {
        name: "inferred-confidence",
        finds: "a rule that rests on a deduction and is more than lowly confident",
        run: inferred_confidence,
    },
    Lint {
        name: "doubt-without-effect",
        finds: "a doubt that does not lower the confidence",
        run: doubt_without_effect,
    },
    Lint {
        name: "file-shape",
        finds: "tabs, blanks at the end of a line, or no line end at the end of the file",
        run: file_shape,
    },
];

fn id_file_name(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let name = rule.path.rsplit('/').next().unwrap_or("");
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")).unwrap_or(name);
    let message = format!("the id is `{}`, the file is called `{stem}`", rule.id);
    if stem == rule.id { Vec::new() } else { vec![Found::at(&rule.id, message)] }
}

fn id_shape(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let wrong =
        !rule.id.chars().all(fine) || rule.id.starts_with('-') || rule.id.ends_with('-') || rule.id.contains("--");
    wrong
        .then(|| Found::at(&rule.id, "an id has lower-case letters, digits and single `-` between"))
        .into_iter()
        .collect()
}

fn class_area(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let wrong = rule.class().is_some() && rule.area != "dll";
    wrong.then(|| Found::at("class:", "`class` belongs to the area dll")).into_iter().collect()
}

fn title_shape(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let title = &rule.source.title;
    let wrong = title.ends_with('.') || title.chars().count() > 90 || title.contains('\n');
    wrong
        .then(|| Found::at("title:", "a title is one line of at most 90 characters without a full stop"))
        .into_iter()
        .collect()
}

fn message_shape(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let wrong = |text: &String| text.ends_with('.') || text.contains('\n') || text.is_empty();
    let messages = rule.source.parts().into_iter().filter_map(|part| part.message);
    let found = messages.filter(wrong).map(|_| Found::at("message:", "a message is one line without a full stop"));
    found.take(1).collect()
}

fn level_without_reason(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let words = rule.source.description.split_whitespace().count();
    let message = format!("{words} words do not say why this is a fault of level {:?}", rule.level());
    if words >= 8 { Vec::new() } else { vec![Found::at("description:", message)] }
}

fn reference_missing(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let none = rule.source.references.is_empty();
    none.then(|| Found::at("references:", "a rule names at least one reference")).into_iter().collect()
}

fn reference_shape(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let all = &rule.source.references;
    let twice = |at: usize, url: &String| all.iter().take(at).any(|other| other == url);
    let wrong = |(at, url): &(usize, &String)| {
        !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(' ') || twice(*at, url)
    };
    let found = all.iter().enumerate().filter(wrong);
    found.map(|(_, url)| Found::at(url, "expected a URL, each once").within("references:")).collect()
}

fn falsepositives_missing(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let excused = rule.class() == Some(Class::Malicious) || rule.level() == Level::Informational;
    let none = rule.source.falsepositives.is_empty() && !excused;
    none.then(|| Found::at("falsepositives:", "say when it fires without a fault")).into_iter().collect()
}

fn remediation_missing(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let none = rule.source.remediation.is_empty() && rule.level() >= Level::High;
    none.then(|| Found::at("remediation:", "a fault of this level leads to at least one step")).into_iter().collect()
}

fn inferred_confidence(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let wrong = rule.source.inferred.is_some() && rule.source.confidence != rule.confidence();
    wrong.then(|| Found::at("confidence:", "what is inferred has `confidence: low`")).into_iter().collect()
}

fn doubt_without_effect(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let idle = rule.doubts.iter().any(|doubt| doubt.confidence >= rule.confidence());
    idle.then(|| Found::at("doubts:", "a doubt lowers the confidence")).into_iter().collect()
}

fn file_shape(rule: &Rule, _: &Context<'_>) -> Vec<Found> {
    let text = rule.source_text();
    let mut found = Vec::new();
    if text.contains('\t') {
        found.push(Found::at("\t", "a tab"));
    }
    if let Some(line) = text.lines().find(|line| line.ends_with(' ')) {
        found.push(Found::at(line, "blanks at the end of the line"));
    }
    if !text.ends_with('\n') || text.ends_with("\n\n") {
        found.push(Found::at("", "the file ends with exactly one line end"));
    }
    found
}
