//! HTML: one self-contained page. Templates escape by themselves; style and script are inline and named by hash in the
//! content security policy, so nothing else can run or load, whatever a bundle holds.

use std::io;

use askama::Template;
use sha2::{Digest, Sha256};

use crate::report::Report;

mod filters;
mod timeline;

use timeline::Timeline;

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    timeline: Option<Timeline<'a>>,
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><title>No report</title></head>
<body><main><h1>No report</h1><p>{{ bundle }}: {{ error }}</p></main></body></html>
"#
)]
struct NoPage<'a> {
    bundle: &'a str,
    error: &'a str,
}

pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let page = Page {
        report,
        timeline: Timeline::new(&report.timeline),
        style: STYLE,
        style_hash: source_hash(STYLE),
        script: SCRIPT,
        script_hash: source_hash(SCRIPT),
    };
    page.write_into(&mut *out)
}

/// A page that says that there is no report.
pub(super) fn failure(bundle: &str, error: &str, out: &mut dyn io::Write) -> io::Result<()> {
    NoPage { bundle, error }.write_into(&mut *out)
}

/// Base64 of the SHA-256 of an inline style or script, as a content security policy names it.
fn source_hash(source: &str) -> String {
    base64(&Sha256::digest(source.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_the_policy_needs_it() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"M"), "TQ==");
        assert_eq!(base64(b"Ma"), "TWE=");
        assert_eq!(base64(b"Man"), "TWFu");
    }
}
