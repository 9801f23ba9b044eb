//! What defects and strategies are resolved against: the fleet and the alarms of the scenario, and what `[change]` says. It
//! resolves nothing.

use super::alarm::ResolvedAlarm;
use super::fleet::ResolvedFleet;
use jiff::civil::Weekday;

/// The fleet, the alarms and what is said of the change.
pub(super) struct Scene {
    /// The fleet.
    pub fleet: ResolvedFleet,
    /// All alarms, in order.
    pub alarms: Vec<ResolvedAlarm>,
    /// `[change]` says how long the way back takes.
    pub change_has_rollback_time: bool,
    /// The day from whose midnight instants of UTC count.
    pub first_day: Weekday,
}
