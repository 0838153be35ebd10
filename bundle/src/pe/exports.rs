//! The export table's names.

use super::{
    MAX_NAME, MAX_SYMBOLS,
    view::{View, u32_at},
};

/// Exported names in table order; functions exported by ordinal alone have none.
pub(super) fn names(view: &View<'_>, directory: Option<(u32, u32)>, problems: &mut Vec<String>) -> Vec<String> {
    let Some((table, _)) = directory else { return Vec::new() };
    let Some(header) = view.at(table, 40) else {
        problems.push("export table lies outside the file".to_owned());
        return Vec::new();
    };
    let field = |offset| u32_at(header, offset).unwrap_or(0);
    let (count, names) = (field(24), field(32));
    if count as usize > MAX_SYMBOLS {
        problems.push(format!("{count} exported names are announced; {MAX_SYMBOLS} are read"));
    }
    let mut exports = Vec::new();
    for index in 0..count.min(MAX_SYMBOLS as u32) {
        let rva = index.checked_mul(4).and_then(|offset| names.checked_add(offset)).and_then(|rva| view.u32(rva));
        let Some(name) = rva.and_then(|rva| view.name(rva)) else {
            problems.push(format!("export table: name {index} is not inside the file or longer than {MAX_NAME} bytes"));
            break;
        };
        exports.push(name);
    }
    exports
}
