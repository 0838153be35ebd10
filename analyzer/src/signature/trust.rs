//! Trust anchors in layers, intermediate certificates, and what is distrusted. Owns where each came from; judges nothing.
//!
//! Layers, first match names the store: Mozilla's list (crate `webpki-root-certs`), Microsoft's code-signing and legacy
//! roots (`roots-microsoft.pem`), roots of older
//! code-signing chains (`roots-former.pem`), the PC's own stores out of the bundle, a file given on the command line.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    catalogue::Catalogue,
    certificate::{Certificate, read_pem_or_der},
    checked::Checked,
    host_store,
    tlv::Malformed,
};
use crate::pack::Pack;

/// Microsoft's roots for code signing and time stamping, current and old: public certificates, unchanged.
const MICROSOFT: &[u8] = include_bytes!("roots-microsoft.pem");
/// Roots of older code-signing chains that Mozilla no longer lists for web servers.
const FORMER: &[u8] = include_bytes!("roots-former.pem");

/// Where an anchor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    /// Mozilla's list, embedded.
    Mozilla,
    /// Microsoft's roots, embedded.
    Microsoft,
    /// Roots of older code-signing chains, embedded.
    Former,
    /// Handed over with `--trust-anchor`.
    File,
    /// The PC's own ROOT store.
    HostRoot,
    /// The PC's own AuthRoot store (third-party roots that Windows fetched).
    HostAuthRoot,
}

impl Store {
    /// As reports name it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Mozilla => "embedded list of Mozilla",
            Self::Microsoft => "embedded list of Microsoft roots",
            Self::Former => "embedded list of former public roots",
            Self::File => "trust anchor given on the command line",
            Self::HostRoot => "this PC's ROOT store",
            Self::HostAuthRoot => "this PC's AuthRoot store",
        }
    }

    /// Whether only the diagnosed PC vouches for it.
    #[must_use]
    pub fn on_host(self) -> bool {
        matches!(self, Self::HostRoot | Self::HostAuthRoot)
    }
}

/// A trust anchor.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it stands.
    pub store: Store,
    /// Purposes that the store restricts it to; `None` for all.
    pub(super) purposes: Option<Vec<String>>,
}

impl Anchor {
    /// Whether the store lets it vouch for `purpose`.
    pub(super) fn allows(&self, purpose: &str) -> bool {
        self.purposes.as_ref().is_none_or(|list| list.iter().any(|p| p == purpose || p == "2.5.29.37.0"))
    }
}

/// Everything that a verdict rests on besides the file.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Shared: each bundle adds those of its PC to a copy.
    anchors: Vec<Arc<Anchor>>,
    /// SHA-256 of each.
    known: BTreeSet<[u8; 32]>,
    pub(super) intermediates: Vec<Certificate>,
    /// Thumbprint (SHA-1 or SHA-256, lower-case hex) to who distrusts it.
    distrusted: BTreeMap<String, String>,
    pub(super) catalogues: Vec<Catalogue>,
    /// Catalogues that could not be read, and why.
    pub(super) unread: Vec<String>,
    /// Shared with all copies.
    pub(super) checked: Arc<Checked>,
}

impl Trust {
    /// The embedded anchors alone.
    #[must_use]
    pub fn embedded() -> Self {
        let mut trust = Self::empty();
        for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            if let Ok(certificate) = Certificate::parse(der) {
                trust.add_anchor(certificate, Store::Mozilla, None);
            }
        }
        for (list, store) in [(MICROSOFT, Store::Microsoft), (FORMER, Store::Former)] {
            for certificate in read_pem_or_der(list).unwrap_or_default() {
                trust.add_anchor(certificate, store, None);
            }
        }
        trust
    }

    /// The embedded anchors, and the pack's list of revoked certificates.
    #[must_use]
    pub fn of_pack(pack: &Pack) -> Self {
        let mut trust = Self::embedded();
        for entry in pack.lists.get("revoked").map(|table| table.entries.as_slice()).unwrap_or_default() {
            trust.distrust(entry.value(), "the rule pack's revocation list");
        }
        trust
    }

    /// No anchors at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds the certificates of a PEM (or DER) file as anchors; how many there were.
    ///
    /// # Errors
    /// Where there is no certificate in it, or a broken one.
    pub fn add_file(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let certificates = read_pem_or_der(bytes)?;
        let count = certificates.len();
        certificates.into_iter().for_each(|certificate| self.add_anchor(certificate, Store::File, None));
        Ok(count)
    }

    /// Adds one certificate of the PC's own stores: `store` is the folder below `SystemCertificates` (ROOT, AuthRoot, CA,
    /// Disallowed), `key` the name of the registry key (the SHA-1 thumbprint), `blob` the value `Blob`. Other stores say
    /// nothing about trust and are left alone.
    ///
    /// # Errors
    /// Where the blob is broken. An entry of Disallowed counts by its key even then.
    pub fn add_host(&mut self, store: &str, key: &str, blob: &[u8]) -> Result<(), Malformed> {
        let disallowed = store.eq_ignore_ascii_case("Disallowed");
        if disallowed {
            self.distrust(key, "this PC's Disallowed store");
        }
        let entry = host_store::parse(blob)?;
        if disallowed {
            self.distrust(&entry.certificate.thumbprint(), "this PC's Disallowed store");
        } else if store.eq_ignore_ascii_case("ROOT") {
            self.add_anchor(entry.certificate, Store::HostRoot, entry.purposes);
        } else if store.eq_ignore_ascii_case("AuthRoot") {
            self.add_anchor(entry.certificate, Store::HostAuthRoot, entry.purposes);
        } else if store.eq_ignore_ascii_case("CA") {
            self.intermediates.push(entry.certificate);
        }
        Ok(())
    }

    /// Distrusts the certificate with this thumbprint (SHA-1 or SHA-256 in hex, any case); `who` says so.
    pub fn distrust(&mut self, thumbprint: &str, who: &str) {
        self.distrusted.entry(thumbprint.to_ascii_lowercase()).or_insert_with(|| who.to_owned());
    }

    /// Adds a security catalogue (a `.cat` file), by which unsigned files may be signed.
    ///
    /// # Errors
    /// Where it is no catalogue, or cannot be read to its end; files that no other signs are told so.
    pub fn add_catalogue(&mut self, name: &str, bytes: &[u8]) -> Result<(), Malformed> {
        match Catalogue::parse(name, bytes) {
            Ok(catalogue) => self.catalogues.push(catalogue),
            Err(why) => {
                self.unread.push(format!("catalogue {name}: {why}"));
                return Err(why);
            }
        }
        Ok(())
    }

    fn add_anchor(&mut self, certificate: Certificate, store: Store, purposes: Option<Vec<String>>) {
        if self.known.insert(certificate.digest()) {
            self.anchors.push(Arc::new(Anchor { certificate, store, purposes }));
        }
    }

    /// The anchors, in the order of their layers.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.anchors.iter().map(Arc::as_ref)
    }

    /// Who distrusts `certificate`, if anybody.
    pub(super) fn distrusts(&self, certificate: &Certificate) -> Option<&str> {
        if self.distrusted.is_empty() {
            return None;
        }
        let found = self.distrusted.get(&certificate.thumbprint());
        found.or_else(|| self.distrusted.get(&certificate.sha256())).map(String::as_str)
    }
}
