//! DOS, COFF and optional headers and the section table. Owns what the rest of the PE reader needs of them.
//!
//! DOS and COFF headers come from goblin. The optional header and the sections are read here, because goblin refuses a
//! file for things that Windows loads (more than 16 directories, a debug directory of odd size), and a refusal must
//! never cost the digests.

use goblin::pe::header::{
    COFF_MACHINE_ARM64, COFF_MACHINE_X86, COFF_MACHINE_X86_64, CoffHeader, DosHeader, SIZEOF_COFF_HEADER,
};
use goblin::pe::section_table::{IMAGE_SCN_CNT_CODE, IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_READ, IMAGE_SCN_MEM_WRITE};

use super::{
    MAX_DIRECTORIES, MAX_SECTIONS,
    view::{slice, u16_at, u32_at},
};

pub(super) const CODE: u32 = IMAGE_SCN_CNT_CODE;
pub(super) const EXECUTE: u32 = IMAGE_SCN_MEM_EXECUTE;
pub(super) const READ: u32 = IMAGE_SCN_MEM_READ;
pub(super) const WRITE: u32 = IMAGE_SCN_MEM_WRITE;

/// `IMAGE_FILE_DLL`.
const DLL: u16 = 0x2000;
/// Bytes of one section header.
const SECTION: usize = 40;

/// The data directories that are read, by their index.
#[derive(Debug, Clone, Copy)]
pub(super) enum Directory {
    Export = 0,
    Import = 1,
    Resource = 2,
    Security = 4,
    DelayImport = 13,
    Clr = 14,
}

/// What the headers say.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// File offset of `PE\0\0`.
    pub(super) pe_offset: usize,
    machine: u16,
    pub(super) dll: bool,
    pub(super) time_stamp: u32,
    pub(super) entry_point: u32,
    pub(super) subsystem: u16,
    /// Whether it is PE32+ (64-bit).
    pub(super) wide: bool,
    pub(super) image_base: u64,
    file_alignment: u32,
    pub(super) headers_size: u32,
    /// File offset of the checksum of the optional header.
    pub(super) checksum_at: usize,
    /// File offset of data directory 0.
    directories_at: usize,
    directories: Vec<(u32, u32)>,
    pub(super) sections: Vec<Section>,
    pub(super) problems: Vec<String>,
}

/// One section header.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) address: u32,
    pub(super) virtual_size: u32,
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

impl Section {
    /// Its bytes, as far as the file has them.
    pub(super) fn data<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let start = (self.offset as usize).min(bytes.len());
        let end = start.saturating_add(self.size as usize).min(bytes.len());
        bytes.get(start..end).unwrap_or(&[])
    }
}

