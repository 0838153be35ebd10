//! Small `.evtx` files put together byte by byte: one chunk, records as plain BinXML without templates. Owns the layout
//! only; what a reader makes of it is the business of the tests.

const CHUNK: usize = 0x1_0000;
const RECORDS: usize = 0x200;

/// One event of the file.
pub(crate) struct Event<'a> {
    pub(crate) provider: &'a str,
    pub(crate) id: &'a str,
    pub(crate) time: &'a str,
    /// Unnamed insertion strings.
    pub(crate) data: &'a [&'a str],
}

/// A file of `channel` with these events, numbered from 1.
pub(crate) fn file(channel: &str, events: &[Event<'_>]) -> Vec<u8> {
    let mut chunk = vec![0; RECORDS];
    let mut last = RECORDS;
    for (index, event) in events.iter().enumerate() {
        last = chunk.len();
        record(&mut chunk, index as u64 + 1, channel, event);
    }
    let free = chunk.len();
    let count = events.len() as u64;
    chunk[..8].copy_from_slice(b"ElfChnk\0");
    for (at, number) in [(8, 1), (16, count), (24, 1), (32, count)] {
        chunk[at..at + 8].copy_from_slice(&u64::to_le_bytes(number));
    }
    let checksum = crc(&[&chunk[RECORDS..free]]);
    for (at, number) in [(40, 128), (44, last as u32), (48, free as u32), (52, checksum)] {
        chunk[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    let checksum = crc(&[&chunk[..120], &chunk[128..RECORDS]]);
    chunk[124..128].copy_from_slice(&checksum.to_le_bytes());
    chunk.resize(CHUNK, 0);
    let mut file = vec![0; 0x1000];
    file[..8].copy_from_slice(b"ElfFile\0");
    file[24..32].copy_from_slice(&(count + 1).to_le_bytes());
    file[32..36].copy_from_slice(&128_u32.to_le_bytes());
    for (at, number) in [(36, 1_u16), (38, 3), (40, 0x1000), (42, 1)] {
        file[at..at + 2].copy_from_slice(&number.to_le_bytes());
    }
    let checksum = crc(&[&file[..120]]);
    file[124..128].copy_from_slice(&checksum.to_le_bytes());
    file.extend(chunk);
    file
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    parts.iter().for_each(|part| crc.update(part));
    crc.sum()
}

fn record(chunk: &mut Vec<u8>, number: u64, channel: &str, event: &Event<'_>) {
    let start = chunk.len();
    chunk.extend([0x2a, 0x2a, 0, 0, 0, 0, 0, 0]);
    chunk.extend(number.to_le_bytes());
    chunk.extend(133_000_000_000_000_000_u64.to_le_bytes());
    chunk.extend([0x0f, 1, 1, 0]);
    element(chunk, "Event", &[], |chunk| {
        element(chunk, "System", &[], |chunk| {
            element(chunk, "Provider", &[("Name", event.provider)], |_| {});
            element(chunk, "EventID", &[], |chunk| value(chunk, event.id));
            element(chunk, "Level", &[], |chunk| value(chunk, "2"));
            element(chunk, "TimeCreated", &[("SystemTime", event.time)], |_| {});
            element(chunk, "EventRecordID", &[], |chunk| value(chunk, &number.to_string()));
            element(chunk, "Channel", &[], |chunk| value(chunk, channel));
        });
        element(chunk, "EventData", &[], |chunk| {
            for text in event.data {
                element(chunk, "Data", &[], |chunk| value(chunk, text));
            }
        });
    });
    chunk.push(0);
    while !(chunk.len() - start + 4).is_multiple_of(8) {
        chunk.push(0);
    }
    let size = (chunk.len() - start + 4) as u32;
    chunk.extend(size.to_le_bytes());
    chunk[start + 4..start + 8].copy_from_slice(&size.to_le_bytes());
}

/// An element with attributes and whatever `inside` writes.
fn element(chunk: &mut Vec<u8>, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Vec<u8>)) {
    chunk.push(if attributes.is_empty() { 0x01 } else { 0x41 });
    let size = hole(chunk);
    inline_name(chunk, name);
    if !attributes.is_empty() {
        let list = hole(chunk);
        for (index, (name, text)) in attributes.iter().enumerate() {
            chunk.push(if index + 1 < attributes.len() { 0x46 } else { 0x06 });
            inline_name(chunk, name);
            value(chunk, text);
        }
        fill(chunk, list);
    }
    chunk.push(0x02);
    inside(chunk);
    chunk.push(0x04);
    fill(chunk, size);
}

fn hole(chunk: &mut Vec<u8>) -> usize {
    chunk.extend([0; 4]);
    chunk.len()
}

fn fill(chunk: &mut [u8], from: usize) {
    let length = (chunk.len() - from) as u32;
    chunk[from - 4..from].copy_from_slice(&length.to_le_bytes());
}

fn inline_name(chunk: &mut Vec<u8>, name: &str) {
    let here = chunk.len() as u32 + 4;
    chunk.extend(here.to_le_bytes());
    chunk.extend([0; 6]);
    chunk.extend((name.len() as u16).to_le_bytes());
    chunk.extend(name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
}

fn value(chunk: &mut Vec<u8>, text: &str) {
    chunk.extend([0x05, 0x01]);
    chunk.extend((text.encode_utf16().count() as u16).to_le_bytes());
    chunk.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
}
