//! One bundle in, report and facts out. Owns the order of the steps; a pure function of bundle, rules and options, so
//! that bundles can be analysed side by side.

pub mod cases;
pub mod file_digest;
pub mod find;

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use koff_bundle::{
    limits::Limits,
    manifest::{HostKind, Manifest},
    reader::Bundle,
    seal::Identity,
};
use rayon::prelude::*;

use self::file_digest::FileDigest;
use crate::{
    dll_table,
    error::{Error, Result},
    evaluate::evaluate,
    facts::{
        Facts, Means,
        log::{layout::Layout, scan::Patterns},
    },
    pack,
    report::{About, BundleInfo, Parts, Report},
    rule::{RuleSet, set::read_folder},
    signature::Trust,
    suppress::Config,
};

/// What an analysis depends on beside bundle and rules.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// PEM files with further trust anchors.
    pub anchors: Vec<PathBuf>,
    /// Folders of rules whose `layouts/` add to the built-in ones.
    pub folders: Vec<PathBuf>,
    /// The moment judged where the bundle tells none (loose evidence).
    pub at: Option<Timestamp>,
    /// Judge at that moment whatever the bundle tells: for bundles that are compared again and again.
    pub always_at: bool,
    /// Accepted findings.
    pub config: Config,
    /// How much of a bundle is read.
    pub limits: Limits,
    /// What opens sealed bundles.
    pub identities: Vec<Identity>,
}

/// Rules and everything made ready from them once, for any number of bundles.
pub struct Analyst {
    rules: RuleSet,
    trust: Trust,
    at: Option<Timestamp>,
    always_at: bool,
    config: Config,
    limits: Limits,
    identities: Vec<Identity>,
    patterns: Patterns,
    layouts: Vec<Layout>,
}

/// What is known of one bundle.
pub struct Analysis {
    /// The document.
    pub report: Report,
    /// The facts behind it.
    pub facts: Facts,
    /// How obtaining each artifact ended.
    pub manifest: Arc<Manifest>,
}

impl Analyst {
    /// Makes `rules` ready.
    ///
    /// # Errors
    /// Log patterns or layouts that do not compile, a trust anchor that cannot be read.
    pub fn new(rules: RuleSet, options: Options) -> Result<Self> {
        let patterns = || Patterns::new(&rules.log_needs()).map_err(Error::Rules);
        let (patterns, (layouts, mut trust)) =
            rayon::join(patterns, || rayon::join(|| layouts(&options.folders), || Trust::of_pack(&rules.pack)));
        let (patterns, layouts) = (patterns?, layouts?);
        for path in &options.anchors {
            let place = path.display().to_string();
            let pem = std::fs::read(path).map_err(|error| Error::io(&place, error))?;
            trust.add_file(&pem).map_err(|error| Error::Usage(format!("{place}: {error}")))?;
        }
        let Options { at, always_at, config, limits, identities, .. } = options;
        Ok(Self { rules, trust, at, always_at, config, limits, identities, patterns, layouts })
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Analyses the bundle, zip, folder or file at `path`.
    ///
    /// # Errors
    /// There is nothing to read, or a newer format.
    pub fn analyse(&self, path: &Path) -> Result<Analysis> {
        self.analyse_digested(path, FileDigest::begin(path))
    }

    /// The same with a digest of the file that was begun before.
    ///
    /// # Errors
    /// As [`analyse`](Self::analyse).
    pub fn analyse_digested(&self, path: &Path, digest: FileDigest) -> Result<Analysis> {
        let bundle = Bundle::open_sealed(path, self.limits, &self.identities)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let facts = self.facts(&bundle);
        Ok(self.judge(&bundle, facts, name, digest.finish()?))
    }

    /// Analyses an open bundle called `name`, whose file has the digest `sha256`.
    #[must_use]
    pub fn analyse_bundle(&self, bundle: &Bundle, name: String, sha256: Option<String>) -> Analysis {
        self.judge(bundle, self.facts(bundle), name, sha256)
    }

    fn facts(&self, bundle: &Bundle) -> Facts {
        let means = Means {
            pack: &self.rules.pack,
            trust: &self.trust,
            layouts: &self.layouts,
            patterns: &self.patterns,
            at: self.at,
        };
        Facts::parse(bundle, &means)
    }

    fn judge(&self, bundle: &Bundle, facts: Facts, name: String, sha256: Option<String>) -> Analysis {
        let told = if self.always_at { None } else { collected(bundle.manifest()) };
        let at = told.or(self.at);
        let evaluation = evaluate(&self.rules, &facts, at);
        let day = at.map(|at| at.to_zoned(TimeZone::UTC).date());
        let dlls = dll_table::rows(&facts, &self.rules, at);
        let report = Report::new(Parts {
            bundle: about_bundle(bundle, name, sha256, at),
            pack_name: self.rules.name.clone(),
            pack: &self.rules.pack,
            facts: &facts,
            verdicts: evaluation.verdicts,
            findings: self.config.sort(evaluation.findings, day),
            about: &|id| self.about(id),
            dlls,
        });
        Analysis { report, facts, manifest: bundle.shared_manifest() }
    }

    fn about(&self, id: &str) -> About {
        let rule = self.rules.get(id);
        About {
            title: rule.map(|rule| rule.source.title.clone()).unwrap_or_default(),
            area: rule.map(|rule| rule.area.clone()).unwrap_or_default(),
            level: rule.map_or(crate::finding::Level::Informational, |rule| rule.level()),
        }
    }
}

/// The layouts that are built in, and those below `layouts/` of the `folders`, which come first.
///
/// # Errors
/// A layout that cannot be read or does not compile.
pub(crate) fn layouts(folders: &[PathBuf]) -> Result<Vec<Layout>> {
    let mut files: Vec<(String, Cow<'static, str>)> = Vec::new();
    for folder in folders.iter().map(|folder| folder.join("layouts")).filter(|folder| folder.is_dir()) {
        let found = read_folder(&folder)?.into_iter();
        files.extend(found.map(|(path, text)| (folder.join(path).display().to_string(), text.into())));
    }
    files.extend(pack::embedded_layouts().iter().map(|file| (format!("rules/{}", file.path), file.text.into())));
    let parse = |(path, text): &(String, Cow<'static, str>)| {
        Layout::parse(text).map_err(|error| Error::Rules(format!("{path}: {error}")))
    };
    files.par_iter().map(parse).collect()
}

/// When the bundle was collected; loose evidence does not say.
fn collected(manifest: &Manifest) -> Option<Timestamp> {
    (manifest.host.kind != HostKind::Loose).then_some(manifest.finished)
}

fn about_bundle(bundle: &Bundle, name: String, sha256: Option<String>, at: Option<Timestamp>) -> BundleInfo {
    let manifest = bundle.manifest();
    let kind = match manifest.host.kind {
        HostKind::Live => "live",
        HostKind::Disk => "disk",
        HostKind::Recorded => "recorded",
        HostKind::Loose => "loose",
    };
    BundleInfo {
        name,
        sha256,
        kind: kind.to_owned(),
        collected: at.map(|at| at.to_string()),
        host: String::new(),
        names_masked: (manifest.host.kind != HostKind::Loose).then_some(manifest.redaction.names_masked),
        problems: bundle.problems().iter().map(ToString::to_string).collect(),
        incomplete: bundle.is_incomplete(),
    }
}
