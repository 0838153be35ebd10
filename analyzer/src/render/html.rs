//! HTML: one self-contained page. Templates escape by themselves; style and script are inline and named by hash in the
//! content security policy, so nothing else can run or load, whatever a bundle holds.

use std::io;

use askama::Template;
use koff_bundle::base64;
use sha2::{Digest, Sha256};

use crate::report::Report;

pub(super) mod filters;
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
    base64::encode(&Sha256::digest(source.as_bytes()))
}
