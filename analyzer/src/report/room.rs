//! The room that data folders have: each database against the free space of its volume and what an upgrade of it needs.

use crate::{
    facts::{Datum, Facts, Record},
    pack::Pack,
    report::Room,
};

/// One entry for each data folder of which both the database and the free space are known.
pub(super) fn rooms(facts: &Facts, pack: &Pack) -> Vec<Room> {
    let records = |kind: &str| facts.tables.get(kind).map(|table| table.records.as_slice()).unwrap_or_default();
    records("cache").iter().filter_map(|cache| room(cache, records("volume"), pack)).collect()
}

fn room(cache: &Record, volumes: &[Record], pack: &Pack) -> Option<Room> {
    let (folder, database_mb, free_mb) =
        (text(cache, "path")?, number(cache, "database_mb")?, number(cache, "free_mb")?);
    let needed_mb = database_mb.saturating_mul(pack.limits.upgrade_free_factor);
    // A total below what is used of it belongs to another volume.
    let total_mb = total(&folder, volumes).filter(|total| *total >= free_mb.saturating_add(database_mb));
    let yes = |field: &str| matches!(cache.get(field), Datum::Bool(true));
    Some(Room { folder, database_mb, free_mb, total_mb, needed_mb, short: yes("free_below_double") || yes("free_low") })
}

/// The capacity of the volume whose root the folder begins with; the longest where several do.
fn total(folder: &str, volumes: &[Record]) -> Option<i64> {
    let folder = folder.to_lowercase();
    let holds = |volume: &&Record| text(volume, "root").is_some_and(|root| folder.starts_with(&root.to_lowercase()));
    let volume = volumes.iter().filter(holds).max_by_key(|volume| text(volume, "root").map(|root| root.len()))?;
    number(volume, "total_mb")
}

fn text(record: &Record, field: &str) -> Option<String> {
    match record.get(field) {
        Datum::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A size; nothing is smaller than nothing.
fn number(record: &Record, field: &str) -> Option<i64> {
    match record.get(field) {
        Datum::Number(number) => Some((*number).max(0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_root_that_holds_the_folder_tells_the_capacity() {
        let volume = |root: &str, total: i64| Record::default().with("root", root).with("total_mb", total);
        let volumes = [volume(r"C:\", 1000), volume(r"C:\Data\", 500), volume(r"D:\", 9)];
        assert_eq!(total(r"c:\data\store", &volumes), Some(500));
        assert_eq!(total(r"C:\Users", &volumes), Some(1000));
        assert_eq!(total(r"E:\", &volumes), None);
    }
}
