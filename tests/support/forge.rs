//! Zip files that no honest tool writes, put together byte by byte. Owns the forging; what a reader makes of them is the
//! business of the tests.

/// One member of a zip file put together by hand; what is `None` is honest.
#[derive(Default)]
pub(crate) struct File<'a> {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) size: Option<u64>,
    pub(crate) compressed: Option<u64>,
    pub(crate) crc: Option<u32>,
    pub(crate) offset: Option<u64>,
    pub(crate) local_name: Option<&'a str>,
    pub(crate) system: u8,
    pub(crate) attributes: u32,
}

impl File<'_> {
    pub(crate) fn new(name: &str, data: &[u8]) -> Self {
        Self { name: name.to_owned(), data: data.to_vec(), ..Self::default() }
    }

    fn size(&self) -> u64 {
        self.size.unwrap_or(self.data.len() as u64)
    }

    fn compressed(&self) -> u64 {
        self.compressed.unwrap_or(self.data.len() as u64)
    }

    fn crc(&self) -> u32 {
        self.crc.unwrap_or_else(|| {
            let mut crc = flate2::Crc::new();
            crc.update(&self.data);
            crc.sum()
        })
    }

    /// Flags to sizes, as both headers have them; sizes that need more than 32 bits go to the extra field.
    fn common(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend((self.flags | 1 << 11).to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(self.crc().to_le_bytes());
        bytes.extend(u32::try_from(self.compressed()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(u32::try_from(self.size()).unwrap_or(u32::MAX).to_le_bytes());
        bytes
    }

    fn extra(&self) -> Vec<u8> {
        if self.size() < u64::from(u32::MAX) {
            return Vec::new();
        }
        [&[1, 0, 8, 0], &self.size().to_le_bytes()[..]].concat()
    }
}

/// A zip file of `files`, whatever they claim.
pub(crate) fn zip_of(files: &[File<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let offset = file.offset.unwrap_or(out.len() as u64) as u32;
        let local_name = file.local_name.unwrap_or(&file.name).as_bytes();
        let extra = file.extra();
        let length = |bytes: &[u8]| (bytes.len() as u16).to_le_bytes();
        out.extend([b"PK\x03\x04\x14\0", &file.common()[..], &length(local_name), &length(&extra)].concat());
        out.extend([local_name, &extra, &file.data].concat());
        directory.extend([b"PK\x01\x02\x14", &[file.system, 0x14, 0][..], &file.common()].concat());
        directory.extend([length(file.name.as_bytes()), length(&extra), [0; 2], [0; 2], [0; 2]].concat());
        directory.extend([file.attributes.to_le_bytes(), offset.to_le_bytes()].concat());
        directory.extend([file.name.as_bytes(), &extra].concat());
    }
    let (count, size, start) = (files.len() as u16, directory.len() as u32, out.len() as u32);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    out.extend([0; 2]);
    out
}
