//! What defects and strategies are resolved against: the fleet and the alarms of the scenario. It resolves nothing.

use super::alarm::ResolvedAlarm;
use super::fleet::ResolvedFleet;

/// The fleet and the alarms.
pub(super) struct Scene {
    /// The fleet.
    pub fleet: ResolvedFleet,
    /// All alarms, in order.
    pub alarms: Vec<ResolvedAlarm>,
}
