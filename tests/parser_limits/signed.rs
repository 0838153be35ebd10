//! Signatures at the limits of their parsers and one past them: what the verdict says, and that it stays what it was where
//! the rest can be told.

use koff_analyze::signature::{Signature, Trust, Word, judge};
use koff_bundle::{
    acquisition::State,
    base64, pe,
    reading::Reading,
    record::{PeSigning, PeSummary},
};
use koff_fixtures::pe::certificate_entry as entry;

use super::der::{
    COMMON_NAME, DIGEST, NESTED, SEQUENCE, Signed, TIMESTAMP, attribute, broken, catalogue, certificate,
    certificate_of, name, own_key, revocation, rsa_key, sequence, tlv,
};

/// The limits, held against the source by the table's test.
const CERTIFICATES: usize = 64;
const LISTS: usize = 16;
const SIGNERS: usize = 4;
const ATTRIBUTES: usize = 64;
const TIMESTAMPS: usize = 4;
const SIGNATURES: usize = 16;
const NESTING: usize = 4;
const ENTRIES: usize = 16;
const CHAIN: usize = 10;
const CHECKS: usize = 64;
const REVOKED: u32 = 100_000;
const MEMBERS: u32 = 200_000;

/// An object identifier of nobody.
const STRANGER: &[u8] = b"\x2a\x03";

/// A program with this certificate table, and without where it is empty.
fn program(table: &[u8]) -> PeSummary {
    let hex = DIGEST.iter().map(|byte| format!("{byte:02x}")).collect();
    let table_bytes = match table {
        [] => Reading::missing(State::Absent, "no table"),
        _ => Reading::Value(base64::encode(table)),
    };
    let signing = PeSigning {
        digests: vec![("sha256".to_owned(), hex)],
        table: (!table.is_empty()).then_some((0, table.len() as u64)),
        table_bytes,
        after_table: 0,
        checksum: Reading::Value("zero".to_owned()),
    };
    PeSummary { signing: Reading::Value(signing), ..pe::summarise(b"MZ") }
}

fn judged_by(table: &[u8], trust: &Trust) -> Signature {
    judge(&program(table), trust, "2026-03-02T10:00:00Z".parse().unwrap())
}

/// The authority that issued the signer's certificate, trusted.
fn trust() -> Trust {
    let mut trust = Trust::empty();
    trust.add_file(&certificate("CA", 2, "CA")).unwrap();
    trust
}

fn judged(signed: &Signed) -> Signature {
    judged_by(&entry(2, &signed.encode()), &trust())
}

fn signer() -> Vec<u8> {
    certificate("Signer", 1, "CA")
}

fn signed() -> Signed {
    Signed { certificates: vec![signer()], ..Signed::default() }
}

#[test]
fn certificates_signers_and_attributes_of_a_signature() {
    assert_eq!((judged(&signed()).verdict, judged(&signed()).notes), (Word::Trusted, vec![]), "the forging is sound");
    let unreadable = |signed: Signed| {
        let signature = judged(&signed);
        assert_eq!(signature.verdict, Word::Invalid);
        signature.reason
    };
    let certificates = |count| Signed { certificates: vec![signer(); count], ..Signed::default() };
    assert_eq!(judged(&certificates(CERTIFICATES)).verdict, Word::Trusted);
    assert_eq!(
        unreadable(certificates(CERTIFICATES + 1)),
        "the signature cannot be read: certificates: expected at most 64, found more"
    );
    let signers = |count: usize| Signed { more_signers: count - 1, ..signed() };
    assert_eq!(unreadable(signers(SIGNERS)), "it has 4 signers, one is expected");
    assert_eq!(
        unreadable(signers(SIGNERS + 1)),
        "the signature cannot be read: signers: expected at most 4, found more"
    );
    let attributes = |count| Signed { attributes: vec![attribute(STRANGER, &[]); count], ..signed() };
    assert_eq!(judged(&attributes(ATTRIBUTES)).verdict, Word::Trusted);
    assert_eq!(
        unreadable(attributes(ATTRIBUTES + 1)),
        "the signature cannot be read: attributes: expected at most 64, found more"
    );
    let values = |count| Signed { attributes: vec![attribute(STRANGER, &vec![vec![4, 0]; count])], ..signed() };
    assert_eq!(judged(&values(ATTRIBUTES)).verdict, Word::Trusted);
    assert_eq!(
        unreadable(values(ATTRIBUTES + 1)),
        "the signature cannot be read: attribute values: expected at most 64, found more"
    );
}

