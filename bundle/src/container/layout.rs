//! The fixed structures of a zip file (APPNOTE 6.3): local header, central header, end records with their 64-bit forms.
//! Owns encoding and decoding; never reads a file.

use jiff::{Timestamp, tz::TimeZone};

pub(crate) const LOCAL: u32 = 0x0403_4b50;
pub(crate) const CENTRAL: u32 = 0x0201_4b50;
pub(crate) const END: u32 = 0x0605_4b50;
pub(crate) const END64: u32 = 0x0606_4b50;
pub(crate) const LOCATOR64: u32 = 0x0706_4b50;

/// Length of a local header without name and extra fields.
pub(crate) const LOCAL_LENGTH: usize = 30;
/// Length of a central header without name, extra fields and comment.
pub(crate) const CENTRAL_LENGTH: usize = 46;
/// Length of the end record without comment.
pub(crate) const END_LENGTH: usize = 22;
/// Length of the 64-bit end record without extensible data.
pub(crate) const END64_LENGTH: usize = 56;
/// Length of the locator in front of the end record.
pub(crate) const LOCATOR64_LENGTH: usize = 20;

pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATED: u16 = 8;
pub(crate) const FLAG_ENCRYPTED: u16 = 1;
pub(crate) const FLAG_UTF8: u16 = 1 << 11;

const WIDE: u32 = u32::MAX;
const ZIP64: u16 = 1;
/// Padding that Office's own containers use for room a header may need later; every unzip tool skips it.
const PADDING: u16 = 0xA220;

/// What the headers say of one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    /// DOS date (upper half) and time (lower half).
    pub(crate) stamp: u32,
    pub(crate) crc: u32,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
    /// Offset of the local header.
    pub(crate) offset: u64,
    /// Host system of the writer: 0 DOS, 3 Unix.
    pub(crate) system: u8,
    pub(crate) attributes: u32,
}

/// `time` as DOS date and time in UTC; the form begins in 1980 and counts every second second.
pub(crate) fn dos_stamp(time: Timestamp) -> u32 {
    let time = time.to_zoned(TimeZone::UTC);
    let year = u32::try_from(i32::from(time.year()) - 1980).unwrap_or(0).min(127);
    let small = |number: i8| u32::try_from(number).unwrap_or(0);
    let date = year << 9 | small(time.month()) << 5 | small(time.day());
    date << 16 | small(time.hour()) << 11 | small(time.minute()) << 5 | (small(time.second()) >> 1)
}

struct Bytes(Vec<u8>);

impl Bytes {
    fn u16(mut self, number: u16) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u64(mut self, number: u64) -> Self {
        self.0.extend(number.to_le_bytes());
        self
    }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(WIDE)
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

impl Header {
    fn wide_sizes(&self) -> bool {
        self.size >= u64::from(WIDE) || self.compressed >= u64::from(WIDE)
    }

    /// The local header. `room` leaves space for 64-bit sizes, so that the header can be written again, same length,
    /// once the sizes of a long member are known.
    pub(crate) fn local(&self, room: bool) -> Vec<u8> {
        let wide = room && self.wide_sizes();
        let (compressed, size) = if wide { (WIDE, WIDE) } else { (narrow(self.compressed), narrow(self.size)) };
        let bytes = Bytes(Vec::with_capacity(LOCAL_LENGTH + self.name.len() + 20))
            .u32(LOCAL)
            .u16(if wide { 45 } else { 20 })
            .u16(self.flags)
            .u16(self.method)
            .u32(self.stamp)
            .u32(self.crc)
            .u32(compressed)
            .u32(size)
            .u16(length(&self.name))
            .u16(if room { 20 } else { 0 });
        let mut bytes = bytes.0;
        bytes.extend(&self.name);
        match (room, wide) {
            (true, true) => Bytes(bytes).u16(ZIP64).u16(16).u64(self.size).u64(self.compressed).0,
            (true, false) => Bytes(bytes).u16(PADDING).u16(16).u16(0xA028).u16(16).u32(0).u64(0).0,
            (false, _) => bytes,
        }
    }

