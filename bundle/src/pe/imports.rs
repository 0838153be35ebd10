//! Import and delay-import tables. Owns the list of imported functions in table order.

use std::fmt;

use super::{
    MAX_LIBRARIES, MAX_NAME, MAX_SYMBOLS,
    headers::{Directory, Headers},
    view::{View, u32_at, u64_at},
};

/// One imported function.
pub(super) struct Import {
    /// Library as written.
    pub(super) dll: String,
    /// Function name, or the ordinal.
    pub(super) function: Result<String, u16>,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dll = self.dll.to_lowercase();
        match &self.function {
            Ok(name) => write!(f, "{dll}!{name}"),
            Err(ordinal) => write!(f, "{dll}!#{ordinal}"),
        }
    }
}

/// Functions of the import table.
pub(super) fn regular(view: &View<'_>, headers: &Headers, problems: &mut Vec<String>) -> Vec<Import> {
    let Some((table, _)) = headers.directory(Directory::Import) else { return Vec::new() };
    let mut imports = Vec::new();
    for index in 0..=MAX_LIBRARIES as u32 {
        let Some(entry) = index.checked_mul(20).and_then(|o| table.checked_add(o)).and_then(|rva| view.at(rva, 20))
        else {
            problems.push(format!("import table: entry {index} lies outside the file"));
            break;
        };
        let field = |offset| u32_at(entry, offset).unwrap_or(0);
        let (lookup, name, addresses) = (field(0), field(12), field(16));
        if name == 0 || (lookup == 0 && addresses == 0) {
            break;
        }
        if index as usize == MAX_LIBRARIES {
            problems.push(format!("import table: more than {MAX_LIBRARIES} libraries; the rest is left out"));
            break;
        }
        let Some(dll) = view.name(name) else {
            problems.push(format!(
                "import table: entry {index} has no library name of at most {MAX_NAME} bytes inside the file"
            ));
            break;
        };
        // Old linkers leave the lookup table out; the address table then holds the same until the file is loaded.
        let thunks = if lookup != 0 && view.offset(lookup).is_some() { lookup } else { addresses };
        if !functions(view, headers.wide, &dll, thunks, 0, &mut imports, problems) {
            break;
        }
    }
    imports
}

/// Functions of the delay-import table, which are loaded on first use.
pub(super) fn delayed(view: &View<'_>, headers: &Headers, problems: &mut Vec<String>) -> Vec<Import> {
    let Some((table, _)) = headers.directory(Directory::DelayImport) else { return Vec::new() };
    let mut imports = Vec::new();
    for index in 0..=MAX_LIBRARIES as u32 {
        let Some(entry) = index.checked_mul(32).and_then(|o| table.checked_add(o)).and_then(|rva| view.at(rva, 32))
        else {
            problems.push(format!("delay-import table: entry {index} lies outside the file"));
            break;
        };
        // Attribute bit 0: the fields are RVAs; files of Visual C++ 6 hold addresses instead.
        let base = if u32_at(entry, 0).unwrap_or(0) & 1 == 1 { 0 } else { headers.image_base };
        let field = |offset| {
            let value = u64::from(u32_at(entry, offset).unwrap_or(0));
            value.checked_sub(base).and_then(|rva| u32::try_from(rva).ok())
        };
        let (Some(name), Some(thunks)) = (field(4), field(16)) else { break };
        if name == 0 || thunks == 0 {
            break;
        }
        if index as usize == MAX_LIBRARIES {
            problems.push(format!("delay-import table: more than {MAX_LIBRARIES} libraries; the rest is left out"));
            break;
        }
        let Some(dll) = view.name(name) else {
            problems.push(format!(
                "delay-import table: entry {index} has no library name of at most {MAX_NAME} bytes inside the file"
            ));
            break;
        };
        if !functions(view, headers.wide, &dll, thunks, base, &mut imports, problems) {
            break;
        }
    }
    imports
}

/// The functions of one library: a list of name RVAs or ordinals that a zero ends. False where there is no room for more.
fn functions(
    view: &View<'_>,
    wide: bool,
    dll: &str,
    thunks: u32,
    base: u64,
    imports: &mut Vec<Import>,
    problems: &mut Vec<String>,
) -> bool {
    let width: u32 = if wide { 8 } else { 4 };
    let mut at = Some(thunks);
    while let Some(rva) = at {
        let entry = view.at(rva, width as usize);
        let value = entry.and_then(|e| if wide { u64_at(e, 0) } else { u32_at(e, 0).map(u64::from) });
        let value = match value {
            Some(0) => return true,
            Some(value) => value,
            None => {
                problems.push(format!("import table: the functions of {dll} are cut off"));
                return true;
            }
        };
        if imports.len() >= MAX_SYMBOLS {
            problems.push(format!("more than {MAX_SYMBOLS} imports; the rest is left out"));
            return false;
        }
        let by_ordinal = value >> (width * 8 - 1) == 1;
        let function = if by_ordinal {
            Some(Err((value & 0xffff) as u16))
        } else {
            // Two bytes of hint stand before the name.
            let name =
                value.checked_sub(base).and_then(|rva| u32::try_from(rva).ok()).and_then(|rva| rva.checked_add(2));
            name.and_then(|rva| view.name(rva)).map(Ok)
        };
        match function {
            Some(function) => imports.push(Import { dll: dll.to_owned(), function }),
            None => {
                problems.push(format!(
                    "import table: a function name of {dll} is not inside the file or longer than {MAX_NAME} bytes"
                ));
                return true;
            }
        }
        at = rva.checked_add(width);
    }
    true
}
