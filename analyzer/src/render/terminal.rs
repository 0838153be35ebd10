//! Plain text made comfortable for a terminal: lines broken at its width, titles and levels in colour. Works on the finished
//! plain text, from which everything that acts on a terminal is already gone; decides nothing.

use std::fmt::Write as _;

/// What a terminal can do; nothing by default, as in a file or a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Screen {
    /// Whether it shows colour and the person wants it.
    pub colour: bool,
    /// Its width in columns; no line is broken without one.
    pub width: Option<usize>,
    /// Whether progress may be shown on standard error.
    pub progress: bool,
}

/// Lines are not broken below this width.
const NARROWEST: usize = 40;

/// `text` as `screen` shows it best.
#[must_use]
pub fn dress(text: &str, screen: Screen) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut dressed = String::with_capacity(text.len() * 2);
    for (place, line) in lines.iter().enumerate() {
        let underlined = lines.get(place + 1).is_some_and(|next| is_rule(next)) && !line.is_empty();
        let style = match screen.colour {
            true if underlined => Some("1"),
            true if is_rule(line) => Some("2"),
            _ => None,
        };
        for (number, part) in broken(line, screen.width).into_iter().enumerate() {
            let part = if screen.colour && number == 0 { tagged(&part) } else { part };
            let _ = match style {
                Some(style) => writeln!(dressed, "\x1b[{style}m{part}\x1b[0m"),
                None => writeln!(dressed, "{part}"),
            };
        }
    }
    dressed
}

/// A line of dashes under a title.
fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.bytes().all(|byte| byte == b'-')
}

/// `[level]` at the start of a line in its colour.
fn tagged(line: &str) -> String {
    let Some((tag, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return line.to_owned();
    };
    let colour = match tag.split(',').next().unwrap_or_default() {
        "critical" => "1;31",
        "high" => "31",
        "medium" => "33",
        "low" => "32",
        "informational" => "36",
        _ => return line.to_owned(),
    };
    format!("\x1b[{colour}m[{tag}]\x1b[0m{rest}")
}

/// `line` broken at blanks to `width`, later parts as far indented as its text; a word that is too long stays whole, so that
/// a path can still be copied.
fn broken(line: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.filter(|width| *width >= NARROWEST) else { return vec![line.to_owned()] };
    if line.chars().count() <= width {
        return vec![line.to_owned()];
    }
    let start = line.chars().take_while(|c| *c == ' ').count();
    let mark = line.trim_start().chars().take_while(|c| matches!(c, '-' | '>')).count();
    let indent = " ".repeat(if mark > 0 { start + mark + 1 } else { start });
    let (mut parts, mut current) = (Vec::new(), String::new());
    let mut length = 0;
    for word in line.split_inclusive(' ') {
        let bare = word.trim_end().chars().count();
        if length + bare > width && !current.trim().is_empty() {
            parts.push(current.trim_end().to_owned());
            current.clone_from(&indent);
            length = indent.len();
        }
        current.push_str(word);
        length += word.chars().count();
    }
    parts.push(current.trim_end().to_owned());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_the_text_as_it_is() {
        let text =
            "TITLE\n-----\n[critical] a long line that goes on and on and on until it is longer than any terminal\n";
        assert_eq!(dress(text, Screen::default()), text);
    }

    #[test]
    fn a_long_line_is_broken_below_its_own_text_and_a_path_stays_whole() {
        let text = format!("   - one two three four five six seven eight nine {}\n", "x".repeat(60));
        let dressed = dress(&text, Screen { width: Some(40), ..Screen::default() });
        let lines: Vec<&str> = dressed.lines().collect();
        assert_eq!(lines[0], "   - one two three four five six seven");
        assert_eq!(lines[1], "     eight nine");
        assert_eq!(lines[2].trim(), "x".repeat(60));
    }

    #[test]
    fn colour_marks_titles_and_levels_and_closes_what_it_opens() {
        let dressed =
            dress("FINDINGS\n--------\n[high, suspicious] x\nplain\n", Screen { colour: true, ..Screen::default() });
        assert!(dressed.starts_with("\x1b[1mFINDINGS\x1b[0m\n"), "{dressed:?}");
        assert!(dressed.contains("\x1b[31m[high, suspicious]\x1b[0m x\nplain\n"), "{dressed:?}");
    }
}
