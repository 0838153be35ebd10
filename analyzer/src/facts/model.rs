//! Models parsed from raw inputs: users, Outlook profiles, MAPISVC.INF, Office, the connector's installation, data
//! folders. Owns what Outlook and the connector mean by a key or file; builds no records.

pub mod cache;
pub mod connector;
pub mod defender;
pub mod firebird;
pub mod host;
pub mod licences;
pub mod locale;
pub mod mapisvc;
pub mod office;
pub mod profiles;
pub mod users;
pub mod volumes;
