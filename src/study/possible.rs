//! Where the values of a measure can be at all: from its unit, the fleet and how often changes are bad. It knows no trial.

use crate::outcome::measures::{Measure, Population, Unit};
use crate::plan::Plan;
use crate::stats::Interval;

/// What of a plan bounds its measures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Possible {
    hosts: f64,
    zones: f64,
    regions: f64,
    /// Probability that a change is bad.
    bad: f64,
}

impl Possible {
    /// The bounds of a plan.
    pub fn of(plan: &Plan) -> Self {
        let change = &plan.change;
        Self {
            hosts: plan.fleet.hosts() as f64,
            zones: plan.fleet.zones.len() as f64,
            regions: plan.fleet.regions.len() as f64,
            bad: if change.defects.is_empty() { 0.0 } else { change.bad_probability },
        }
    }

    /// Where a value of the measure, and so its expectation, can be. What only bad changes do happens at most as often as
    /// they come; where none can come their harm is nothing, rather than unknown.
    pub fn range(&self, measure: &Measure) -> Interval {
        if self.bad == 0.0 && measure.population == Population::Bad && !is_a_time(measure.unit) {
            return Interval::new(0.0, 0.0);
        }
        let most = match measure.unit {
            Unit::YesNo if measure.zero_if_good => Some(self.bad),
            Unit::Hosts => Some(self.hosts),
            Unit::Zones => Some(self.zones),
            Unit::Regions => Some(self.regions),
            Unit::DurationMs | Unit::LeadMs | Unit::HostMs | Unit::Requests | Unit::Items => None,
            Unit::Deployments | Unit::Alarms | Unit::Count => None,
            Unit::Ppm | Unit::Share | Unit::YesNo => None,
        };
        let of_unit = of_unit(measure.unit);
        Interval { high: most.or(of_unit.high), ..of_unit }
    }
}

/// Whether 0 would be an instant or a delay, and not nothing.
fn is_a_time(unit: Unit) -> bool {
    match unit {
        Unit::DurationMs | Unit::LeadMs => true,
        Unit::HostMs | Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Requests | Unit::Items => false,
        Unit::Deployments | Unit::Alarms | Unit::Count | Unit::Ppm | Unit::Share | Unit::YesNo => false,
    }
}

/// Where the numbers of a unit can be: none is negative or more than the whole where that means nothing.
pub(super) fn of_unit(unit: Unit) -> Interval {
    Interval { low: (!unit.is_signed()).then_some(0.0), high: unit.whole() }
}
