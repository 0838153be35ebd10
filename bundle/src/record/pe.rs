//! A PE file in summary: what travels in place of the file. Observations only, each with the offset it rests on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::reading::Reading;

/// Everything needed to judge a PE file without having it. Filled by the PE reader; a file that is not PE has the
/// digests and `format` missing with the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeSummary {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the whole file, lower-case hex.
    pub sha256: String,
    /// SHA-1 of the whole file.
    pub sha1: String,
    /// MD5 of the whole file.
    pub md5: String,
    /// What the headers say; missing with the reason where it is not a PE file.
    pub format: Reading<PeFormat>,
    /// The signature parts; missing with the reason where they could not be located.
    pub signing: Reading<PeSigning>,
    /// Strings and numbers of the version resource; missing as *absent* where there is none.
    pub version: Reading<PeVersion>,
}

/// Headers, sections, imports and exports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeFormat {
    /// `x86`, `x64`, `arm64`, or the machine number as `0x…`.
    pub machine: String,
    /// Whether the DLL characteristic is set; an EXE in disguise has it not.
    pub dll: bool,
    /// COFF time stamp as stored, seconds since 1970 (reproducible builds store a hash here).
    pub time_stamp: u32,
    /// Entry point RVA; 0 for none.
    pub entry_point: u32,
    /// Subsystem number.
    pub subsystem: u16,
    /// Sections in file order.
    pub sections: Vec<PeSection>,
    /// Imported functions, `library!function` in lower-case library and original function name; ordinals as `#n`.
    pub imports: Vec<String>,
    /// Exported names in table order.
    pub exports: Vec<String>,
    /// pefile-compatible import hash, lower-case hex; `None` without imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imphash: Option<String>,
    /// The Rich header, where Microsoft's linker left one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rich: Option<RichHeader>,
    /// Whether it is a .NET assembly.
    #[serde(default)]
    pub dotnet: bool,
    /// Bytes after the last section and the certificate table.
    #[serde(default)]
    pub overlay: u64,
    /// Parts that could not be parsed, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// Which tools built a file, as Microsoft's linker notes it in front of the PE header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RichHeader {
    /// Its checksum, which is the key that covers it.
    pub key: u32,
    /// Whether the checksum fits what it was made of; where not, DOS header or Rich header were changed afterwards.
    pub checksum_fits: bool,
    /// Tools in the order of the header.
    pub tools: Vec<RichTool>,
}

/// One tool of a Rich header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RichTool {
    /// Number of the tool.
    pub product: u16,
    /// Its build number.
    pub build: u16,
    /// Objects that it made.
    pub count: u32,
}

/// One section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeSection {
    /// Name, NUL-trimmed, non-UTF-8 replaced.
    pub name: String,
    /// RVA.
    pub address: u32,
    /// Size in memory.
    pub virtual_size: u32,
    /// File offset of its data.
    pub offset: u32,
    /// Bytes in the file.
    pub size: u32,
    /// Shannon entropy of its bytes, 0 to 8, rounded to two digits.
    pub entropy: f64,
    /// May be read / written / executed, as `rwx` with `-` for no.
    pub access: String,
    /// Whether it is marked as code.
    pub code: bool,
}

/// The parts that a signature verdict needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeSigning {
    /// Authenticode digests of the file, lower-case hex, by algorithm: `sha1`, `sha256` always, `sha384`, `sha512` and
    /// `md5` where a signature of the file uses them.
    pub digests: Vec<(String, String)>,
    /// File offset and length of the certificate table as the data directory says; `None` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<(u64, u64)>,
    /// The table's bytes, Base64, at most 4 MiB; missing with the reason where they are cut off or too many.
    pub table_bytes: Reading<String>,
    /// Bytes between the end of the table and the end of the file.
    #[serde(default)]
    pub after_table: u64,
    /// Whether the stored checksum of the optional header is zero, right or wrong.
    #[serde(default)]
    pub checksum: Reading<String>,
}

/// The version resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PeVersion {
    /// Fixed file version, `a.b.c.d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_version: Option<String>,
    /// Fixed product version, `a.b.c.d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_version: Option<String>,
    /// All strings of the first string table, e.g. `CompanyName`, in stored order.
    #[serde(default)]
    pub strings: Vec<(String, String)>,
}

impl PeVersion {
    /// The string called `name`, e.g. `OriginalFilename`.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<&str> {
        self.strings.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }
}

impl PeFormat {
    /// The COFF time stamp as a time, where it is one.
    #[must_use]
    pub fn built(&self) -> Option<Timestamp> {
        (self.time_stamp != 0).then(|| Timestamp::from_second(i64::from(self.time_stamp)).ok()).flatten()
    }
}
