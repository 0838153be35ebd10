//! Which of the texts in the notification area are the connector's. Owns that choice and its words; asking the screen is
//! the live host's business.

use super::{Answer, failed};

/// The maker's name, in lower case: the one word that the text of the connector's icon can be known by.
const MAKER: &str = "kerio";

/// Of all `texts`, those that name the connector's maker, each once, in order of place.
///
/// # Errors
/// Where there is none: Windows 11 makes the icons behind the arrow only when somebody opens it, so that "not seen" is not
/// "not there".
pub fn connector(texts: impl IntoIterator<Item = String>) -> Answer<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        let text = text.trim();
        if text.to_lowercase().contains(MAKER) && !found.iter().any(|known| known == text) {
            found.push(text.to_owned());
        }
    }
    if found.is_empty() {
        return Err(failed(
            "no icon of the connector is visible; icons behind the arrow of the task bar may be unseen",
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use koff_bundle::acquisition::State;

    use super::*;

    #[test]
    fn of_all_icons_the_connector_s_are_kept_once() {
        let texts =
            ["Speakers: 40%", "KERIO Outlook Connector\nOffline ", "", "KERIO Outlook Connector\nOffline", "Uhr"];
        let found = connector(texts.map(str::to_owned)).unwrap();
        assert_eq!(found, ["KERIO Outlook Connector\nOffline"]);
    }

    #[test]
    fn none_seen_is_no_proof_that_there_is_none() {
        for texts in [&[][..], &["Speakers"][..]] {
            let end = connector(texts.iter().map(|text| (*text).to_owned())).unwrap_err();
            assert_eq!(end.state, State::Failed);
            assert!(end.reason.contains("may be unseen"), "{}", end.reason);
        }
    }
}
