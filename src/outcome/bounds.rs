//! The most that a trial of one strategy can give: facts of a plan, computed by `rollout`, held against every outcome,
//! and what intervals of rare harm rest on. Nothing is computed here.

/// Upper bounds on what one trial's outcome says; none where there is no finite one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OutcomeBounds {
    /// Hosts of the fleet.
    pub hosts: f64,
    /// Zones of the fleet.
    pub zones: f64,
    /// Regions of the fleet.
    pub regions: f64,
    /// Customers of the fleet.
    pub customers: f64,
    /// Impaired customers integrated over time, milliseconds.
    pub impaired_customer_ms: Option<f64>,
    /// Impaired hosts integrated over time, milliseconds.
    pub impaired_host_ms: Option<f64>,
    /// Hosts on the new version integrated over time, milliseconds.
    pub exposed_host_ms: Option<f64>,
    /// Requests failed by the defect or turned away.
    pub failed_requests: Option<f64>,
    /// Requests turned away for want of capacity.
    pub turned_away_requests: Option<f64>,
    /// Bad items that the defect left.
    pub damaged_items: Option<f64>,
    /// Other deployments rolled back together with this one.
    pub collateral_rollbacks: f64,
    /// Alarms whose verdict was lost or overridden.
    pub ignored_alarms: f64,
    /// Time that waves waited for an alarm with another cause, milliseconds.
    pub blocked_ms: f64,
}
