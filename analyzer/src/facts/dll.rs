//! Connector DLLs as facts: one record per copy, per pair of copies that do not go together, per process that holds one.
//! Owns the derivation out of what the collector saw; where DLLs are *named* (`dll-reference`) is derived elsewhere.

mod conflict;
mod identity;
mod inspect;
mod load;
mod location;

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    path::WinPath,
    reading::Reading,
    record::{PeSummary, ProcessSurvey, ProgramRecord, RichHeader, WindowsVerdict},
};

pub use self::location::Places;
use super::{Datum, Record, Table};
use crate::{
    evidence::Evidence,
    pack::Pack,
    signature::{Signature, Trust, Word, judge},
    verdict::Unknown,
};

/// A wire record and where it was seen.
#[derive(Debug, Clone)]
pub struct Seen<'a, T> {
    /// The record.
    pub record: &'a T,
    /// Its place in the bundle.
    pub evidence: Evidence,
}

/// What the derivation rests on.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Every program record of the bundle.
    pub programs: Vec<Seen<'a, ProgramRecord>>,
    /// Why there may be more.
    pub program_gaps: Vec<Unknown>,
    /// The process survey, or why there is none.
    pub processes: Result<Seen<'a, ProcessSurvey>, Unknown>,
    /// Kerio's folders and the users' own.
    pub places: Places,
    /// Server names and addresses that profiles and settings name, lower case.
    pub servers: Vec<String>,
    /// Bitnesses of the installed Outlooks: `x86`, `x64`; empty where unknown.
    pub office_bitness: Vec<String>,
    /// Anchors and what is distrusted.
    pub trust: &'a Trust,
    /// When the bundle was collected: the moment for signatures whose time nothing proves.
    pub at: Timestamp,
    /// Tables.
    pub pack: &'a Pack,
}

/// The tables of the three kinds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Derived {
    /// Kind `dll`.
    pub dll: Table,
    /// Kind `dll-conflict`.
    pub conflict: Table,
    /// Kind `dll-load`.
    pub load: Table,
}

