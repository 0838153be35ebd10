//! The last look before a bundle gets its name: every member is read back and searched for every learned name in every
//! form. Shares no search with redaction, so that a fault there is seen here.

use std::{
    io::{self, Read},
    path::Path,
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use koff_bundle::{limits::Limits, reader::Bundle};
use thiserror::Error;

use super::{
    Mode, Redactor,
    kind::Kind,
    locked,
    scan::text,
    words::{self, Strength},
};

mod forms;

use self::forms::add_forms;

/// Read at one go, and kept of the piece before.
const CHUNK: usize = 1 << 20;
const OVERLAP: usize = 4096;

/// A bundle that was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Members searched.
    pub members: usize,
    /// Bytes searched.
    pub bytes: u64,
    /// Forms searched for.
    pub forms: usize,
}

/// Why a bundle must not be handed out.
#[derive(Debug, Error)]
pub enum Leak {
    /// A name that should have been masked stands there.
    #[error("{member}, byte {offset}: expected no {kind} name, found one as {form}; nothing was exported")]
    Name {
        /// Member of the bundle.
        member: String,
        /// Place in it.
        offset: u64,
        /// What kind of name. The name itself is not repeated: messages are copied into tickets, too.
        kind: &'static str,
        /// In which form.
        form: &'static str,
    },
    /// The bundle could not be read back.
    #[error("the finished bundle cannot be read back: {0}")]
    Bundle(#[from] koff_bundle::error::Error),
    /// A member could not be read to its end.
    #[error("{member}: cannot be read back: {source}")]
    Io {
        /// Member of the bundle.
        member: String,
        /// The operating system's word.
        source: io::Error,
    },
    /// There are too many forms to search for.
    #[error("the search for names could not be built: {0}")]
    Search(String),
}

impl From<Leak> for crate::error::Error {
    fn from(leak: Leak) -> Self {
        Self::Leak(leak.to_string())
    }
}

struct Form {
    bytes: Vec<u8>,
    kind: Kind,
    form: &'static str,
    border: Border,
}

/// What must not go on before and after a form, since it would be another word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Border {
    None,
    /// A letter or digit.
    Narrow,
    /// A letter or digit with a zero byte behind it.
    Wide,
    /// The same with the zero byte before it.
    WideBig,
    /// Two digits that are a letter or digit.
    Pairs,
    /// The same as two digits each, with this many bytes between them.
    Digits(usize),
}

/// Searches the finished bundle at `path` for everything that `redactor` was to hide.
///
/// # Errors
/// The first place where something survived, or why the bundle could not be searched.
pub fn verify(path: &Path, redactor: &Redactor) -> Result<Verified, Leak> {
    let (folded, exact) = forms(redactor);
    let search = |forms: &[Form], insensitive: bool| {
        AhoCorasick::builder()
            .ascii_case_insensitive(insensitive)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(forms.iter().map(|form| &form.bytes))
            .map_err(|error| Leak::Search(error.to_string()))
    };
    let searches = [(search(&folded, true)?, folded.as_slice()), (search(&exact, false)?, exact.as_slice())];
    let bundle = Bundle::open(path, Limits::default())?;
    let mut verified = Verified { members: 0, bytes: 0, forms: folded.len() + exact.len() };
    for member in bundle.members().iter().filter(|member| member.refused.is_none()) {
        let mut stream = bundle.stream(&member.name)?;
        // A program file or catalogue that travels as it is, is its vendor's.
        if locked::travels_as_it_is(&member.name, &bundle.head(&member.name, locked::HEAD)?) {
            continue;
        }
        // Certificates travel as Base64 with the cities and companies of their issuers, and are nobody's secret.
        let searches = if member.name.ends_with("programs.json") { &searches[..1] } else { &searches[..] };
        verified.bytes += search_member(&member.name, &mut stream, searches)?;
        verified.members += 1;
    }
    Ok(verified)
}

