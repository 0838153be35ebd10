//! Inputs of what the analyzer makes of members: programs and signatures, settings and reports, logs, and the joins of facts.

use std::{fmt::Write as _, sync::OnceLock};

use koff_analyze::{
    evaluate::evaluate,
    evidence::{Evidence, Place},
    facts::{
        Facts, Means,
        log::{layout::Layout, scan::Patterns},
    },
    pack::embedded_layouts,
    report::Report,
    signature::Trust,
    verify::verify,
};
use koff_bundle::{base64, limits::Limits, pe, reader::Bundle};
use koff_fixtures::{
    minidump::{Minidump, Module, minidump},
    pe::{Content, Machine, Pe, pe_bytes},
};

use super::{
    super::{
        forge::{File, zip_of},
        targets::{analyst, now, run},
    },
    Case, case, lines,
};

/// A report that the snapshots hold.
const KEPT: &str = include_str!("../snapshots/report.json");

/// Every case of this file.
pub(super) fn cases() -> Vec<Case> {
    [programs(), settings(), logs(), joins()].into_iter().flatten().collect()
}

fn programs() -> Vec<Case> {
    let program = |imports: usize, exports: usize| {
        let names = |count: usize| (0..count).map(|n| format!("Function{n}")).collect::<Vec<_>>();
        let imports = [("KERNEL32.dll".to_owned(), names(imports))].into();
        let pe = Pe {
            machine: Machine::X64,
            exe: false,
            size: 0,
            version: [].into(),
            exports: names(exports),
            imports,
            sections: Vec::new(),
            code: Content::Code,
            time_stamp: 1,
        };
        pe_bytes(&pe, "x.dll")
    };
    let pe = |bytes: &[u8]| drop(pe::summarise(bytes));
    let root = include_bytes!("../signatures/files/anchor.pem");
    let certificate = pem(root);
    let chain = certificate.clone();
    vec![
        case("pe, imports", 160, move |n| program(n, 0), pe),
        case("pe, exports", 40, move |n| program(0, n), pe),
        case("pe, rubbish behind", 10000, move |n| [program(1, 1), vec![0x41; n]].concat(), pe),
        case("pkcs7, certificates", 8, move |n| signed_data(&chain.repeat(n)), |bytes| run("pkcs7", bytes)),
        case("pkcs7, indefinite lengths", 200, |n| [0x30, 0x80].repeat(n), |bytes| run("pkcs7", bytes)),
        case(
            "pkcs7, nested lengths",
            200,
            |n| {
                (1..=n)
                    .rev()
                    .flat_map(|at| {
                        let length = ((at - 1) * 4) as u16;
                        [0x30, 0x82, (length >> 8) as u8, length as u8]
                    })
                    .collect()
            },
            |bytes| run("pkcs7", bytes),
        ),
        case(
            "trust, anchors",
            10,
            move |n| anchors(&certificate, n),
            |bytes| {
                assert!(Trust::empty().add_file(bytes).is_ok());
            },
        ),
        case(
            "minidump, modules",
            20,
            |n| {
                let modules = (0..n).map(|at| Module { path: format!(r"C:\K\{at}.dll"), version: None }).collect();
                minidump(&Minidump { modules, exception: 5, in_module: 0, offset: 1, written: 1 })
            },
            |bytes| run("minidump", bytes),
        ),
        case("firebird, hex", 200, |n| vec![0x5a; n], |bytes| run("firebird", bytes)),
    ]
}

/// The first certificate of a PEM file.
fn pem(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let body = text.split("-----").nth(2).unwrap_or_default();
    base64::decode(&body.split_whitespace().collect::<String>()).unwrap_or_default()
}

/// As many certificates, each other in its last bytes.
fn anchors(certificate: &[u8], count: usize) -> Vec<u8> {
    let mut text = String::new();
    for at in 0..count {
        let mut der = certificate.to_vec();
        let end = der.len();
        der[end - 4..].copy_from_slice(&(at as u32).to_le_bytes());
        let _ = write!(text, "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64::encode(&der));
    }
    text.into_bytes()
}

/// An element with a length of three bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    [&[tag, 0x83], &length[1..], content].concat()
}

/// A signature of nobody with these certificates.
fn signed_data(certificates: &[u8]) -> Vec<u8> {
    let kind = |last: u8| [&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7][..], &[last]].concat();
    let fields = [vec![2, 1, 1, 0x31, 0], element(0x30, &kind(1)), element(0xa0, certificates), vec![0x31, 0]].concat();
    element(0x30, &[kind(2), element(0xa0, &element(0x30, &fields))].concat())
}

