//! Shadow copies of volumes by their devices' names, and which of several copies of a file is the newest. Owns that
//! reading and that choice; asking Windows for the names is the live host's business.

use jiff::Timestamp;

/// What names of shadow copies begin with; a number follows.
pub const NAME: &str = "HarddiskVolumeShadowCopy";

/// Windows keeps at most 512 of a volume.
const MOST: usize = 512;

/// One shadow copy's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Number of the shadow copy.
    pub number: u32,
    /// When that file was last written, as Windows counts (100 ns since 1601).
    pub written: u64,
}

/// Numbers of all shadow copies among the names of all devices, which end in a zero each.
#[must_use]
pub fn numbers(devices: &[u16]) -> Vec<u32> {
    let names = devices.split(|unit| *unit == 0).map(String::from_utf16_lossy);
    names.filter_map(|name| name.strip_prefix(NAME)?.parse().ok()).take(MOST).collect()
}

/// The copy that was written last; of several alike the one made last, which has the greatest number.
#[must_use]
pub fn newest(copies: impl IntoIterator<Item = Kept>) -> Option<Kept> {
    copies.into_iter().max_by_key(|copy| (copy.written, copy.number))
}

/// The root of shadow copy `number` as a path.
#[must_use]
pub fn root(number: u32) -> String {
    format!(r"\\?\GLOBALROOT\Device\{NAME}{number}\")
}

/// Which copy it is, in words: its number, the volume's root, and when the file in it was written.
#[must_use]
pub fn words(number: u32, volume: &str, written: Option<Timestamp>) -> String {
    let written = written.map_or_else(String::new, |time| format!(", last written {time}"));
    format!("the shadow copy {number} of {volume}{written}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_found_among_thousands_of_devices() {
        let names = [
            "C:",
            "HarddiskVolumeShadowCopy7",
            "HarddiskVolume3",
            "HarddiskVolumeShadowCopy",
            "",
            "PhysicalDrive0",
            "HarddiskVolumeShadowCopy12",
            "HarddiskVolumeShadowCopyX",
            "HarddiskVolumeShadowCopy99999999999",
        ];
        let devices: Vec<u16> = names.iter().flat_map(|name| name.encode_utf16().chain([0])).collect();
        assert_eq!(numbers(&devices), [7, 12]);
        assert!(numbers(&[]).is_empty());
        // A list that is cut in a name gives what is whole enough to be one.
        assert_eq!(numbers(&devices[..devices.len() - 60]), [7, 12]);
        let many: Vec<u16> =
            (0..2_000).flat_map(|number| format!("{NAME}{number}\0").encode_utf16().collect::<Vec<_>>()).collect();
        assert_eq!(numbers(&many).len(), MOST);
    }

    #[test]
    fn the_file_written_last_counts_and_of_two_alike_the_later_copy() {
        let copy = |number, written| Kept { number, written };
        assert_eq!(newest([copy(3, 10), copy(1, 20), copy(2, 15)]), Some(copy(1, 20)));
        assert_eq!(newest([copy(3, 20), copy(9, 20), copy(4, 20)]), Some(copy(9, 20)));
        assert_eq!(newest([]), None);
        assert_eq!(root(7), r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7\");
        assert_eq!(words(7, r"C:\", None), r"the shadow copy 7 of C:\");
        let time: Timestamp = "2026-05-04T08:00:00Z".parse().unwrap();
        assert_eq!(words(7, r"C:\", Some(time)), r"the shadow copy 7 of C:\, last written 2026-05-04T08:00:00Z");
    }
}
