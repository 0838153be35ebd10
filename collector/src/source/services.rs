//! Kerio's Windows services (`facts/services.json`): set-up from the registry, run state from the service manager where
//! the host has one.

use koff_bundle::{
    acquisition::State,
    reading::Reading,
    record::ServiceRecord,
    registry::{Key, Value},
};

use super::{Budget, Context, Raw, survey::Service};
use crate::host::Answer;

/// Every service of Kerio.
///
/// # Errors
/// Where the list of services could not be read.
pub fn collect(context: &Context, _budget: &Budget) -> Answer<Raw> {
    if let Some(end) = &context.survey.no_services {
        return Err(end.clone());
    }
    let records: Vec<ServiceRecord> = context.survey.services.iter().map(|service| record(context, service)).collect();
    Raw::records(&records)
}

fn record(context: &Context, service: &Service) -> ServiceRecord {
    let text = |name: &str| service.key.value(name).and_then(Value::text).filter(|text| !text.is_empty());
    ServiceRecord {
        name: service.name.clone(),
        display_name: text("DisplayName").map_or_else(|| missing("DisplayName"), Reading::Value),
        image: service.image.clone().map_or_else(|| missing("ImagePath"), Reading::Value),
        start: start(&service.key).map_or_else(|| missing("Start"), |word| Reading::Value(word.to_owned())),
        state: Reading::from(context.host.service_state(&service.name)),
    }
}

fn missing<T>(what: &str) -> Reading<T> {
    Reading::missing(State::Absent, format!("no {what} in the service's key"))
}

/// `SERVICE_BOOT_START` to `SERVICE_DISABLED` (winnt.h).
fn start(key: &Key) -> Option<&'static str> {
    let words = ["boot", "system", "automatic", "manual", "disabled"];
    words.get(usize::try_from(key.value("Start")?.number()?).ok()?).copied()
}