    /// The header in the central directory.
    pub(crate) fn central(&self) -> Vec<u8> {
        let mut extra = Bytes(Vec::new());
        for number in [self.size, self.compressed, self.offset] {
            if number >= u64::from(WIDE) {
                extra = extra.u64(number);
            }
        }
        let wide = !extra.0.is_empty();
        let extra = if wide {
            let mut field = Bytes(Vec::new()).u16(ZIP64).u16(length(&extra.0)).0;
            field.extend(extra.0);
            field
        } else {
            Vec::new()
        };
        let needed = if wide { 45 } else { 20 };
        let bytes = Bytes(Vec::with_capacity(CENTRAL_LENGTH + self.name.len() + extra.len()))
            .u32(CENTRAL)
            .u16(u16::from(self.system) << 8 | needed)
            .u16(needed)
            .u16(self.flags)
            .u16(self.method)
            .u32(self.stamp)
            .u32(self.crc)
            .u32(narrow(self.compressed))
            .u32(narrow(self.size))
            .u16(length(&self.name))
            .u16(length(&extra))
            .u16(0)
            .u16(0)
            .u16(0)
            .u32(self.attributes)
            .u32(narrow(self.offset));
        let mut bytes = bytes.0;
        bytes.extend(&self.name);
        bytes.extend(extra);
        bytes
    }

    /// Decodes a central header at the start of `bytes`; gives its whole length too. `None` where it is none or is cut.
    pub(crate) fn parse_central(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut fields = Fields(bytes);
        if fields.u32()? != CENTRAL {
            return None;
        }
        let made = fields.u16()?;
        let _needed = fields.u16()?;
        let (flags, method, stamp, crc) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let (compressed, size) = (fields.u32()?, fields.u32()?);
        let lengths = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
        let (_disk, _internal) = (fields.u16()?, fields.u16()?);
        let (attributes, offset) = (fields.u32()?, fields.u32()?);
        let name = fields.take(lengths[0])?.to_vec();
        let extra = fields.take(lengths[1])?;
        let _comment = fields.take(lengths[2])?;
        let mut wide = Fields(find_extra(extra).unwrap_or_default());
        let mut widen = |number: u32| if number == WIDE { wide.u64() } else { Some(u64::from(number)) };
        // A size that claims to be wide without a wide field is what it says: 4 GiB less one byte.
        let mut number = |narrow: u32| widen(narrow).unwrap_or(u64::from(narrow));
        let (size, compressed, offset) = (number(size), number(compressed), number(offset));
        let system = u8::try_from(made >> 8).unwrap_or(0);
        let header = Self { name, flags, method, stamp, crc, compressed, size, offset, system, attributes };
        Some((header, CENTRAL_LENGTH + lengths.iter().sum::<usize>()))
    }

    /// Decodes a local header: what it says, and the length of header, name and extra fields.
    pub(crate) fn parse_local(bytes: &[u8], offset: u64) -> Option<(Self, usize)> {
        let mut fields = Fields(bytes);
        if fields.u32()? != LOCAL {
            return None;
        }
        let _needed = fields.u16()?;
        let (flags, method, stamp, crc) = (fields.u16()?, fields.u16()?, fields.u32()?, fields.u32()?);
        let (compressed, size) = (fields.u32()?, fields.u32()?);
        let lengths = [fields.u16()?, fields.u16()?].map(usize::from);
        let name = fields.take(lengths[0])?.to_vec();
        let mut wide = Fields(find_extra(fields.take(lengths[1])?).unwrap_or_default());
        let mut number = |narrow: u32| {
            if narrow == WIDE { wide.u64().unwrap_or(u64::from(narrow)) } else { u64::from(narrow) }
        };
        let (size, compressed) = (number(size), number(compressed));
        let header = Self { name, flags, method, stamp, crc, compressed, size, offset, system: 0, attributes: 0 };
        Some((header, LOCAL_LENGTH + lengths.iter().sum::<usize>()))
    }
}

/// The 64-bit extra field among `extra`.
fn find_extra(extra: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields(extra);
    loop {
        let (id, length) = (fields.u16()?, fields.u16()?);
        let data = fields.take(usize::from(length))?;
        if id == ZIP64 {
            return Some(data);
        }
    }
}

/// Where the central directory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) entries: u64,
    pub(crate) size: u64,
    pub(crate) offset: u64,
}

