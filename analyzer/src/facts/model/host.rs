//! The Windows at hand: what the manifest says, else what the registry exports say. Owns the choice between the two and
//! the release's name and end of support by the pack's table.

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    manifest::HostKind,
    path::WinPath,
    reading::{Missing, Reading},
};

use super::mapisvc::CommonFiles;
use crate::{
    evidence::Evidence,
    facts::raw::{
        Answer, Seen,
        input::Input,
        registry::{Registry, Scope},
    },
    pack::{Lifetime, Pack},
    verdict::Unknown,
};

const CURRENT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const ENVIRONMENT: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

/// What is known about Windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Windows {
    /// `ProductName`.
    pub product: Answer<Seen<String>>,
    /// `EditionID`.
    pub edition: Answer<Seen<String>>,
    /// `DisplayVersion`.
    pub display: Answer<Seen<String>>,
    /// Build number.
    pub build: Answer<Seen<u32>>,
    /// Update build revision.
    pub ubr: Answer<Seen<u32>>,
    /// `x86`, `x64` or `arm64`.
    pub architecture: Answer<Seen<String>>,
    /// Release and end of support, where the table knows the build.
    pub life: Option<Lifetime>,
    /// `Common Files` of both bitnesses.
    pub common: CommonFiles,
    /// The moment judged: that asked for, else when the evidence was collected; loose evidence does not tell.
    pub collected: Option<Timestamp>,
}

impl Windows {
    /// The Windows of `input`.
    #[must_use]
    pub fn read(input: &Input, registry: &Registry, pack: &Pack, at: Option<Timestamp>) -> Self {
        let host = &input.manifest.host;
        let text = |reading: &Reading<String>, field: &str, value: &str| {
            or_registry(input, reading, field, || registry.text(&Scope::Machine, CURRENT, value))
        };
        let product = text(&host.windows, "windows", "ProductName");
        let edition = text(&host.edition, "edition", "EditionID");
        let number = |reading: &Reading<u32>, field: &str, value: &str| {
            or_registry(input, reading, field, || {
                let number = registry.number(&Scope::Machine, CURRENT, value)?;
                let number = number.map(|seen| seen.map(|n| u32::try_from(n).unwrap_or(0)));
                let text = registry.text(&Scope::Machine, CURRENT, value)?;
                Ok(number.or_else(|| {
                    let parsed = text.as_ref()?.value.trim().parse().ok()?;
                    text.map(|seen| seen.map(|_| parsed))
                }))
            })
        };
        let build = number(&host.build, "build", "CurrentBuildNumber");
        let architecture = or_registry(input, &host.architecture, "architecture", || {
            let found = registry.text(&Scope::Machine, ENVIRONMENT, "PROCESSOR_ARCHITECTURE")?;
            Ok(found.map(|seen| seen.map(|word| architecture_word(&word))))
        });
        let collected = at.or((host.kind != HostKind::Loose).then_some(input.manifest.started));
        let life = build.as_ref().ok().and_then(|seen| {
            let server = value(&product).is_some_and(|name| name.to_lowercase().contains("server"));
            pack.windows_life(seen.as_ref()?.value, server, value(&edition), collected)
        });
        Self {
            display: text(&host.display_version, "display_version", "DisplayVersion"),
            ubr: number(&host.ubr, "ubr", "UBR"),
            common: common_files(registry, value(&architecture)),
            product,
            edition,
            build,
            architecture,
            life,
            collected,
        }
    }

    /// Its name as the pack has it, else as Windows has it.
    ///
    /// # Errors
    /// Neither is known.
    pub fn name(&self) -> Answer<String> {
        if let Some(life) = &self.life {
            return Ok(Some(life.name.clone()));
        }
        let product = self.product.clone()?;
        let display = value(&self.display).map(|text| format!(" {text}")).unwrap_or_default();
        Ok(product.map(|seen| format!("{}{display}", seen.value)))
    }

    /// Where it was seen.
    #[must_use]
    pub fn evidence(&self) -> Vec<Evidence> {
        let texts = [&self.product, &self.edition, &self.display].into_iter().flatten().flatten();
        let numbers = [&self.build, &self.ubr].into_iter().flatten().flatten();
        let mut all: Vec<Evidence> = texts.map(|seen| seen.at.clone()).collect();
        all.extend(numbers.map(|seen| seen.at.clone()));
        all
    }

    /// The architecture, where known.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        value(&self.architecture)
    }
}

fn value(answer: &Answer<Seen<String>>) -> Option<&str> {
    answer.as_ref().ok()?.as_ref().map(|seen| seen.value.as_str())
}

fn or_registry<T: Clone + ToString>(
    input: &Input,
    reading: &Reading<T>,
    field: &str,
    other: impl FnOnce() -> Answer<Seen<T>>,
) -> Answer<Seen<T>> {
    match reading {
        Reading::Value(value) => {
            let at = input.host_evidence(field, &value.to_string());
            Ok(Some(Seen { value: value.clone(), at }))
        }
        Reading::Missing(Missing { missing: State::Absent, .. }) => Ok(None),
        Reading::Missing(missing) => other().map_err(|why| {
            let own = Unknown::new(missing.missing, format!("{field} of Windows"));
            if missing.missing == State::NotCollected { why } else { own }
        }),
    }
}

fn architecture_word(word: &str) -> String {
    match word.to_lowercase().as_str() {
        "amd64" => "x64".to_owned(),
        other => other.to_owned(),
    }
}

/// `CommonFilesDir` of both views, else their defaults.
fn common_files(registry: &Registry, architecture: Option<&str>) -> CommonFiles {
    const KEY: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion";
    let folder = |name: &str, default: &str| {
        let text = registry.text(&Scope::Machine, KEY, name).ok().flatten().map(|seen| WinPath::new(seen.value));
        text.filter(WinPath::is_absolute).unwrap_or_else(|| WinPath::new(default))
    };
    let native = folder("CommonFilesDir", r"C:\Program Files\Common Files");
    let x86 = match architecture {
        Some("x86") => native.clone(),
        _ => folder("CommonFilesDir (x86)", r"C:\Program Files (x86)\Common Files"),
    };
    CommonFiles { native, x86 }
}
