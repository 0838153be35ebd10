//! The learned names as byte patterns: every spelling, code page and width they may stand in. Owns when such a pattern
//! counts as the name standing there: as a whole word, or cut off after at least eight characters.

mod border;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
    WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258,
};

use self::{
    border::{begins_word, ends_word, is_held, is_placed, is_wide_word},
    spelling::{base64_forms, case_forms, oem},
};
use super::{
    Engine, Hit, Place, Scratch, base64,
    grams::{Grams, Target},
    text::{FOLD, is_word_byte},
};
use crate::redact::{
    Mode,
    kind::Kind,
    learned::Learned,
    pseudonym::Pseudonyms,
    words::{self, Strength},
};

/// The code pages that programs of Windows write in, whatever the PC's own is: a log may come from another one.
const PAGES: [&Encoding; 14] = [
    WINDOWS_1252,
    WINDOWS_1250,
    WINDOWS_1251,
    WINDOWS_1253,
    WINDOWS_1254,
    WINDOWS_1255,
    WINDOWS_1256,
    WINDOWS_1257,
    WINDOWS_1258,
    WINDOWS_874,
    SHIFT_JIS,
    GBK,
    EUC_KR,
    BIG5,
];

/// Fewer Base64 digits stand somewhere by chance.
const SHORTEST_DIGITS: usize = 7;

/// A name cut off after this many characters is still recognised where the rest of the word is missing.
const TRUNCATED: usize = 8;

/// Rank of a name found as a word; structures that hold it rank higher.
pub(crate) const RANK: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    /// UTF-8 or a code page.
    Eight,
    Utf16Le,
    Utf16Be,
}

/// What a place must say before a form counts as a name there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// For an ordinary word: to be a part of a path or address.
    Part,
    /// For digits: to stand behind a domain or below what holds names.
    Holder,
}

#[derive(Debug)]
struct Form {
    folded: Vec<u8>,
    width: Width,
    /// Index into `Names::names`.
    name: usize,
    /// Bytes after which the cut-off form is long enough to count; beyond the end where it never does.
    truncated: usize,
    /// Only where the place says that it is a name.
    needs: Needs,
    /// A text to remove, whatever stands around it.
    secret: bool,
    /// The same bytes as Base64 digits, in their own case.
    digits: Option<Vec<u8>>,
    /// Whether these digits may be the first of their row.
    leads: bool,
}

#[derive(Debug)]
struct Name {
    kind: Kind,
    stand_in: String,
    original: String,
}

/// Learned names, ready for the search.
#[derive(Debug)]
pub(crate) struct Names {
    names: Vec<Name>,
    forms: Vec<Form>,
    /// Stand-in by whole lower-case text: names, further spellings, short names.
    whole: BTreeMap<String, usize>,
    /// Forms that do not begin at a word's beginning, which the filter cannot find: secrets, names that are signs mostly.
    unanchored: Option<AhoCorasick>,
    /// The forms that it finds.
    odd: Vec<u32>,
}

impl Names {
    pub(crate) fn new(learned: &Learned, pseudonyms: &Pseudonyms, mode: Mode) -> Self {
        let (names, forms, whole) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut all = Self { names, forms, whole, unanchored: None, odd: Vec::new() };
        if mode == Mode::Mask {
            for (folded, kind, text) in learned.names() {
                let stand_in = pseudonyms.name(kind, text, learned);
                let index = all.add(kind, stand_in, text);
                all.whole.insert(folded.to_owned(), index);
                all.spell(text, index, words::strength(folded));
                all.add_short(folded, kind, pseudonyms);
            }
            for (alias, folded) in learned.aliases() {
                if let Some(index) = all.whole.get(folded).copied() {
                    all.whole.entry(alias.to_owned()).or_insert(index);
                    let before = all.forms.len();
                    all.spell(alias, index, words::strength(alias));
                    // The name itself is what tables cut off; its spellings would only be found again.
                    // Nor do they need Base64 of their own: what it holds is searched as text.
                    let own: Vec<Form> = all.forms.drain(before..).filter(|form| form.digits.is_none()).collect();
                    all.forms.extend(own.into_iter().map(|form| Form { truncated: usize::MAX, ..form }));
                }
            }
        }
        for secret in learned.secrets() {
            let index = all.add(Kind::Secret, super::super::REMOVED.to_owned(), secret);
            let before = all.forms.len();
            all.spell(secret, index, Strength::Everywhere);
            for form in all.forms.iter_mut().skip(before) {
                form.secret = true;
                form.truncated = usize::MAX;
            }
        }
        all
    }