/// Whether `name` is a connector DLL's: `kofmsp.dll`, or with the 32 that MAPI appends on load \[M2\]\[M3\], or 64.
#[must_use]
pub fn is_connector_dll(name: &str) -> bool {
    ["kofmsp.dll", "kofmsp32.dll", "kofmsp64.dll"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Derives all three tables.
#[must_use]
pub fn derive(inputs: &Inputs<'_>) -> Derived {
    let installer = load::installer_running(&inputs.processes);
    let mut copies: Vec<(&Seen<'_, ProgramRecord>, Record)> = inputs
        .programs
        .iter()
        .filter(|seen| is_connector_dll(seen.record.path.file_name()) && exists(seen.record))
        .map(|seen| {
            let (record, _) = program(seen.record, inputs.trust, inputs.at, inputs.pack);
            let record = record
                .with("location", inputs.places.location(&seen.record.path))
                .with("staging", inputs.places.staging(&seen.record.path).map(str::to_owned))
                .with("installer_running", installer.clone())
                .seen([seen.evidence.clone()]);
            (seen, record)
        })
        .collect();
    copies.sort_by_key(|(seen, _)| seen.record.path.key());
    let conflict = conflict::table(&copies, inputs);
    let records = copies.into_iter().map(|(_, record)| record).collect();
    Derived {
        dll: Table { records, gaps: inputs.program_gaps.clone(), ..Table::default() },
        conflict,
        load: load::table(inputs),
    }
}

/// Whether there is a file at all; a DLL that is only named somewhere is no copy.
fn exists(program: &ProgramRecord) -> bool {
    program.stat.why_missing().is_none_or(|why| why.missing != State::Absent)
}

/// The record of one copy but for what its place and the processes say: `location`, `staging` and `installer_running`
/// are unknown here. With it the whole signature verdict, where there is a file to judge.
#[must_use]
pub fn program(program: &ProgramRecord, trust: &Trust, at: Timestamp, pack: &Pack) -> (Record, Option<Signature>) {
    let elsewhere = || Datum::from(Unknown::new(State::NotCollected, "the place of the file"));
    let record = Record::default()
        .with("path", program.path.as_str())
        .with("name", program.path.file_name())
        .with("user", program.user.clone())
        .with("found_by", program.found_by.iter().filter_map(word).collect::<Vec<String>>())
        .with("location", elsewhere())
        .with("staging", elsewhere())
        .with("installer_running", Datum::from(Unknown::new(State::NotCollected, "running programs")))
        .with("owner", reading(&program.owner, "owner of the file", String::clone))
        .with("writers", reading(&program.writers, "who may change the file", Vec::clone))
        .with("downloaded_from", downloaded_from(program));
    match &program.pe {
        Reading::Value(pe) => {
            let mut signature = judge(pe, trust, at);
            let differs = reconcile(&mut signature, &program.windows_verdict);
            let record = inspected(record, pe, pack);
            (signed(record, &signature, pack).with("windows_differs", differs), Some(signature))
        }
        Reading::Missing(why) => {
            let unknown = Unknown::new(why.missing, format!("{}: {}", program.path, why.reason));
            let mut record = record.with("size", reading(&program.stat, "size", |stat| stat.size));
            for field in crate::facts::kind::DLL.fields {
                if !record.fields.contains_key(field.name) {
                    record = record.with(field.name, unknown.clone());
                }
            }
            (record, None)
        }
    }
}

/// A reading as a datum: absent is certain, everything else missing is unknown.
fn reading<T, D: Into<Datum>>(reading: &Reading<T>, what: &str, value: impl FnOnce(&T) -> D) -> Datum {
    match reading {
        Reading::Value(found) => value(found).into(),
        Reading::Missing(why) if why.missing == State::Absent => Datum::Absent,
        Reading::Missing(why) if why.reason.is_empty() => Unknown::new(why.missing, what).into(),
        Reading::Missing(why) => Unknown::new(why.missing, format!("{what}: {}", why.reason)).into(),
    }
}

/// The serialised word of a plain enum.
fn word(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

/// Fields that follow from the bytes, signature aside.
fn inspected(record: Record, pe: &PeSummary, pack: &Pack) -> Record {
    let identity = identity::mismatch(&pe.version);
    let packed = reading(&pe.format, "headers", |format| inspect::packed(format, pack));
    let behaviour = reading(&pe.format, "headers", inspect::behaviour);
    let has = |list: &Datum| match list {
        Datum::List(list) => Datum::Bool(!list.is_empty()),
        other => other.clone(),
    };
    // A file that is no PE file has no sections and imports: nothing of it is packed or does anything.
    let not_pe = pe.format.why_missing().is_some_and(|why| why.missing == State::Failed);
    let flag = |list: &Datum| if not_pe { Datum::Bool(false) } else { has(list) };
    record
        .with("size", pe.size)
        .with("is_pe", if not_pe { Datum::Bool(false) } else { reading(&pe.format, "headers", |_| true) })
        .with("is_exe", reading(&pe.format, "headers", |format| !format.dll))
        .with("machine", reading(&pe.format, "headers", |format| format.machine.clone()))
        .with("version", reading(&pe.version, "version resource", |version| version.file_version.clone()))
        .with("company", reading(&pe.version, "version resource", |v| v.string("CompanyName").map(str::to_owned)))
        .with("product", reading(&pe.version, "version resource", |v| v.string("ProductName").map(str::to_owned)))
        .with(
            "original_name",
            reading(&pe.version, "version resource", |v| v.string("OriginalFilename").map(str::to_owned)),
        )
        .with("identity_mismatch", has(&identity))
        .with(
            "identity_why",
            match identity {
                Datum::List(list) if list.is_empty() => Datum::Absent,
                Datum::List(list) => list.join("; ").into(),
                other => other,
            },
        )
        .with("sha256", pe.sha256.as_str())
        .with("known_bad", pack.lists("known-bad", &pe.sha256))
        .with("rich_header", reading(&pe.format, "headers", |format| format.rich.as_ref().map(rich)))
        .with("packed", flag(&packed))
        .with("packed_why", packed)
        .with("mapi_provider", reading(&pe.format, "headers", inspect::mapi_provider))
        .with("behaviour", flag(&behaviour))
        .with("behaviour_why", behaviour)
}

/// A Rich header in words.
fn rich(header: &RichHeader) -> String {
    let fits = if header.checksum_fits { "fits" } else { "does not fit: changed after it was linked" };
    format!("key 0x{:08x}, checksum {fits}, {} tools", header.key, header.tools.len())
}

/// Fields that follow from the signature.
fn signed(record: Record, signature: &Signature, pack: &Pack) -> Record {
    let unverifiable = || Unknown::new(State::Failed, format!("signature unverifiable: {}", signature.reason));
    // A verdict that this program cannot give is unknown to the rules, whatever word the table shows.
    let known = signature.verdict != Word::Unverifiable;
    let verdict = known.then_some(signature.verdict.as_str()).ok_or_else(unverifiable);
    let faults: Vec<String> = signature.faults.iter().map(|word| word.as_str().to_owned()).collect();
    let time = signature.signing_time.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
    let anchor = signature.anchor.as_ref().zip(signature.anchor_store.as_ref());
    let publisher = signature.publisher.as_deref();
    record
        .with("signature", verdict)
        .with("signature_why", signature.reason.as_str())
        .with("signature_faults", known.then_some(faults).ok_or_else(unverifiable))
        .with("publisher", publisher.map(str::to_owned))
        .with(
            "publisher_expected",
            match publisher {
                Some(publisher) => identity::expected(publisher, pack).into(),
                None if signature.verdict == Word::Trusted => {
                    Unknown::new(State::NotCollected, "the signer of the catalogue").into()
                }
                None => Datum::Absent,
            },
        )
        .with("signed_at", time)
        .with("anchor", anchor.map(|(name, store)| format!("{name} ({store})")))
        .with("anchor_only_on_host", signature.anchor_only_on_host)
        .with("weak_crypto", signature.weak_crypto.clone())
        .with("appended_data", signature.appended_data.clone())
        .with("timestamp_problem", signature.timestamp_problem.clone())
}

/// Takes Windows' own verdict in: it alone knows online revocation and the PC's catalogues. Returns the words for a
/// difference that remains.
fn reconcile(signature: &mut Signature, windows: &Reading<WindowsVerdict>) -> Datum {
    let verdict = match windows {
        Reading::Value(verdict) => verdict,
        // Only a live host can say; elsewhere there is nothing to differ from.
        Reading::Missing(_) => return Datum::Absent,
    };
    // HRESULTs (winerror.h), as 32 bits whatever the sign they travelled with.
    let code = (verdict.code & 0xffff_ffff) as u32;
    let same: &[Word] = match code {
        0 => &[Word::Trusted],
        0x800b_0100 | 0x800b_0003 => &[Word::Unsigned],
        0x8009_6010 | 0x800b_0110 | 0x800b_0004 | 0x8009_6004 => &[Word::Invalid],
        0x800b_0109 | 0x800b_010a => &[Word::UntrustedRoot, Word::SelfSigned],
        0x800b_0101 => &[Word::Expired],
        0x800b_010c | 0x800b_0111 => &[Word::Revoked],
        _ => &[],
    };
    if same.contains(&Word::Revoked) && signature.verdict != Word::Revoked {
        signature.faults.insert(0, Word::Revoked);
        (signature.verdict, signature.reason) = (Word::Revoked, format!("Windows says {}", verdict.name));
        return Datum::Absent;
    }
    if code == 0 && signature.verdict == Word::Unsigned && verdict.catalogue.is_some() {
        let catalogue = verdict.catalogue.as_ref().map(WinPath::as_str).unwrap_or_default();
        signature.faults.clear();
        signature.verdict = Word::Trusted;
        signature.reason = format!("signed by the catalogue {catalogue}, as Windows says; it is not in the bundle");
        return Datum::Absent;
    }
    if same.contains(&signature.verdict) {
        return Datum::Absent;
    }
    format!("Windows says {} (0x{code:08x}), this program says {}", verdict.name, signature.verdict.as_str()).into()
}

/// Host or URL that the mark of the web names.
fn downloaded_from(program: &ProgramRecord) -> Datum {
    reading(&program.streams, "alternate data streams", |streams| {
        let text = streams.iter().find(|s| s.name.eq_ignore_ascii_case("Zone.Identifier"))?.text.as_deref()?;
        let line = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key).map(str::to_owned));
        line("HostUrl=").or_else(|| line("ReferrerUrl=")).or_else(|| line("ZoneId=").map(|zone| format!("zone {zone}")))
    })
}

#[cfg(test)]
mod tests;
