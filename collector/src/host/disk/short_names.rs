//! 8.3 short names (`PROGRA~1`), which a mounted disk does not show. Best effort by the rule that Windows makes them by:
//! the numbers follow the order of making, which is not known here, so the order of names stands in for it.

/// Index of the name in `names` (sorted) that the short name `part` stands for; `None` where `part` is no short name or
/// nothing in the folder could have it. The error says why a short name cannot be told.
pub(super) fn long_name<'a>(part: &str, names: impl Iterator<Item = &'a str>) -> Result<Option<usize>, String> {
    let Some((stem, number, extension)) = split(part) else {
        return Ok(None);
    };
    let candidates: Vec<usize> = names
        .enumerate()
        .filter(|(_, name)| base(name).is_some_and(|(base, ext)| base == stem && ext == extension))
        .map(|(index, _)| index)
        .collect();
    match candidates.get(number - 1) {
        Some(index) => Ok(Some(*index)),
        // One candidate, and a higher number: another file of that kind was there once.
        None if candidates.len() == 1 => Ok(candidates.first().copied()),
        None if candidates.is_empty() => Ok(None),
        None => Err(format!("the short name {part} could be any of {} names", candidates.len())),
    }
}

/// `PROGRA~2.EXT` as (`PROGRA`, 2, `EXT`).
fn split(part: &str) -> Option<(String, usize, String)> {
    let upper = part.to_uppercase();
    let (name, extension) = upper.rsplit_once('.').unwrap_or((&upper, ""));
    let (stem, digits) = name.rsplit_once('~')?;
    let number = digits.parse().ok().filter(|&number| number > 0)?;
    (name.chars().count() <= 8 && extension.chars().count() <= 3)
        .then(|| (stem.to_owned(), number, extension.to_owned()))
}

/// First six characters and extension that Windows would build a short name from; `None` for a name that fits 8.3 itself.
fn base(name: &str) -> Option<(String, String)> {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name.trim_start_matches('.'), ""),
    };
    let needs = stem.chars().count() > 8
        || extension.chars().count() > 3
        || name.chars().any(|c| " +,;=[]".contains(c))
        || stem.contains('.')
        || !name.is_ascii();
    needs.then(|| (cut(stem, 6), cut(extension, 3)))
}

fn cut(text: &str, length: usize) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '.'));
    kept.map(|c| if "+,;=[]".contains(c) { '_' } else { c }).take(length).collect::<String>().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_short_names_find_their_folder() {
        let names = ["Kerio", "Program Files", "Program Files (x86)", "ProgramData", "Users"];
        let find = |part| long_name(part, names.into_iter()).unwrap().map(|index| names[index]);
        assert_eq!(find("PROGRA~1"), Some("Program Files"));
        assert_eq!(find("progra~2"), Some("Program Files (x86)"));
        assert_eq!(find("PROGRA~3"), Some("ProgramData"));
        assert_eq!(find("KERIO~1"), None);
        let names = ["Outlook Connector (Offline Edition)", "UpdaterService"];
        let find = |part| long_name(part, names.into_iter()).unwrap().map(|index| names[index]);
        assert_eq!(find("OUTLOO~1"), Some(names[0]));
        assert_eq!(find("UPDATE~1"), Some(names[1]));
        assert_eq!(find("UPDATE~x"), None);
    }

    #[test]
    fn a_doubtful_number_is_not_guessed() {
        let names = ["Long Name A.text", "Long Name B.text"];
        assert!(long_name("LONGNA~7.TEX", names.into_iter()).is_err());
        assert_eq!(long_name("LONGNA~2.TEX", names.into_iter()), Ok(Some(1)));
    }
}
