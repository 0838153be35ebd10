//! Licences of Office with product keys, asked of WMI (`root\cimv2`), whose providers ask the licensing services. Asks
//! only where such a service runs already.

use koff_bundle::{acquisition::State, reading::Reading, record::ServiceLicence};

use super::{
    super::{Answer, licensing::Licensing},
    services, wmi,
};

const NAMESPACE: &str = r"root\cimv2";

/// What the service knows, in WMI's order.
pub(super) fn licences(licensing: Licensing) -> Answer<Vec<ServiceLicence>> {
    licensing.licences(services::state(licensing.service()), || {
        wmi::rows(NAMESPACE, &licensing.query(), |row| ServiceLicence {
            name: row.text("Name").unwrap_or_default(),
            family: told(row.text("LicenseFamily"), "LicenseFamily"),
            description: told(row.text("Description"), "Description"),
            status: told(row.number("LicenseStatus"), "LicenseStatus"),
            grace_minutes: told(row.number("GracePeriodRemaining"), "GracePeriodRemaining"),
        })
    })
}

fn told<T>(value: Option<T>, name: &str) -> Reading<T> {
    value.map_or_else(|| Reading::missing(State::Absent, format!("{NAMESPACE}: no {name}")), Reading::Value)
}
