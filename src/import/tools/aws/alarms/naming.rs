//! What alarms are called, and what they are read with.

use crate::import::draft::DraftAlarm;
use crate::import::provenance::Provenance;
use crate::import::tools::aws::account::{AwsAccount, AwsResource};
use crate::import::tools::judged::Judged;

/// What an alarm is read with.
pub(super) struct AlarmContext<'a, 'd> {
    /// All resources.
    pub account: &'a AwsAccount<'d>,
    /// How many hosts it looks at.
    pub hosts: u64,
    /// Whether it calls people, and not a deployment.
    pub calls_people: bool,
}

/// An alarm of the scenario.
pub(super) fn draft_alarm(name: String, judged: Judged, calls_people: bool, from: Provenance) -> DraftAlarm {
    DraftAlarm { name, table: judged.table, ailment: judged.ailment, calls_people, from }
}

/// The name of an alarm as it is written, known or not.
pub(super) fn title(resource: &AwsResource<'_>) -> String {
    resource.name.clone().unwrap_or_else(|| resource.title())
}

/// A name without the marks of what stands in it for something else.
pub(super) fn plain_name(name: &str) -> String {
    let words = name.replace("${AWS::", "${").replace("${", "").replace('}', "");
    words.trim_matches(|c: char| c == '-' || c.is_whitespace()).to_owned()
}
