//! The room of a data folder as a picture: a bar as long as the volume, in it the database, what else is there and what is
//! free, and a mark where the free space would have to begin for an upgrade. The words beside it say the same.

use crate::report::Room;

/// Length of the bar in the picture's units.
const LENGTH: i64 = 1000;
/// Anything that is there is at least so long.
const LEAST: i64 = 6;

/// The picture.
pub(super) struct Space<'a> {
    pub(super) room: &'a Room,
    /// Lengths of what else is there, and of the database; the rest is free.
    pub(super) other: i64,
    pub(super) database: i64,
    pub(super) free: i64,
    /// Where the free space would have to begin, from the left.
    pub(super) needed: i64,
    pub(super) words: String,
}

impl<'a> Space<'a> {
    pub(super) fn new(room: &'a Room) -> Self {
        let total = room.total_mb.unwrap_or_else(|| room.free_mb.saturating_add(room.database_mb)).max(1);
        let other_mb = total.saturating_sub(room.free_mb).saturating_sub(room.database_mb).max(0);
        let long = |mb: i64| {
            let exact = i128::from(mb) * i128::from(LENGTH) / i128::from(total);
            let exact = i64::try_from(exact).unwrap_or(LENGTH).clamp(0, LENGTH);
            if mb > 0 { exact.max(LEAST) } else { 0 }
        };
        let free = long(room.free_mb).min(LENGTH - 2 * LEAST);
        let database = long(room.database_mb).min(LENGTH - free);
        let other = if other_mb > 0 { LENGTH - free - database } else { 0 };
        Self {
            room,
            other,
            database: LENGTH - free - other,
            free,
            needed: LENGTH - long(room.needed_mb).min(LENGTH),
            words: words(room),
        }
    }
}

/// The same in a sentence.
fn words(room: &Room) -> String {
    let of = room.total_mb.map(|total| format!(" of {}", size(total))).unwrap_or_default();
    let (database, free, needed) = (size(room.database_mb), size(room.free_mb), size(room.needed_mb));
    let enough = match (room.free_mb >= room.needed_mb, room.short) {
        (false, _) => "too little",
        (true, true) => "enough for that, but little for Windows and Office",
        (true, false) => "enough",
    };
    format!("Database {database}; free {free}{of}. An upgrade of the database needs {needed} free: {enough}.")
}

/// MiB as people read them.
fn size(mb: i64) -> String {
    if mb < 1024 {
        return format!("{mb} MiB");
    }
    format!("{}.{} GiB", mb / 1024, mb % 1024 * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(database_mb: i64, free_mb: i64, total_mb: Option<i64>) -> Room {
        let needed_mb = database_mb.saturating_mul(2);
        let short = free_mb < needed_mb;
        Room { folder: "C:\\x".to_owned(), database_mb, free_mb, total_mb, needed_mb, short }
    }

    #[test]
    fn the_bar_is_as_long_as_the_volume_whatever_the_sizes() {
        for (database, free, total) in [
            (0, 0, None),
            (3000, 12_000, Some(100_000)),
            (1, 1_000_000, Some(1_000_001)),
            (90_000, 0, Some(90_000)),
            (i64::MAX, i64::MAX, None),
        ] {
            let room = room(database, free, total);
            let space = Space::new(&room);
            assert_eq!(space.other + space.database + space.free, LENGTH, "{room:?}");
            assert!([space.other, space.database, space.free].iter().all(|part| *part >= 0), "{room:?}");
            assert!((0..=LENGTH).contains(&space.needed), "{room:?}");
        }
    }

    #[test]
    fn the_words_say_what_the_picture_shows() {
        let words = Space::new(&room(3072, 4096, Some(102_400))).words;
        assert_eq!(
            words,
            "Database 3.0 GiB; free 4.0 GiB of 100.0 GiB. An upgrade of the database needs 6.0 GiB free: too little."
        );
        assert!(Space::new(&room(100, 4096, None)).words.ends_with("needs 200 MiB free: enough."));
    }
}
