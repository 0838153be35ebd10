//! How long add-ins took when Outlook last started them: Outlook's event 45 in the Application log, a block of labelled
//! lines an add-in (Microsoft Learn, "Application event log entries for Outlook add-in load time"). Owns reading that
//! text; labels are in Outlook's language, so only the ProgID and the unit in brackets count.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::facts::{Datum, Table};

/// One start of an add-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    /// How long it took.
    pub(super) milliseconds: u64,
    /// When Outlook said so.
    pub(super) time: Timestamp,
}

/// The last start of each add-in, by its ProgID in lower case.
#[derive(Debug, Default)]
pub(super) struct Loads(BTreeMap<String, Load>);

impl Loads {
    /// What the events say.
    pub(super) fn read(events: &Table) -> Self {
        let mut loads = Self::default();
        for record in &events.records {
            let (Datum::Text(text), Datum::Time(time)) = (record.get("text"), record.get("time")) else { continue };
            let outlook = *record.get("provider") == Datum::from("Outlook") && *record.get("id") == Datum::Number(45);
            if !outlook {
                continue;
            }
            for (prog_id, milliseconds) in starts(text) {
                let known = loads.0.entry(prog_id).or_insert(Load { milliseconds, time: *time });
                if known.time <= *time {
                    *known = Load { milliseconds, time: *time };
                }
            }
        }
        loads
    }

    /// The last start of `prog_id`.
    pub(super) fn of(&self, prog_id: &str) -> Option<Load> {
        self.0.get(&prog_id.to_lowercase()).copied()
    }
}

/// ProgIDs in lower case with their milliseconds. A block's lines are name, description, ProgID, GUID, …, time: the ProgID
/// is the line before the GUID, the time the next one whose label ends in a unit in brackets.
fn starts(text: &str) -> Vec<(String, u64)> {
    let (mut found, mut before, mut current) = (Vec::new(), None, None);
    for line in text.lines() {
        let Some((label, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if value.starts_with('{') && value.ends_with('}') {
            current = before.take();
        } else if label.trim_end().ends_with(')')
            && let (Some(prog_id), Ok(milliseconds)) = (current.take(), value.parse())
        {
            found.push((prog_id, milliseconds));
        }
        before = Some(value.to_lowercase());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Record;

    fn block(prog_id: &str, unit: &str, milliseconds: &str) -> String {
        format!(
            "Name: An add-in\r\nDescription: what: it does\r\nProgID: {prog_id}\r\nGUID: {{F959DBBB-3867-41F2-8E5F-3B8BEFAA81B3}}\r\n\
             Load Behavior: 03\r\nHKLM: 1\r\nLocation: C:\\Program Files\\x.dll\r\n{unit}: {milliseconds} \r\n\r\n"
        )
    }

    fn event(time: &str, id: i64, text: &str) -> Record {
        Record::default()
            .with("provider", "Outlook")
            .with("id", id)
            .with("time", time.parse::<Timestamp>().unwrap())
            .with("text", text)
    }

    #[test]
    fn the_last_start_counts_whatever_language_outlook_speaks() {
        let english = block("Sample.Connect", "Boot Time (Milliseconds)", "16")
            + &block("Other.1", "Boot Time (Milliseconds)", "146");
        let german = block("sample.connect", "Startzeit (Millisekunden)", "1875");
        let records = vec![
            event("2026-05-04T08:00:00Z", 45, &german),
            event("2026-05-03T08:00:00Z", 45, &english),
            event("2026-05-05T08:00:00Z", 59, &block("Sample.Connect", "Boot Time (Milliseconds)", "1")),
        ];
        let loads = Loads::read(&Table { records, ..Table::default() });
        let milliseconds = |prog_id: &str| loads.of(prog_id).map(|load| load.milliseconds);
        assert_eq!(milliseconds("Sample.Connect"), Some(1875));
        assert_eq!(milliseconds("OTHER.1"), Some(146));
        assert_eq!(milliseconds("nobody"), None);
    }

    #[test]
    fn a_text_that_was_cut_gives_what_is_whole() {
        let whole = block("A.1", "Boot Time (Milliseconds)", "5") + &block("B.1", "Boot Time (Milliseconds)", "6");
        let cut = &whole[..whole.len() - 20];
        assert_eq!(starts(cut), [("a.1".to_owned(), 5)]);
        assert!(starts("Outlook loaded the following add-in(s):\r\n").is_empty());
    }
}