    /// Enters every form into the one-pass filter, or into that for `digits` of Base64; what fits neither is searched for
    /// apart.
    pub(crate) fn enter<const A: usize, const B: usize>(&mut self, grams: &mut Grams<A>, digits: &mut Grams<B>) {
        for (index, form) in (0..).zip(&self.forms) {
            let target = Target::Name(index);
            if form.digits.is_some() {
                digits.enter_for_every_fourth(&form.folded, target);
                // A row too short to be looked into may be a name's digits and nothing else.
                if form.leads {
                    grams.enter(&form.folded, usize::MAX, target, |_| false);
                }
            } else if form.secret
                || !grams.enter(&form.folded, form.truncated, target, |byte| !byte.is_ascii_alphanumeric())
            {
                self.odd.push(index);
            }
        }
        let odd = self.odd.iter().filter_map(|index| self.forms.get(*index as usize)).map(|form| &form.folded);
        if !self.odd.is_empty() {
            // Fails only for more patterns than any memory holds; the check of the finished bundle would still see them.
            self.unanchored = AhoCorasick::builder().ascii_case_insensitive(true).build(odd).ok();
        }
    }

    /// Searches for the forms that do not begin at a word's beginning.
    pub(crate) fn unanchored(&self, engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
        let Some(search) = &self.unanchored else { return };
        for found in search.find_overlapping_iter(place.slice(place.floor, place.text.len())) {
            if let Some(form) = self.odd.get(found.pattern().as_usize()) {
                self.verify(engine, place, place.floor + found.start(), *form, scratch);
            }
        }
    }

    /// The stand-in and kind of `text` where it is, as a whole, a learned name, a spelling of one, or its short form.
    pub(crate) fn whole(&self, text: &str) -> Option<(&str, Kind)> {
        let name = self.names.get(*self.whole.get(&text.to_lowercase())?)?;
        Some((&name.stand_in, name.kind))
    }

    /// Learned names with their stand-ins, for the reverse map.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .filter(|name| name.kind != Kind::Secret)
            .map(|name| (name.stand_in.as_str(), name.original.as_str()))
    }

    fn add(&mut self, kind: Kind, stand_in: String, original: &str) -> usize {
        self.names.push(Name { kind, stand_in, original: original.to_owned() });
        self.names.len() - 1
    }

    /// Adds the byte forms of one spelling.
    fn spell(&mut self, text: &str, name: usize, strength: Strength) {
        if matches!(strength, Strength::Public | Strength::Vocabulary) {
            return;
        }
        let needs = match strength {
            Strength::Placed => Needs::Part,
            Strength::Number => Needs::Holder,
            _ => Needs::Nothing,
        };
        let long = text.chars().count() > TRUNCATED;
        let mut seen = BTreeSet::new();
        for spelled in base64_forms(text) {
            self.spell_base64(&spelled, name, needs);
        }
        for spelled in case_forms(text) {
            let cut = if long { spelled.char_indices().nth(TRUNCATED).map(|(at, _)| at) } else { None };
            let mut eight = vec![(spelled.as_bytes().to_vec(), cut.unwrap_or(usize::MAX))];
            if !spelled.is_ascii() {
                let cut = if long { TRUNCATED } else { usize::MAX };
                eight.extend(PAGES.iter().filter_map(|page| {
                    let (bytes, _, unmapped) = page.encode(&spelled);
                    (!unmapped).then(|| (bytes.into_owned(), cut))
                }));
                eight.extend(oem(&spelled).map(|bytes| (bytes, cut)));
            }
            let le: Vec<u8> = spelled.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let be: Vec<u8> = spelled.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let cut = if long { TRUNCATED * 2 } else { usize::MAX };
            let wide = [(le, cut, Width::Utf16Le), (be, cut, Width::Utf16Be)];
            for (bytes, truncated, width) in eight.into_iter().map(|(b, c)| (b, c, Width::Eight)).chain(wide) {
                let folded: Vec<u8> = bytes.iter().map(|byte| FOLD[usize::from(*byte)]).collect();
                if folded.len() >= 3 && seen.insert((folded.clone(), width)) {
                    self.forms.push(Form {
                        folded,
                        width,
                        name,
                        truncated,
                        needs,
                        secret: false,
                        digits: None,
                        leads: false,
                    });
                }
            }
        }
    }

    /// Adds the digits that a name has inside any Base64, at each of its three places in a group. Shorter names are left
    /// to the search inside what Base64 holds.
    fn spell_base64(&mut self, spelled: &str, name: usize, needs: Needs) {
        let wide: Vec<u8> = spelled.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [spelled.as_bytes(), &wide] {
            for shift in 0..3 {
                let digits = base64::inner(bytes, shift);
                if digits.len() >= SHORTEST_DIGITS && needs == Needs::Nothing {
                    let folded = digits.iter().map(|byte| FOLD[usize::from(*byte)]).collect();
                    let (width, truncated) = (Width::Eight, usize::MAX);
                    let (digits, leads) = (Some(digits), shift == 0);
                    self.forms.push(Form { folded, width, name, truncated, needs, secret: false, digits, leads });
                }
            }
        }
    }

    /// The 8.3 name that Windows gives a folder of this name, `MUSTER~1`.
    fn add_short(&mut self, folded: &str, kind: Kind, pseudonyms: &Pseudonyms) {
        let base: String = folded
            .chars()
            .filter(|c| !matches!(c, ' ' | '.'))
            .map(|c| if matches!(c, '+' | ',' | ';' | '=' | '[' | ']') { '_' } else { c })
            .collect();
        if base.chars().count() < 6 || (base == folded && base.chars().count() <= 8) || kind == Kind::Guid {
            return;
        }
        let start: String = base.chars().take(6).collect();
        for number in '1'..='9' {
            let short = format!("{start}~{number}");
            let index = self.add(kind, pseudonyms.short(&start, number), &short);
            self.whole.entry(short.clone()).or_insert(index);
            let before = self.forms.len();
            self.spell(&short, index, Strength::Everywhere);
            let own: Vec<Form> = self.forms.drain(before..).filter(|form| form.digits.is_none()).collect();
            self.forms.extend(own);
        }
    }

    /// Adds a hit where the form really stands at `at`.
    pub(crate) fn verify(&self, engine: &Engine, place: Place<'_>, at: usize, form: u32, scratch: &mut Scratch) {
        let Some(form) = self.forms.get(form as usize) else { return };
        let Some(name) = self.names.get(form.name) else { return };
        let rest = place.slice(at, at + form.folded.len());
        let same = rest.iter().zip(&form.folded).take_while(|(a, b)| FOLD[usize::from(**a)] == **b).count();
        let cut = same < form.folded.len();
        if let Some(digits) = &form.digits {
            if rest == digits {
                let stand_in = base64::filled(&name.stand_in, digits.len());
                let end = at + digits.len();
                scratch.hits.push(Hit { start: at, end, rank: RANK, kind: name.kind, stand_in, carry: None });
            }
            return;
        }
        if cut && same < form.truncated || !form.secret && !begins_word(place, at, form.width) {
            return;
        }
        let Some(same) = (if cut { form.cut_off(same, name.kind) } else { Some(same) }) else { return };
        let end = at + same;
        if !form.secret && !ends_word(place, at, end, form.width) {
            return;
        }
        let told = match form.needs {
            Needs::Nothing => true,
            Needs::Part => is_placed(place, at, end),
            Needs::Holder => is_held(self, place, at, end),
        };
        if !told {
            return;
        }
        if form.width == Width::Eight && name.kind == Kind::Domain && form.folded.contains(&b'.') {
            return host_in_domain(engine, place, at, end, scratch);
        }
        let rank = if form.secret { u8::MAX } else { RANK };
        // Several names that read the same: the first says what stands there.
        if scratch.hits.last().is_some_and(|last| (last.start, last.end) == (at, end) && last.rank >= rank) {
            return;
        }
        let stand_in = match form.width {
            Width::Eight => name.stand_in.as_bytes().to_vec(),
            Width::Utf16Le => name.stand_in.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Width::Utf16Be => name.stand_in.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        };
        scratch.hits.push(Hit { start: at, end, rank, kind: name.kind, stand_in, carry: None });
    }
}