impl Headers {
    /// The headers of `bytes`, or why it is not a PE file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let dos = DosHeader::parse(bytes).map_err(|why| format!("not a PE file: {why}"))?;
        let pe_offset = dos.pe_pointer as usize;
        let mut at = pe_offset.saturating_add(4);
        let coff = CoffHeader::parse(bytes, &mut at).map_err(|why| format!("COFF header at {at:#x}: {why}"))?;
        let optional = pe_offset.saturating_add(4).saturating_add(SIZEOF_COFF_HEADER);
        let mut headers = Self {
            pe_offset,
            machine: coff.machine,
            dll: coff.characteristics & DLL != 0,
            time_stamp: coff.time_date_stamp,
            ..Self::default()
        };
        headers.read_optional(bytes, optional, usize::from(coff.size_of_optional_header))?;
        let table = optional.saturating_add(usize::from(coff.size_of_optional_header));
        headers.read_sections(bytes, table, usize::from(coff.number_of_sections));
        Ok(headers)
    }

    fn read_optional(&mut self, bytes: &[u8], at: usize, size: usize) -> Result<(), String> {
        let cut = || format!("optional header at {at:#x}: expected 96 bytes or more, the file ends before");
        self.wide = match u16_at(bytes, at).ok_or_else(cut)? {
            0x10b => false,
            0x20b => true,
            magic => {
                return Err(format!("optional header at {at:#x}: expected magic 0x10b or 0x20b, found {magic:#x}"));
            }
        };
        let number = |offset: usize| u32_at(bytes, at.checked_add(offset)?);
        self.entry_point = number(16).ok_or_else(cut)?;
        self.image_base = if self.wide {
            u64::from(number(24).ok_or_else(cut)?) | u64::from(number(28).ok_or_else(cut)?) << 32
        } else {
            u64::from(number(28).ok_or_else(cut)?)
        };
        self.file_alignment = number(36).ok_or_else(cut)?;
        self.headers_size = number(60).ok_or_else(cut)?;
        self.checksum_at = at.saturating_add(64);
        let subsystem = number(68).ok_or_else(cut)?;
        self.subsystem = (subsystem & 0xffff) as u16;
        let count_at = if self.wide { 108 } else { 92 };
        let count = number(count_at).ok_or_else(cut)?;
        self.directories_at = at.saturating_add(count_at + 4);
        if count as usize > MAX_DIRECTORIES {
            self.problems.push(format!("{count} data directories are announced; {MAX_DIRECTORIES} are read"));
        }
        // Windows takes no directory that lies beyond the optional header's own size.
        let room = size.saturating_sub(count_at + 4) / 8;
        let count = (count as usize).min(MAX_DIRECTORIES).min(room);
        for index in 0..count {
            let offset = count_at + 4 + index * 8;
            let (Some(place), Some(size)) = (number(offset), number(offset + 4)) else { break };
            self.directories.push((place, size));
        }
        Ok(())
    }

    fn read_sections(&mut self, bytes: &[u8], table: usize, count: usize) {
        if count > MAX_SECTIONS {
            self.problems.push(format!("{count} sections are announced; {MAX_SECTIONS} are read"));
        }
        for index in 0..count.min(MAX_SECTIONS) {
            let at = table.saturating_add(index * SECTION);
            let Some(header) = slice(bytes, at, SECTION) else {
                self.problems.push(format!("section header {index} at {at:#x} lies beyond the end of the file"));
                break;
            };
            let (name, fields) = header.split_at(8);
            let name = name.split(|byte| *byte == 0).next().unwrap_or(&[]);
            let number = |offset| u32_at(fields, offset).unwrap_or(0);
            let section = Section {
                name: String::from_utf8_lossy(name).into_owned(),
                virtual_size: number(0),
                address: number(4),
                size: number(8),
                offset: number(12),
                flags: number(28),
            };
            if section.size > 0 && u64::from(section.offset) + u64::from(section.size) > bytes.len() as u64 {
                self.problems.push(format!("section {} ends beyond the end of the file", section.name));
            }
            self.sections.push(section);
        }
    }

    /// `x86`, `x64`, `arm64` or the number.
    pub(super) fn machine(&self) -> String {
        match self.machine {
            COFF_MACHINE_X86 => "x86".to_owned(),
            COFF_MACHINE_X86_64 => "x64".to_owned(),
            COFF_MACHINE_ARM64 => "arm64".to_owned(),
            other => format!("{other:#06x}"),
        }
    }

    /// Place (RVA; file offset for the security directory) and size of a directory, where it is used.
    pub(super) fn directory(&self, which: Directory) -> Option<(u32, u32)> {
        self.directories.get(which as usize).copied().filter(|(place, size)| *place != 0 && *size != 0)
    }

    /// File offset of the entry of `which` in the directory table, where the table has it.
    pub(super) fn directory_entry(&self, which: Directory) -> Option<usize> {
        let index = which as usize;
        (index < self.directories.len()).then(|| self.directories_at.saturating_add(index * 8))
    }

    /// Where Windows really starts to read a section: offsets are rounded down to 512 in files of normal alignment.
    pub(super) fn loaded_offset(&self, offset: u32) -> u32 {
        if self.file_alignment >= 0x200 { offset & !0x1ff } else { offset }
    }

    /// Bytes behind the last section that the certificate table does not own.
    pub(super) fn overlay(&self, len: u64) -> u64 {
        let end = |section: &Section| u64::from(section.offset) + u64::from(section.size);
        let sections =
            self.sections.iter().filter(|s| s.size > 0).map(end).max().unwrap_or(u64::from(self.headers_size)).min(len);
        let table = self.directory(Directory::Security).map_or(0, |(place, size)| {
            let start = u64::from(place).max(sections);
            let end = (u64::from(place) + u64::from(size)).min(len);
            end.saturating_sub(start)
        });
        len.saturating_sub(sections).saturating_sub(table)
    }
}
