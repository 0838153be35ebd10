//! The `licence` kind: what Office is activated by. One record a licence; which Office it serves stands in that Office's
//! own record.

use super::table;
use crate::facts::{
    Record, Table,
    context::Context,
    model::licences::{Licence, Standing},
};

/// One record a licence.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let known = &cx.licences;
    let services = known.windows_gap.iter().chain(&known.office_gap);
    let gaps = known.file_gaps.iter().chain(services).cloned().collect();
    table(known.all.iter().map(record).collect(), gaps)
}

fn record(licence: &Licence) -> Record {
    let standing = licence.standing.clone();
    Record::default()
        .with("product", licence.product.clone())
        .with("holder", licence.holder.word())
        .with("user", licence.user.clone())
        .with("state", standing.clone().map(Standing::word))
        .with("licensed", standing.map(|standing| standing == Standing::Licensed))
        .with("until", licence.until)
        .with("renew_after", licence.renew_after)
        .with("kind", licence.kind.clone())
        .with("path", licence.path.as_ref().map(ToString::to_string))
        .seen([licence.at.clone()])
}