impl Form {
    /// How many of the `same` bytes that a text shares with this form are the name, cut off. Whole words of it are that
    /// only where they say who it is: `Outlook` is no cut-off `Outlook of Anna`.
    fn cut_off(&self, same: usize, kind: Kind) -> Option<usize> {
        let unit = if self.width == Width::Eight { 1 } else { 2 };
        let is_word = |at: usize| match self.folded.get(at..at + unit) {
            Some([byte]) => is_word_byte(*byte) || *byte >= 0x80,
            Some(pair) => is_wide_word(pair, self.width),
            None => false,
        };
        let mut kept = same / unit * unit;
        // Characters end whole.
        while unit == 1 && self.folded.get(kept).is_some_and(|byte| (0x80..0xC0).contains(byte)) && kept > 0 {
            kept -= 1;
        }
        while kept >= unit && !is_word(kept - unit) {
            kept -= unit;
        }
        let telling = !matches!(kind, Kind::Profile | Kind::Share | Kind::Folder);
        if kept < self.truncated || !is_word(kept) && !telling {
            return None;
        }
        let words = String::from_utf8_lossy(self.folded.get(..kept).unwrap_or_default()).replace('\0', "");
        // `Administrator` is no cut-off `Administratorin`.
        (words::strength(&words) == Strength::Everywhere).then_some(kept)
    }
}

/// A learned domain stands at `start..end`; the labels before it belong to the same host name.
fn host_in_domain(engine: &Engine, place: Place<'_>, start: usize, end: usize, scratch: &mut Scratch) {
    let label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') || byte >= 0x80;
    let labels = if place.before(start) == b'.' { place.run_back(start, 253, label) } else { 0 };
    let start = start - labels;
    let start = start + place.run(start, labels, |byte| matches!(byte, b'-' | b'.'));
    let host = String::from_utf8_lossy(place.slice(start, end)).into_owned();
    let stand_in = engine.host(&host, scratch);
    let stand_in = stand_in.into_bytes();
    engine.push(scratch, Hit { start, end, rank: RANK + 1, kind: Kind::Domain, stand_in, carry: None });
}