fn settings() -> Vec<Case> {
    let rule = |bytes: &[u8]| run("rule", bytes);
    let inf = |body: String| format!("[Services]\r\nMSEMS=x\r\n{body}").into_bytes();
    let yaml = |detection: String| {
        format!("id: fuzz\ntitle: A rule\nstatus: stable\nlevel: low\nconfidence: low\nfact: log\nmessage: x\ndetection:\n{detection}").into_bytes()
    };
    vec![
        case(
            "inf, services",
            12,
            move |n| inf(lines(n, "S#=x\r\n[S#]\r\nPR_SERVICE_DLL_NAME=kofmsp32.dll\r\n[Services]\r\n")),
            facts,
        ),
        case(
            "inf, one service and its providers",
            20,
            move |n| {
                let providers: Vec<String> = (0..n).map(|at| format!("P{at}")).collect();
                inf(format!(
                    "{}[S]\r\nProviders={}\r\n[K]\r\nPR_PROVIDER_DLL_NAME=kofmsp32.dll\r\n",
                    "S=x\r\n".repeat(n),
                    providers.join(",")
                ))
            },
            facts,
        ),
        case(
            "rule, selections",
            8,
            move |n| yaml(lines(n, "  s#: {text|contains: a#}\n") + "  condition: 1 of s*\n"),
            rule,
        ),
        case(
            "rule, list",
            20,
            move |n| yaml(format!("  s:\n    text|contains: [{}]\n  condition: s\n", lines(n, "a#, "))),
            rule,
        ),
        case(
            "rule, condition",
            120,
            move |n| yaml(format!("  s: {{text: a}}\n  condition: {}s\n", "s or ".repeat(n))),
            rule,
        ),
        case("rule, brackets", 30, move |n| yaml(format!("  s: {{text: a}}\n  condition: {}s\n", "(".repeat(n))), rule),
        case("rule, nesting", 200, |n| "[".repeat(n).into_bytes(), rule),
        // So many bytes, not so many levels: each level is a longer line than the one before.
        case(
            "rule, indentation",
            1000,
            |n| (0..(2 * n).isqrt()).map(|at| format!("{}a:\n", " ".repeat(at))).collect::<String>().into_bytes(),
            rule,
        ),
        case("rule, aliases", 3840, |n| format!("a: &a [x]\nb: [{}]\n", "*a, ".repeat(n)).into_bytes(), rule),
        case("report, findings", 1, report, |bytes| run("report", bytes)),
        case("report, nesting", 300, |n| "[".repeat(n).into_bytes(), |bytes| run("report", bytes)),
        case("report, quotations", 25, |n| n.to_le_bytes().to_vec(), quotations),
    ]
}

/// A report with as many times the findings.
fn report(count: usize) -> Vec<u8> {
    static REPORT: OnceLock<serde_json::Value> = OnceLock::new();
    let mut report = REPORT.get_or_init(|| serde_json::from_str(KEPT).expect("a report")).clone();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    report["findings"] = std::iter::repeat_n(findings, count).flatten().collect::<Vec<_>>().into();
    serde_json::to_vec(&report).expect("JSON")
}

/// As many quotations of a log and of a registry export, back to front.
fn quotations(size: &[u8]) {
    let count = size.first().map_or(0, |_| u64::from_le_bytes(size.try_into().unwrap_or_default())) as usize;
    static EMPTY: OnceLock<Report> = OnceLock::new();
    let mut report = EMPTY.get_or_init(|| serde_json::from_str(KEPT).expect("a report")).clone();
    let line = "[02/Mar/2026 10:00:00] x\n";
    let export = format!("REGEDIT4\n\n[HKEY_CURRENT_USER\\A]\n{}", lines(count, "\"v#\"=\"x\"\n"));
    let zip = zip_of(&[File::new("a.log", line.repeat(count).as_bytes()), File::new("a.reg", export.as_bytes())]);
    let bundle = Bundle::from_bytes("x.zip", zip, Limits::default()).expect("a bundle");
    let digest = |name: &str| bundle.sha256_of(name).unwrap_or_default();
    let (log, reg) = (digest("a.log"), digest("a.reg"));
    let quoted = (0..count as u64).rev().flat_map(|at| {
        let length = line.len() as u64;
        let place = Place::Line { line: at + 1, offset: at * length, length };
        let value =
            Place::Registry { key: r"HKEY_CURRENT_USER\A".to_owned(), value: Some(format!("v{at}")), line: at + 4 };
        [("a.log", &log, place), ("a.reg", &reg, value)]
    });
    let quoted = quoted.map(|(name, digest, place)| Evidence {
        artifact: name.to_owned(),
        sha256: digest.clone(),
        place,
        excerpt: "x".to_owned(),
    });
    report.findings.truncate(1);
    report.findings[0].evidence = quoted.collect();
    assert!(verify(&report, &bundle).iter().all(|checked| checked.refuted.is_none()));
}