impl End {
    /// The end records, with their 64-bit forms where a number asks for it; `at` is where they begin.
    pub(crate) fn encode(self, at: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.entries >= 0xFFFF || self.size >= u64::from(WIDE) || self.offset >= u64::from(WIDE) {
            let end = Bytes(bytes)
                .u32(END64)
                .u64(END64_LENGTH as u64 - 12)
                .u16(45)
                .u16(45)
                .u32(0)
                .u32(0)
                .u64(self.entries)
                .u64(self.entries)
                .u64(self.size)
                .u64(self.offset);
            bytes = end.u32(LOCATOR64).u32(0).u64(at).u32(1).0;
        }
        let entries = u16::try_from(self.entries).unwrap_or(u16::MAX);
        let end = Bytes(bytes).u32(END).u16(0).u16(0).u16(entries).u16(entries);
        end.u32(narrow(self.size)).u32(narrow(self.offset)).u16(0).0
    }

    /// Decodes the end record at the start of `bytes`, and the length of its comment.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut fields = Fields(bytes);
        if fields.u32()? != END {
            return None;
        }
        let (_disk, _first, _here) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let (entries, size, offset) = (fields.u16()?, fields.u32()?, fields.u32()?);
        let comment = usize::from(fields.u16()?);
        Some((Self { entries: u64::from(entries), size: u64::from(size), offset: u64::from(offset) }, comment))
    }

    /// Decodes the 64-bit end record.
    pub(crate) fn parse64(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        if fields.u32()? != END64 {
            return None;
        }
        let _fixed = fields.take(28)?;
        Some(Self { entries: fields.u64()?, size: fields.u64()?, offset: fields.u64()? })
    }

    /// Decodes the locator: where the 64-bit end record stands.
    pub(crate) fn parse_locator(bytes: &[u8]) -> Option<u64> {
        let mut fields = Fields(bytes);
        (fields.u32()? == LOCATOR64 && fields.u32().is_some()).then(|| fields.u64())?
    }
}

/// Little-endian numbers off the front of a slice.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(size: u64, offset: u64) -> Header {
        let name = b"files/a.log".to_vec();
        let (flags, stamp) = (FLAG_UTF8, dos_stamp(Timestamp::UNIX_EPOCH));
        let (method, crc, compressed, system, attributes) = (DEFLATED, 7, size / 2, 0, 0);
        Header { name, flags, method, stamp, crc, compressed, size, offset, system, attributes }
    }

    #[test]
    fn headers_survive_the_way_to_bytes_and_back_at_every_width() {
        for (size, offset) in [(0, 0), (5, 9), (u64::from(WIDE), 1), (1 << 40, 1 << 41), (3, 1 << 33)] {
            let header = header(size, offset);
            let central = header.central();
            assert_eq!(Header::parse_central(&central), Some((header.clone(), central.len())));
            let local = header.local(true);
            let (read, length) = Header::parse_local(&local, offset).unwrap();
            assert_eq!((read, length), (header, local.len()));
        }
        let short = header(5, 0).local(true).len();
        assert_eq!(short, header(1 << 40, 0).local(true).len(), "a header patched later must not move the data");
    }

    #[test]
    fn cut_headers_are_none() {
        let bytes = header(1 << 40, 1 << 41).central();
        assert!((0..bytes.len()).all(|end| Header::parse_central(&bytes[..end]).is_none()));
    }

    #[test]
    fn dos_stamps_stay_within_their_century() {
        let stamp = |text: &str| dos_stamp(text.parse().unwrap());
        assert_eq!(stamp("2026-03-02T10:20:31Z"), (46 << 9 | 3 << 5 | 2) << 16 | 10 << 11 | 20 << 5 | 15);
        assert_eq!(stamp("1970-01-01T00:00:00Z") >> 25, 0);
        assert_eq!(stamp("2200-01-01T00:00:00Z") >> 25, 127);
    }
}