#[test]
fn lists_and_timestamps_of_a_signature() {
    let lists = |count| judged(&Signed { lists: vec![sequence(&[]); count], ..signed() });
    assert_eq!((lists(LISTS).verdict, lists(LISTS).notes), (Word::Trusted, vec![]));
    let past = lists(LISTS + 1);
    assert_eq!(past.notes, ["more than 16 revocation lists; the rest is left out"]);
    assert_eq!(past.verdict, Word::Trusted);
    let timestamps = |count| {
        let values = vec![sequence(&[]); count];
        judged(&Signed { attributes: vec![attribute(TIMESTAMP, &values)], ..signed() }).timestamp_problem.unwrap()
    };
    let (at, past) = (timestamps(TIMESTAMPS), timestamps(TIMESTAMPS + 1));
    assert_eq!(at.matches("RFC 3161 timestamp").count(), TIMESTAMPS);
    assert_eq!(past, format!("{at}; more than 4 timestamps; the rest is left out"));
}

#[test]
fn signatures_of_a_file() {
    let beside = |count: usize| {
        let values = vec![signed().encode(); count - 1];
        judged(&Signed { attributes: vec![attribute(NESTED, &values)], ..signed() })
    };
    let (at, past) = (beside(SIGNATURES), beside(SIGNATURES + 2));
    assert_eq!((at.verdict, at.other_signatures.len()), (Word::Trusted, SIGNATURES - 1));
    assert_eq!((past.verdict, past.other_signatures.len()), (Word::Trusted, SIGNATURES));
    assert_eq!(past.other_signatures.last().unwrap(), "unverifiable: more than 16 signatures");
    let nested = |levels: usize| {
        let inside = |below: Vec<u8>| Signed { attributes: vec![attribute(NESTED, &[below])], ..signed() }.encode();
        let whole = (1..levels).fold(signed().encode(), |below, _| inside(below));
        judged_by(&entry(2, &whole), &trust())
    };
    let (at, past) = (nested(NESTING), nested(NESTING + 1));
    assert_eq!((at.verdict, at.other_signatures.len()), (Word::Trusted, NESTING - 1));
    assert!(at.other_signatures.iter().all(|other| other.starts_with("trusted: ")), "{:?}", at.other_signatures);
    assert_eq!(past.verdict, Word::Trusted);
    assert_eq!(past.other_signatures.last().unwrap(), "unverifiable: signatures nested deeper than 4");
    let entries = |count: usize| {
        let foreign = entry(1, b"x509").repeat(count - 1);
        judged_by(&[entry(2, &signed().encode()), foreign].concat(), &trust())
    };
    assert_eq!(entries(ENTRIES).verdict, Word::Trusted);
    let past = entries(ENTRIES + 1);
    assert_eq!(past.verdict, Word::Invalid);
    assert_eq!(past.reason, "the certificate table is broken: more than 16 entries");
}

#[test]
fn certificates_of_a_chain_and_checks_of_it() {
    let mut trust = Trust::empty();
    trust.add_file(&certificate("Root", 90, "Root")).unwrap();
    // Signer, CA, CA 1, …, Root: so many certificates in all.
    let chain = |length: u32| {
        let named = |number: u32| match number {
            0 => "CA".to_owned(),
            last if last == length - 2 => "Root".to_owned(),
            number => format!("CA {number}"),
        };
        let between = (0..length - 2).map(|number| certificate(&named(number), 10 + number, &named(number + 1)));
        let certificates = std::iter::once(signer()).chain(between).collect();
        judged_by(&entry(2, &Signed { certificates, ..Signed::default() }.encode()), &trust)
    };
    let (at, past) = (chain(CHAIN as u32), chain(CHAIN as u32 + 1));
    assert_eq!((at.verdict, at.issuer_chain.len()), (Word::Trusted, CHAIN), "{}", at.reason);
    assert_eq!((past.verdict, past.issuer_chain.len()), (Word::UntrustedRoot, CHAIN));
    assert_eq!(past.reason, "no trust anchor within 10 certificates");

    // Certificates of the issuer's name, none of which signed the signer's.
    let checks = |count: usize| {
        let mut certificates = vec![broken("Signer", 1, "CA")];
        let mut trust = Trust::empty();
        for number in 0..count {
            let other = certificate("CA", 100 + u32::try_from(number).unwrap(), "Nobody");
            if certificates.len() < CERTIFICATES {
                certificates.push(other);
            } else {
                let blob = [32_u32, 1, u32::try_from(other.len()).unwrap()].map(u32::to_le_bytes).concat();
                trust.add_host("CA", &number.to_string(), &[blob, other].concat()).unwrap();
            }
        }
        judged_by(&entry(2, &Signed { certificates, ..Signed::default() }.encode()), &trust)
    };
    let (at, past) = (checks(CHECKS), checks(CHECKS + 1));
    assert_eq!(at.reason, "the issuer of Signer, CA, is neither in the file nor in a trust store");
    assert_eq!(past.verdict, Word::Unverifiable);
    assert_eq!(past.reason, "more than 64 certificate signatures to check");
}

