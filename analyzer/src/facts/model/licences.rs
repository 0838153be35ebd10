//! Licences of Office: which there are and in what state each was when the evidence was collected. Owns what a licence
//! file or a licensing service means by its words; which Office a licence is for is told elsewhere.

use jiff::{SignedDuration, Timestamp};
use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    path::WinPath,
    reading::Reading,
    record::{LicenceFile, LicenceHolder, LicencesRecord, ServiceLicence},
};

use crate::{
    evidence::Evidence,
    facts::raw::{
        Seen,
        input::Input,
        rows::{Rows, answer, unknown},
    },
    verdict::Unknown,
};

/// What a licence lets Office do, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Activated.
    Licensed,
    /// It works, for a time.
    Grace,
    /// It works and says so at every start.
    Notification,
    /// Reduced functionality: documents can be read, not written.
    Reduced,
    /// Not activated.
    Unlicensed,
}

impl Standing {
    /// As the `licence` kind spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Licensed => "licensed",
            Self::Grace => "grace",
            Self::Notification => "notification",
            Self::Reduced => "reduced",
            Self::Unlicensed => "unlicensed",
        }
    }

    /// By `LicenseStatus` (learn.microsoft.com/en-us/previous-versions/windows/desktop/sppwmi/softwarelicensingproduct).
    fn of_service(status: u32) -> Option<Self> {
        match status {
            0 => Some(Self::Unlicensed),
            1 => Some(Self::Licensed),
            2 | 3 | 4 | 6 => Some(Self::Grace),
            5 => Some(Self::Notification),
            _ => None,
        }
    }
}

/// Whom or what a licence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A person who signed in.
    User,
    /// Everybody on the PC.
    Device,
    /// A person on a shared computer.
    SharedComputer,
    /// Whoever typed a product key, or the organisation that did.
    ProductKey,
}

impl Holder {
    /// As the kinds spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Device => "device",
            Self::SharedComputer => "shared_computer",
            Self::ProductKey => "product_key",
        }
    }
}

/// One licence.
#[derive(Debug, Clone, PartialEq)]
pub struct Licence {
    /// Product release id, or the service's name of the product; a token of a shared computer names none.
    pub product: Option<String>,
    /// For whom.
    pub holder: Holder,
    /// Whose, where it is one person's.
    pub user: Option<String>,
    /// Its state on the day of collection.
    pub standing: Result<Standing, Unknown>,
    /// Until when it is in that state, where it ends.
    pub until: Option<Timestamp>,
    /// From when on Office asks for a new one.
    pub renew_after: Option<Timestamp>,
    /// `LicenseType` or the service's description.
    pub kind: Option<String>,
    /// The file.
    pub path: Option<WinPath>,
    /// Where it was seen.
    pub at: Evidence,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Licences {
    /// Files first, in the order of the bundle.
    pub all: Vec<Licence>,
    /// Why there may be more files.
    pub file_gaps: Vec<Unknown>,
    /// Why Windows' licensing service may know more.
    pub windows_gap: Option<Unknown>,
    /// Why Office's licensing service may know more.
    pub office_gap: Option<Unknown>,
}

impl Licences {
    /// The licences of `input`, as they were at `collected`.
    #[must_use]
    pub fn read(input: &Input, collected: Option<Timestamp>) -> Self {
        let rows: Rows<LicencesRecord> = input.rows(Artifact::OfficeLicences);
        let mut all = Self { file_gaps: rows.gaps.clone(), ..Self::default() };
        if rows.rows.is_empty() {
            all.windows_gap = rows.gaps.first().cloned();
            all.office_gap = rows.gaps.first().cloned();
        }
        for row in rows.iter() {
            all.all.extend(row.value.files.iter().map(|file| of_file(file, &row.at, collected)));
            let services = [(&row.value.windows, "Windows"), (&row.value.office, "Office")];
            let [windows, office] = services.map(|(reading, name)| all.add(row, reading, name, collected));
            (all.windows_gap, all.office_gap) = (windows, office);
        }
        all
    }

    /// Adds what a licensing service said; gives why it said nothing.
    fn add(
        &mut self,
        row: &Seen<LicencesRecord>,
        reading: &Reading<Vec<ServiceLicence>>,
        name: &str,
        collected: Option<Timestamp>,
    ) -> Option<Unknown> {
        match answer(reading, &format!("licences known to the licensing service of {name}"), &row.at) {
            Ok(found) => {
                let found = found.unwrap_or_default();
                self.all.extend(found.into_iter().map(|licence| of_service(licence, &row.at, collected)));
                None
            }
            Err(why) => Some(why),
        }
    }
}

fn of_file(file: &LicenceFile, at: &Evidence, collected: Option<Timestamp>) -> Licence {
    let said = file.licence.value();
    let standing = match (&file.licence, collected) {
        (Reading::Missing(missing), _) => Err(unknown(missing, file.path.as_str(), at)),
        (_, None) => Err(Unknown::new(State::NotCollected, "the day of collection, by which a licence is judged")),
        (Reading::Value(licence), Some(day)) => {
            let over = |end: Option<Timestamp>| end.is_some_and(|end| day > end);
            Ok(match (over(licence.not_after), over(licence.expires)) {
                (true, _) => Standing::Reduced,
                (false, true) => Standing::Grace,
                (false, false) => Standing::Licensed,
            })
        }
    };
    let ends = said.map(|said| (said.expires, said.not_after));
    let until = match standing {
        Ok(Standing::Licensed) => ends.and_then(|(expires, after)| expires.into_iter().chain(after).min()),
        _ => ends.and_then(|(_, after)| after),
    };
    Licence {
        product: said.and_then(|said| said.product.clone()),
        holder: match file.holder {
            LicenceHolder::User => Holder::User,
            LicenceHolder::Device => Holder::Device,
            LicenceHolder::SharedComputer => Holder::SharedComputer,
        },
        user: file.user.clone(),
        standing,
        until,
        renew_after: said.and_then(|said| said.renew_after),
        kind: said.and_then(|said| said.kind.clone()),
        path: Some(file.path.clone()),
        at: at.clone(),
    }
}

fn of_service(licence: ServiceLicence, at: &Evidence, collected: Option<Timestamp>) -> Licence {
    let what = format!("state of the licence {}", licence.name);
    let standing = match &licence.status {
        Reading::Missing(missing) => Err(unknown(missing, &what, at)),
        Reading::Value(status) => Standing::of_service(*status)
            .ok_or_else(|| Unknown::new(State::Failed, format!("{what}: no such state is published: {status}"))),
    };
    let minutes = licence.grace_minutes.value().copied().filter(|minutes| *minutes > 0);
    let left = minutes.map(|minutes| SignedDuration::from_mins(i64::from(minutes)));
    Licence {
        product: licence.family.value().cloned().or(Some(licence.name)),
        holder: Holder::ProductKey,
        user: None,
        standing,
        until: collected.zip(left).and_then(|(day, left)| day.checked_add(left).ok()),
        renew_after: None,
        kind: licence.description.value().cloned(),
        path: None,
        at: at.clone(),
    }
}
