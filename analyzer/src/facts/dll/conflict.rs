//! Pairs of good copies of the DLL of which only one belongs.

use koff_bundle::record::ProgramRecord;

use super::{
    super::{Datum, Record, Table},
    Inputs, Seen,
};

/// One record for every good copy besides the first. The first is the one that MAPI would load by name: in Kerio's
/// folder, then by path.
pub(super) fn table(copies: &[(&Seen<'_, ProgramRecord>, Record)], inputs: &Inputs<'_>) -> Table {
    let mut gaps = inputs.program_gaps.clone();
    let mut good: Vec<&(&Seen<'_, ProgramRecord>, Record)> = Vec::new();
    for copy in copies {
        match (copy.1.get("signature"), copy.1.get("publisher_expected")) {
            (Datum::Unknown(why), _) | (_, Datum::Unknown(why)) => gaps.extend(why.clone()),
            (Datum::Text(word), Datum::Bool(true)) if word == "trusted" || word == "expired" => good.push(copy),
            _ => {}
        }
    }
    good.sort_by_key(|(seen, _)| (!inputs.places.is_kerio(&seen.record.path), seen.record.path.key()));
    let mut records = Vec::new();
    if let Some((first, others)) = good.split_first() {
        for other in others {
            records.push(pair(first, other, inputs));
        }
    }
    gaps.sort();
    gaps.dedup();
    Table { records, gaps, ..Table::default() }
}

fn pair(
    first: &(&Seen<'_, ProgramRecord>, Record),
    other: &(&Seen<'_, ProgramRecord>, Record),
    inputs: &Inputs<'_>,
) -> Record {
    let field = |copy: &(&Seen<'_, ProgramRecord>, Record), name: &str| copy.1.get(name).clone();
    let mut record = Record::default();
    for (name, other_name) in [("path", "other"), ("version", "other_version"), ("machine", "other_machine")] {
        record.fields.insert(name, field(first, name));
        record.fields.insert(other_name, field(other, name));
    }
    record = record.with("differs", differs(first, other, inputs));
    record.seen([first.0.evidence.clone(), other.0.evidence.clone()])
}

/// Whether the two do not go together. Both bitnesses of one version do where Offices of both are installed, or where
/// one folder holds both (then one installation brought them).
fn differs(
    first: &(&Seen<'_, ProgramRecord>, Record),
    other: &(&Seen<'_, ProgramRecord>, Record),
    inputs: &Inputs<'_>,
) -> Datum {
    let get = |name: &str| (first.1.get(name), other.1.get(name));
    for name in ["version", "machine"] {
        if let (Datum::Unknown(why), _) | (_, Datum::Unknown(why)) = get(name) {
            return Datum::Unknown(why.clone());
        }
    }
    let (version, other_version) = get("version");
    let (machine, other_machine) = get("machine");
    let one_folder = first.0.record.path.parent().map(|p| p.key()) == other.0.record.path.parent().map(|p| p.key());
    let both_bitnesses = ["x86", "x64"].iter().all(|bits| inputs.office_bitness.iter().any(|b| b == bits));
    Datum::Bool(version != other_version || (machine != other_machine && !one_folder && !both_bitnesses))
}