#[test]
fn bytes_and_bits_of_a_certificate() {
    let filled = |length: usize| {
        let made = |text: usize| certificate_of(&name(COMMON_NAME, &"x".repeat(text)), 1, "CA", &own_key(), false);
        // Signatures differ by a byte or two: the text makes up for it.
        (length - 400..length).map(made).find(|bytes| bytes.len() == length).unwrap()
    };
    let (at, past) = (filled(64 << 10), filled((64 << 10) + 1));
    assert!(Trust::empty().add_file(&at).is_ok());
    let why = Trust::empty().add_file(&past).unwrap_err().to_string();
    assert_eq!(why, "certificate: expected at most 65536 bytes, found 65537");
    let of = |certificate: &[u8]| judged(&Signed { certificates: vec![certificate.to_vec()], ..Signed::default() });
    assert_eq!(of(&at).verdict, Word::Trusted);
    let reason = of(&past).reason;
    assert!(
        reason.contains("is not in the file; of those that are, one cannot be read: certificate: expected"),
        "{reason}"
    );

    let keyed = |bytes: usize| {
        let issuer = certificate_of(&name(COMMON_NAME, "CA"), 2, "Nobody", &rsa_key(bytes), true);
        let signer = certificate_of(&name(COMMON_NAME, "Signer"), 1, "CA", &own_key(), true);
        judged_by(
            &entry(2, &Signed { certificates: vec![signer, issuer], ..Signed::default() }.encode()),
            &Trust::empty(),
        )
    };
    let (at, past) = (keyed(16_384 / 8), keyed(16_384 / 8 + 1));
    assert_eq!(at.verdict, Word::UntrustedRoot, "{}", at.reason);
    assert_eq!(past.verdict, Word::Unverifiable);
    assert!(past.reason.contains("RSA key of at most 16384 bits expected"), "{}", past.reason);
}

#[test]
fn what_is_nested_and_numbered_in_an_encoding() {
    let why = |bytes: &[u8]| Trust::empty().add_file(bytes).unwrap_err().to_string();
    let open = |levels: usize| [[SEQUENCE, 0x80].repeat(levels), [0, 0].repeat(levels)].concat();
    assert!(!why(&open(16)).contains("indefinite"), "{}", why(&open(16)));
    assert!(
        why(&open(17)).starts_with("certificate: expected a tag and a length that fits, at most 16 of them indefinite"),
        "{}",
        why(&open(17))
    );
    // The first byte is two numbers.
    let named = |numbers: usize| certificate_of(&name(&vec![1; numbers - 1], "x"), 1, "CA", &own_key(), false);
    assert!(Trust::empty().add_file(&named(64)).is_ok());
    assert_eq!(why(&named(65)), "object identifier: expected tag 0x06 and 2 to 64 arcs, found tag 0x06 and 65");
}

#[test]
fn entries_of_a_revocation_list() {
    // The signer's own number stands last.
    let revoked = |count: u32| {
        let list = revocation("CA", (1..=count).rev());
        judged(&Signed { lists: vec![list], ..signed() })
    };
    let (at, past) = (revoked(REVOKED), revoked(REVOKED + 1));
    assert_eq!(at.verdict, Word::Revoked, "{}", at.reason);
    assert_eq!((past.verdict, past.notes.len()), (Word::Trusted, 1));
    assert_eq!(past.notes[0], "revocation list: expected at most 100000 entries, found more");
}

#[test]
fn members_of_a_catalogue() {
    let mut trust = Trust::empty();
    trust.add_catalogue("at.cat", &catalogue(MEMBERS)).unwrap();
    assert_eq!(judged_by(&[], &trust).notes, Vec::<String>::new());
    let why = trust.add_catalogue("past.cat", &catalogue(MEMBERS + 1)).unwrap_err().to_string();
    assert_eq!(why, "catalogue: expected at most 200000 members, found more");
    let signature = judged_by(&[], &trust);
    assert_eq!(signature.verdict, Word::Unsigned);
    assert_eq!(signature.notes, ["catalogue past.cat: catalogue: expected at most 200000 members, found more"]);
    assert_eq!(tlv(4, &[0; 300])[..4], [4, 0x82, 1, 44], "lengths are encoded as they are read");
}