fn logs() -> Vec<Case> {
    let log = |bytes: &[u8]| run("log", bytes);
    let mut all = Vec::new();
    for file in embedded_layouts() {
        let layout = Layout::parse(file.text).expect("the built-in layouts are good");
        let name = file.path.rsplit('/').next().unwrap_or(file.path).trim_end_matches(".yml");
        for (kind, piece) in [("digits", "07/Aug/2026 11:07:03 "), ("brackets", "[1][{(<"), ("blanks", " \t")] {
            let layout = layout.clone();
            all.push(case(
                &format!("layout {name}, {kind}"),
                100,
                move |n| piece.repeat(n).into_bytes(),
                move |bytes| {
                    assert_eq!(layout.split(bytes).is_some(), layout.fits(bytes));
                },
            ));
        }
    }
    let words =
        "database file appears corrupt; Unable to connect to server: connection refused; Access denied; kofmsp32.dll ";
    let stamp = "[07/Aug/2026 11:07:03][1234] {sync} ";
    all.push(case("log, lines", 32, move |n| format!("{stamp}{words}\r\n").repeat(n).into_bytes(), log));
    // Longer than what is kept of a line, in all three sizes.
    all.push(case(
        "log, matches in one line",
        40,
        move |n| format!("{stamp}{}\r\n", words.repeat(n)).into_bytes(),
        log,
    ));
    all.push(case("log, stamps in one line", 20, move |n| stamp.repeat(n).into_bytes(), log));
    all.push(case(
        "log, lines of one stamp",
        40,
        move |n| format!("{stamp}\r\n{}", "  more\r\n".repeat(n)).into_bytes(),
        log,
    ));
    let redacted = |bytes: &[u8]| run("redaction", bytes);
    for (kind, piece) in [
        ("letters", "a"),
        ("digits", "7"),
        ("escapes", "\\u0061"),
        ("blanks", " \t"),
        ("names", "annabella "),
        ("labels", "user: x="),
    ] {
        all.push(case(&format!("redaction, {kind}"), 40, move |n| piece.repeat(n).into_bytes(), redacted));
    }
    all
}

/// Everything that is told of any evidence, up to the facts.
pub(super) fn facts(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::from_bytes("MAPISVC.INF", bytes.to_vec(), Limits::default()) {
        drop(told(&bundle));
    }
}

fn told(bundle: &Bundle) -> Facts {
    static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();
    let layouts = LAYOUTS.get_or_init(|| {
        embedded_layouts().iter().map(|file| Layout::parse(file.text).expect("a good layout")).collect()
    });
    static TRUST: OnceLock<Trust> = OnceLock::new();
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| Patterns::new(&analyst().rules().log_needs()).expect("good patterns"));
    let trust = TRUST.get_or_init(Trust::embedded);
    Facts::parse(bundle, &Means { pack: &analyst().rules().pack, trust, layouts, patterns, at: Some(now()) })
}

/// A bundle with every record as often, each copy in folders of its own.
fn joins() -> Vec<Case> {
    let many = |count: usize| {
        let path = std::env::var_os("KOFF_BUNDLE").expect("tests/doubling/proof.sh names a bundle");
        let bytes = std::fs::read(path).expect("the bundle is there");
        let bundle = Bundle::from_bytes("seed.zip", bytes, Limits::default()).expect("a bundle");
        let files = bundle.members().iter().map(|member| {
            let content = bundle.read(&member.name).map(|content| content.bytes).unwrap_or_default();
            let rows = serde_json::from_slice::<Vec<serde_json::Value>>(&content);
            let content = match rows {
                Ok(rows) if member.name.starts_with("facts/") => {
                    let copies = (0..count).flat_map(|n| {
                        rows.iter().map(move |row| row.to_string().replace("Kerio\\\\", &format!("Kerio {n}\\\\")))
                    });
                    format!("[{}]", copies.collect::<Vec<_>>().join(",")).into_bytes()
                }
                _ => content,
            };
            File::new(&member.name, &content)
        });
        zip_of(&files.collect::<Vec<_>>())
    };
    let open = |bytes: &[u8]| Bundle::from_bytes("x.zip", bytes.to_vec(), Limits::default()).expect("a bundle");
    vec![case("facts and verdicts, records", 3, many, move |bytes| {
        let facts = told(&open(bytes));
        drop(evaluate(analyst().rules(), &facts, Some(now())));
    })]
}
