//! The condition language: `and`, `or`, `not`, parentheses, names, `1 of x*`, `all of them`. Owns parsing and evaluation.

use super::Selection;
use crate::{verdict::Truth, yaml};

/// How selections combine; numbers are places in the sorted list of selections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// One selection.
    One(usize),
    /// All of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
}

/// Nesting deeper than this is refused.
const DEEPEST: usize = 32;

impl Condition {
    /// The condition that `text` says about selections called `names`.
    ///
    /// # Errors
    /// What is wrong, and advice.
    pub(super) fn parse(text: &str, names: &[String]) -> Result<Self, (String, Option<String>)> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut parser = Parser { words: &words, at: 0, names };
        let condition = parser.or(0)?;
        match parser.peek() {
            None => Ok(condition),
            Some(word) => Err((format!("expected `and`, `or` or the end of the condition, found `{word}`"), None)),
        }
    }

    /// What comes of it, given each selection's truth.
    #[must_use]
    pub fn truth(&self, of: &dyn Fn(usize) -> Truth) -> Truth {
        match self {
            Self::One(index) => of(*index),
            Self::All(parts) => parts.iter().map(|part| part.truth(of)).fold(Truth::True, Truth::and),
            Self::Any(parts) => parts.iter().map(|part| part.truth(of)).fold(Truth::False, Truth::or),
            Self::Not(part) => !part.truth(of),
        }
    }

    /// Whether selection `index` is named anywhere.
    #[must_use]
    pub fn names(&self, index: usize) -> bool {
        match self {
            Self::One(own) => *own == index,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names(index)),
            Self::Not(part) => part.names(index),
        }
    }

    /// It, in words.
    #[must_use]
    pub fn words(&self, selections: &[(String, Selection)]) -> String {
        let join = |parts: &Vec<Self>, word: &str| {
            let words: Vec<String> = parts.iter().map(|part| part.words(selections)).collect();
            if words.len() == 1 { words.concat() } else { format!("({})", words.join(word)) }
        };
        match self {
            Self::One(index) => selections.get(*index).map_or_else(String::new, |(name, _)| name.clone()),
            Self::All(parts) => join(parts, " and "),
            Self::Any(parts) => join(parts, " or "),
            Self::Not(part) => format!("not {}", part.words(selections)),
        }
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
    names: &'a [String],
}

type Parsed = Result<Condition, (String, Option<String>)>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self, depth: usize) -> Parsed {
        let mut parts = vec![self.and(depth)?];
        while self.take("or") {
            parts.push(self.and(depth)?);
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn and(&mut self, depth: usize) -> Parsed {
        let mut parts = vec![self.not(depth)?];
        while self.take("and") {
            parts.push(self.not(depth)?);
        }
        Ok(one_or(parts, Condition::All))
    }

    fn not(&mut self, depth: usize) -> Parsed {
        if depth > DEEPEST {
            return Err((format!("expected at most {DEEPEST} levels of nesting"), None));
        }
        if self.take("not") {
            return Ok(Condition::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.or(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err(("expected `)`".to_owned(), None)) };
        }
        self.name()
    }

    fn name(&mut self) -> Parsed {
        let Some(word) = self.peek() else {
            return Err(("expected the name of a selection, found the end of the condition".to_owned(), None));
        };
        self.at += 1;
        let quantifier: Option<fn(Vec<Condition>) -> Condition> = match word {
            "1" | "any" => Some(Condition::Any),
            "all" => Some(Condition::All),
            _ => None,
        };
        if let Some(quantifier) = quantifier.filter(|_| self.peek() == Some("of")) {
            self.at += 1;
            return self.group(quantifier);
        }
        match self.names.iter().position(|name| name == word) {
            Some(index) => Ok(Condition::One(index)),
            None => {
                let hint = yaml::did_you_mean(word, self.names.iter().map(String::as_str));
                Err((format!("expected the name of a selection, found `{word}`"), hint))
            }
        }
    }

    fn group(&mut self, quantifier: fn(Vec<Condition>) -> Condition) -> Parsed {
        let Some(word) = self.peek() else {
            return Err(("expected a name such as `sel*`, or `them`, after `of`".to_owned(), None));
        };
        self.at += 1;
        let chosen = |name: &String| match word.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => word == "them" || name == word,
        };
        let members: Vec<Condition> = (0..self.names.len())
            .filter(|&index| self.names.get(index).is_some_and(chosen))
            .map(Condition::One)
            .collect();
        if members.is_empty() {
            return Err((format!("no selection is called `{word}`"), None));
        }
        Ok(quantifier(members))
    }
}

fn one_or(mut parts: Vec<Condition>, several: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["a", "b", "sel_one", "sel_two"].map(str::to_owned).to_vec()
    }

    fn holds(text: &str, on: &[usize]) -> bool {
        Condition::parse(text, &names()).unwrap().truth(&|index| on.contains(&index).into()) == Truth::True
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tightest() {
        assert!(holds("a or b and sel_one", &[0]));
        assert!(!holds("(a or b) and sel_one", &[0]));
        assert!(holds("not a and b", &[1]));
        assert!(holds("not (a and b)", &[0]));
        assert!(holds("1 of sel*", &[3]));
        assert!(!holds("all of sel*", &[3]));
        assert!(holds("all of them", &[0, 1, 2, 3]));
        assert!(holds("any of them", &[2]));
    }

    #[test]
    fn a_wrong_name_is_named_with_the_nearest() {
        let (message, hint) = Condition::parse("a and sel_oen", &names()).unwrap_err();
        assert!(message.contains("`sel_oen`"));
        assert_eq!(hint.as_deref(), Some("did you mean `sel_one`?"));
        for bad in ["", "a and", "a b", "(a", "1 of x*", "not", "all of"] {
            assert!(Condition::parse(bad, &names()).is_err(), "{bad:?}");
        }
        assert!(Condition::parse(&"not ".repeat(5000), &names()).is_err());
    }

    #[test]
    fn a_condition_is_nested_up_to_its_limit() {
        let nested = |levels: usize| Condition::parse(&format!("{}a", "not ".repeat(levels)), &names());
        assert!(nested(DEEPEST).is_ok());
        let (message, _) = nested(DEEPEST + 1).unwrap_err();
        assert_eq!(message, "expected at most 32 levels of nesting");
    }
}
