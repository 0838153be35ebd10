//! Which licensing service is asked about Office, and when none is. Owns that choice and its words; asking is the live
//! host's business. Nothing is started for it: whoever asks a licensing service that rests makes Windows start it.

use koff_bundle::acquisition::State;

use super::{Answer, Refusal, absent, failed};

/// A service that keeps licences with product keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licensing {
    /// Windows' own: Office 2013 and later on Windows 8 and later.
    Windows,
    /// Office's: Office 2010, and later ones on Windows 7.
    Office,
}

/// Application ids of Office 2010 and of every later one, as Microsoft's `ospp.vbs` asks for them.
pub const APPLICATIONS: [&str; 2] = ["59a52881-a989-479d-af46-f275c6370663", "0ff1ce15-a989-479d-af46-f275c6370663"];

impl Licensing {
    /// Name of the service.
    #[must_use]
    pub fn service(self) -> &'static str {
        match self {
            Self::Windows => "sppsvc",
            Self::Office => "osppsvc",
        }
    }

    /// The question in WMI's language: products of Office for which there is a key. The key and its parts are not among
    /// what is asked for.
    #[must_use]
    pub fn query(self) -> String {
        let class = match self {
            Self::Windows => "SoftwareLicensingProduct",
            Self::Office => "OfficeSoftwareProtectionProduct",
        };
        let [older, newer] = APPLICATIONS;
        format!(
            "SELECT Name, LicenseFamily, Description, LicenseStatus, GracePeriodRemaining FROM {class} \
             WHERE (ApplicationID = '{older}' OR ApplicationID = '{newer}') AND PartialProductKey IS NOT NULL"
        )
    }

    /// What `ask` says, where the service runs already. `state` is the service's run state.
    ///
    /// # Errors
    /// [`State::Absent`] where the PC has no such service; [`State::Failed`] where it rests; else as `ask` or `state` say.
    pub fn licences<T>(self, state: Answer<String>, ask: impl FnOnce() -> Answer<T>) -> Answer<T> {
        let service = self.service();
        match state {
            Ok(state) if state == "running" => ask(),
            Ok(state) => Err(failed(format!("the service {service} is {state}, and nothing is started to ask it"))),
            Err(end) if end.state == State::Absent => Err(absent(format!("there is no service {service}"))),
            Err(end) => Err(Refusal { reason: format!("service {service}: {}", end.reason), ..end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_rests_is_not_asked_since_that_would_start_it() {
        let never = || -> Answer<u8> { panic!("asked") };
        let end = Licensing::Windows.licences(Ok("stopped".to_owned()), never).unwrap_err();
        assert_eq!(end.state, State::Failed);
        assert!(end.reason.contains("sppsvc is stopped"), "{}", end.reason);
        let end = Licensing::Office.licences(Err(absent("1060")), never).unwrap_err();
        assert_eq!((end.state, end.reason.as_str()), (State::Absent, "there is no service osppsvc"));
        assert_eq!(Licensing::Windows.licences(Ok("running".to_owned()), || Ok(5)), Ok(5));
    }

    #[test]
    fn no_part_of_a_product_key_is_asked_for() {
        for licensing in [Licensing::Windows, Licensing::Office] {
            let query = licensing.query();
            let columns = query.split(" FROM ").next().unwrap();
            assert!(!columns.contains("Key"), "{columns}");
            assert!(query.contains("0ff1ce15-") && query.contains("59a52881-"), "{query}");
        }
    }
}
