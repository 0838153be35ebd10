//! How Office is activated: what each licence says of its product, its state and its times. No key or part of one, no
//! identity of a person, tenant or device, no signature is part of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{path::WinPath, reading::Reading};

/// All licences of Office on the host (`facts/office-licences.json`, exactly one record). Microsoft 365 keeps files since
/// version 1910; every other Office, and it before that, is known to a licensing service only
/// (learn.microsoft.com/en-us/microsoft-365-apps/licensing-activation/vnextdiag).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LicencesRecord {
    /// What Windows' own licensing service knows (`SoftwareLicensingProduct`): Office 2013 and later on Windows 8 and later.
    #[serde(default)]
    pub windows: Reading<Vec<ServiceLicence>>,
    /// What Office's licensing service knows (`OfficeSoftwareProtectionProduct`): Office 2010, and later ones on Windows 7.
    #[serde(default)]
    pub office: Reading<Vec<ServiceLicence>>,
    /// Licence files of people and of the device.
    #[serde(default)]
    pub files: Vec<LicenceFile>,
}

/// A licence with a product key, as a licensing service tells it. The key, its last characters and the numbers made of it
/// are not asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceLicence {
    /// `Name`, e.g. `Office 16, Office16ProPlusVL_KMS_Client edition`.
    pub name: String,
    /// `LicenseFamily`, e.g. `Office16ProPlusVL_KMS_Client`.
    #[serde(default)]
    pub family: Reading<String>,
    /// `Description`, e.g. `Office 16, VOLUME_KMSCLIENT channel`.
    #[serde(default)]
    pub description: Reading<String>,
    /// `LicenseStatus`: 0 unlicensed, 1 licensed, 2 out-of-box grace, 3 out-of-tolerance grace, 4 non-genuine grace,
    /// 5 notification, 6 extended grace.
    pub status: Reading<u32>,
    /// `GracePeriodRemaining`, minutes; 0 where the licence has no end.
    #[serde(default)]
    pub grace_minutes: Reading<u32>,
}

/// Where a licence file lies, and so whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LicenceHolder {
    /// `%LOCALAPPDATA%\Microsoft\Office\Licenses`: a person.
    User,
    /// `%ProgramData%\Microsoft\Office\Licenses`: everybody on this PC.
    Device,
    /// `%LOCALAPPDATA%\Microsoft\Office\16.0\Licensing`: a person on a PC with shared computer activation, for some days.
    SharedComputer,
}

/// One licence file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LicenceFile {
    /// Full path.
    pub path: WinPath,
    /// Whom it is for.
    pub holder: LicenceHolder,
    /// The user whose it is, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Last write time, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// What it says; missing with the reason where it cannot be read.
    pub licence: Reading<Licence>,
}

/// What a licence file says, as Microsoft's own `vNextDiag.ps1` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Licence {
    /// `ProductReleaseId`, e.g. `O365ProPlusRetail`; a token of a shared computer names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// `LicenseType`, e.g. `Subscription`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `Status`: state of the entitlement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<String>,
    /// `ExpiresOn`: after that Office is in a grace period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// `Metadata.NotBefore`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// `Metadata.NotAfter`: after that Office has reduced functionality until it reaches Microsoft again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// `Metadata.RenewAfter`: from then on Office asks Microsoft again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew_after: Option<Timestamp>,
}
