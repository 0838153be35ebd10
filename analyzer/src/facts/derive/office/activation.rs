//! Whether an Office is activated, as File > Office Account shows it: the join of its licences, of how its products ask
//! for one, and of what nobody could be asked. Microsoft's `vNextDiag.ps1` and `ospp.vbs` ask the same places.

use koff_bundle::acquisition::State;

use crate::{
    facts::{
        Datum, Record,
        context::Context,
        derive::any,
        model::{
            licences::{Holder, Licence, Standing},
            office::{Install, OfficeKind, has_outlook},
        },
        raw::{Answer, Seen, registry::Scope},
    },
    verdict::Unknown,
};

/// Where each product's way to its licence stands: 2 a person's file, 3 the device's, else a product key.
const MODES: &str = r"Software\Microsoft\Office\16.0\Common\Licensing\LicensingNext";

/// Where shared computer activation is switched on: by the installation, by hand, by policy.
const SHARED: [&str; 3] = [
    r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration",
    r"SOFTWARE\Microsoft\Office\16.0\Common\Licensing",
    r"SOFTWARE\Policies\Microsoft\Office\16.0\Common\Licensing",
];

/// The first build of Windows 8, which licenses Office by itself.
const WINDOWS_8: u32 = 9200;

/// `record` with what is known about the activation of `install`.
pub(super) fn add(cx: &Context<'_>, install: &Install, record: Record) -> Record {
    let shared = match install.kind {
        OfficeKind::ClickToRun => shared_computer(cx).into(),
        OfficeKind::Msi | OfficeKind::Store => Datum::Absent,
    };
    let record = record.with("shared_computer", shared);
    match judged(cx, install) {
        Err(why) => record.with("activation", Datum::Unknown(why.clone())).with("activated", Datum::Unknown(why)),
        Ok(None) => record.with("activation", "none").with("activated", false),
        Ok(Some((standing, licence))) => record
            .with("activation", standing.word())
            .with("activated", standing == Standing::Licensed)
            .with("activated_by", licence.holder.word())
            .with("activation_until", licence.until),
    }
}

/// The best licence of `install`; `None` where every place that may hold one was asked and has none.
fn judged<'a>(cx: &'a Context<'_>, install: &Install) -> Result<Option<(Standing, &'a Licence)>, Vec<Unknown>> {
    let own: Vec<&Licence> = cx.licences.all.iter().filter(|licence| serves(licence, install)).collect();
    let mut known: Vec<(Standing, &Licence)> =
        own.iter().filter_map(|licence| Some((*licence.standing.as_ref().ok()?, *licence))).collect();
    known.sort_by_key(|(standing, _)| *standing);
    let best = known.first().copied();
    if best.is_some_and(|(standing, _)| standing == Standing::Licensed) {
        return Ok(best);
    }
    let mut why: Vec<Unknown> = own.iter().filter_map(|licence| licence.standing.as_ref().err().cloned()).collect();
    let files = install.kind != OfficeKind::Msi;
    let filed = own.iter().any(|licence| licence.holder != Holder::ProductKey);
    if files && !filed {
        why.extend(cx.licences.file_gaps.iter().cloned());
    }
    // A product that asks for a file does not care for what a licensing service says.
    let by_file = match (files && filed, files) {
        (true, _) => Ok(true),
        (false, true) => asks_for_file(cx, install),
        (false, false) => Ok(false),
    };
    match by_file {
        Ok(true) => {}
        Ok(false) => why.extend(unasked(cx, install)),
        Err(unknown) => {
            why.push(unknown);
            why.extend(unasked(cx, install));
        }
    }
    why.sort();
    why.dedup();
    if why.is_empty() { Ok(best) } else { Err(why) }
}

/// Why the licensing service that knows about `install` may know more.
fn unasked(cx: &Context<'_>, install: &Install) -> Vec<Unknown> {
    let major = install.major();
    if major.is_some_and(|major| major < 14) {
        let what =
            format!("activation of Office {}: it is older than the licensing services", major.unwrap_or_default());
        return vec![Unknown::new(State::Unsupported, what)];
    }
    let build = cx.windows.build.as_ref().ok().and_then(|seen| Some(seen.as_ref()?.value));
    let gaps = &cx.licences;
    let gaps = match (major, build) {
        (Some(14), _) => vec![&gaps.office_gap],
        (Some(_), Some(build)) if build >= WINDOWS_8 => vec![&gaps.windows_gap],
        (Some(_), Some(_)) => vec![&gaps.office_gap],
        _ => vec![&gaps.windows_gap, &gaps.office_gap],
    };
    gaps.into_iter().flatten().cloned().collect()
}

/// Whether a licence is for `install`, and not for a Visio or Project beside it.
fn serves(licence: &Licence, install: &Install) -> bool {
    let major = install.major();
    let Some(product) = &licence.product else {
        // A token of a shared computer, or a file that could not be read: of Click-to-Run in any case.
        return install.kind == OfficeKind::ClickToRun && major.is_none_or(|major| major >= 15);
    };
    if licence.holder == Holder::ProductKey {
        let (generation, edition) = edition(product);
        return has_outlook(&edition) && (generation.is_none() || major.is_none() || generation == major);
    }
    let listed = install.products.iter().any(|own| own.eq_ignore_ascii_case(product));
    let unlisted = install.products.is_empty() || install.kind == OfficeKind::Store;
    install.kind != OfficeKind::Msi && has_outlook(product) && (listed || unlisted)
}

/// Major version and edition in a service's name of a product: `Office19ProPlus2019VL_MAK_AE` and
/// `Office 16, Office16ProPlusVL_KMS_Client edition`. Office 2019, 2021 and 2024 are versions of 16.0.
fn edition(product: &str) -> (Option<u64>, String) {
    let name = product.rsplit(", ").next().unwrap_or(product);
    let Some(rest) = name.strip_prefix("Office") else { return (None, product.to_owned()) };
    let edition = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: Option<u64> = rest.get(..rest.len() - edition.len()).and_then(|number| number.parse().ok());
    (number.map(|number| number.min(16)), edition.to_owned())
}

/// Whether one of the products with Outlook asks for a licence file, for anybody.
fn asks_for_file(cx: &Context<'_>, install: &Install) -> Result<bool, Unknown> {
    let products = install.products.iter().filter(|product| has_outlook(product));
    let asked = products.flat_map(|product| {
        cx.users.users.iter().map(move |user| {
            let mode = cx.registry.number(&Scope::User(user.id.clone()), MODES, product)?;
            Ok(mode.is_some_and(|seen| matches!(seen.value, 2 | 3)))
        })
    });
    any(asked.chain(cx.users.gaps.first().cloned().map(Err)))
}

/// Whether the PC is one on which people's licences last for some days only.
fn shared_computer(cx: &Context<'_>) -> Result<bool, Unknown> {
    let machine = Scope::Machine;
    let on = |answer: Answer<Seen<String>>| answer.map(|seen| seen.is_some_and(|seen| seen.value.trim() == "1"));
    any(SHARED.iter().map(|key| {
        if let Ok(Some(seen)) = cx.registry.number(&machine, key, "SharedComputerLicensing") {
            return Ok(seen.value == 1);
        }
        on(cx.registry.text(&machine, key, "SharedComputerLicensing"))
    }))
}

#[cfg(test)]
mod tests;