fn search_member(name: &str, reader: &mut impl Read, searches: &[(AhoCorasick, &[Form])]) -> Result<u64, Leak> {
    let mut window: Vec<u8> = Vec::new();
    let mut offset = 0_u64;
    loop {
        let kept = window.len();
        let read = reader
            .by_ref()
            .take(CHUNK as u64)
            .read_to_end(&mut window)
            .map_err(|source| Leak::Io { member: name.to_owned(), source })?;
        for (search, forms) in searches {
            for found in search.find_overlapping_iter(&window) {
                let Some(form) = forms.get(found.pattern().as_usize()) else { continue };
                let (start, end) = (found.start(), found.end());
                // What touches the end is seen whole in the next window.
                let cut = read > 0 && end == window.len();
                if !cut && form.border.holds(&window, start, end) {
                    let place = offset + start as u64;
                    let (kind, form) = (form.kind.id(), form.form);
                    return Err(Leak::Name { member: name.to_owned(), offset: place, kind, form });
                }
            }
        }
        if read == 0 {
            return Ok(offset + kept as u64);
        }
        let drop = window.len().saturating_sub(OVERLAP);
        window.drain(..drop);
        offset += drop as u64;
    }
}

impl Border {
    fn holds(self, window: &[u8], start: usize, end: usize) -> bool {
        let slice = |from: Option<usize>, to: usize| from.and_then(|from| window.get(from..to)).unwrap_or_default();
        match self {
            Self::None => true,
            Self::Narrow => !text::word_before(window, start) && !text::word_after(window, end),
            Self::Wide | Self::WideBig => {
                let word = |pair: &[u8]| match (self, pair) {
                    (Self::Wide, [letter, 0]) | (Self::WideBig, [0, letter]) => letter.is_ascii_alphanumeric(),
                    _ => false,
                };
                !word(slice(start.checked_sub(2), start)) && !word(slice(Some(end), end + 2))
            }
            Self::Pairs => {
                let word = |digits: &[u8]| value(digits).is_some_and(|value| value.is_ascii_alphanumeric());
                !word(slice(start.checked_sub(2), start)) && !word(slice(Some(end), end + 2))
            }
            Self::Digits(gap) => {
                let word = |text: &[u8]| {
                    let (first, second) = (text.get(..2), text.get(2 + gap..4 + gap));
                    let first = first.and_then(value);
                    second == Some(b"00") && first.is_some_and(|value| value.is_ascii_alphanumeric())
                };
                let length = 4 + gap;
                !word(slice(start.checked_sub(length + gap), start))
                    && !word(slice(Some(end + gap), end + gap + length))
            }
        }
    }
}

/// The byte that two hexadecimal digits stand for.
fn value(digits: &[u8]) -> Option<u8> {
    (digits.len() == 2).then(|| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())?
}

/// Forms to be found in any case, and forms whose case counts.
fn forms(redactor: &Redactor) -> (Vec<Form>, Vec<Form>) {
    let engine = &redactor.shared.engine;
    let (mut folded, mut exact) = (Vec::new(), Vec::new());
    for secret in engine.learned.secrets() {
        add_forms(secret, Kind::Secret, &mut folded, &mut exact);
    }
    if redactor.mode() == Mode::Keep {
        return (folded, exact);
    }
    for (_, kind, name) in engine.learned.names() {
        match words::strength(name) {
            Strength::Everywhere => add_forms(name, kind, &mut folded, &mut exact),
            Strength::Placed | Strength::Number if kind == Kind::User => {
                for home in
                    [format!("\\Users\\{name}\\"), format!("\\\\Users\\\\{name}\\\\"), format!("/Users/{name}/")]
                {
                    let wide = home.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    folded.push(Form { bytes: home.into_bytes(), kind, form: "a home folder", border: Border::None });
                    folded.push(Form { bytes: wide, kind, form: "a home folder in UTF-16", border: Border::None });
                }
            }
            Strength::Placed | Strength::Number | Strength::Vocabulary | Strength::Public => {}
        }
    }
    (folded, exact)
}
