//! HTML without its style and script, which are judged in a browser: what changes with each of their commas says nothing
//! about a document.

/// `html` with style, script and their digests emptied.
pub(crate) fn without_sheet(html: &str) -> String {
    let (mut rest, mut kept) = (html, String::new());
    for (open, close) in [("'sha256-", "'"), ("'sha256-", "'"), ("<style>", "</style>"), ("<script>", "</script>")] {
        let Some((before, after)) = rest.split_once(open) else { continue };
        kept.push_str(before);
        kept.push_str(open);
        rest = &after[after.find(close).unwrap()..];
    }
    kept + rest
}
