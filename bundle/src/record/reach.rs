//! Whether the mail server answers: one contact with the server of a profile, where somebody agreed to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::reading::Reading;

/// One contact with a server (`facts/reachability.json`). Nobody logged on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReachRecord {
    /// Host name, as the profile writes it (a pseudonym where redacted).
    pub server: String,
    /// Port: the one that the profile names, else that of HTTPS.
    pub port: u16,
    /// Families of the addresses that the name stands for, `IPv4` or `IPv6`, in the order of the system.
    #[serde(default)]
    pub families: Reading<Vec<String>>,
    /// Milliseconds until the connection stood, or why there is none (refused, timed out, no route).
    #[serde(default)]
    pub connect_ms: Reading<u64>,
    /// The encrypted connection.
    #[serde(default)]
    pub tls: Reading<TlsRecord>,
    /// First line of the answer to a `HEAD` request, e.g. `HTTP/1.1 200 OK`.
    #[serde(default)]
    pub http: Reading<String>,
    /// The `Server` line of that answer: what the server calls itself, e.g. `Kerio Connect 9.4.0`.
    #[serde(default)]
    pub banner: Reading<String>,
    /// By how many seconds the PC's clock is ahead of the `Date` line of that answer; negative where it is behind.
    #[serde(default)]
    pub clock_ahead_seconds: Reading<i64>,
}

/// What the server showed when the connection was encrypted, trusted or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TlsRecord {
    /// `TLS 1.2` or `TLS 1.3`.
    #[serde(default)]
    pub version: Reading<String>,
    /// Whether the first certificate is for the name that the profile uses.
    #[serde(default)]
    pub name_matches: Reading<bool>,
    /// The certificates as sent, the server's own first. Names and keys are left out: they identify the server.
    pub chain: Vec<ServerCertificate>,
}

/// One certificate of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerCertificate {
    /// Valid from.
    #[serde(default)]
    pub not_before: Reading<Timestamp>,
    /// Valid until.
    #[serde(default)]
    pub not_after: Reading<Timestamp>,
    /// Whether it names itself as its issuer.
    #[serde(default)]
    pub self_issued: Reading<bool>,
}
