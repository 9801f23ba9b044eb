//! Where the values of a measure can be at all, and what the next one may be: from its unit, the bounds of a strategy's
//! trials and how often changes are bad. It knows no trial.

use crate::outcome::bounds::OutcomeBounds;
use crate::outcome::measures::{Measure, Population, Subject, Unit, quarters};
use crate::plan::Plan;
use crate::rollout;
use crate::stats::{Interval, NextValue};

/// What of a plan bounds its measures.
#[derive(Debug, Clone)]
pub(super) struct Possible {
    /// Of rollouts, by strategy.
    bounds: Vec<OutcomeBounds>,
    /// Probability that a change is bad.
    bad: f64,
    /// Quarters of a year that a trial of the pipeline counts; none without a pipeline.
    quarters: Option<f64>,
}

impl Possible {
    /// The bounds of a plan.
    pub fn of(plan: &Plan) -> Self {
        let change = &plan.change;
        Self {
            bounds: plan.strategies.iter().map(|strategy| rollout::bounds(plan, strategy)).collect(),
            bad: if change.defects.is_empty() { 0.0 } else { change.bad_probability },
            quarters: plan.pipeline.as_ref().map(|p| quarters(p.line.length_ms - p.line.warm_up_ms)),
        }
    }

    /// Where a value of the measure under a strategy (an index), and so its expectation, can be. What only bad changes do
    /// happens at most as often as they come; where none can come their harm is nothing, rather than unknown.
    pub fn range(&self, measure: &Measure, strategy: usize) -> Interval {
        if self.bad == 0.0 && measure.population == Population::Bad && !is_a_time(measure.unit) {
            return Interval::new(0.0, 0.0);
        }
        let of_unit = of_unit(measure.unit);
        let most = match (measure.subject(), measure.unit) {
            (Subject::Rollout, Unit::YesNo) if measure.zero_if_good => Some(self.bad),
            (Subject::Rollout, _) => (measure.most)(&self.bounds[strategy]),
            (Subject::Pipeline | Subject::Lane, _) => of_unit.high,
        };
        Interval { high: most, ..of_unit }
    }

    /// What the next value of the measure may be.
    pub fn next(&self, measure: &Measure) -> NextValue {
        match measure.subject() {
            Subject::Rollout => next_of_rollout(measure),
            Subject::Pipeline | Subject::Lane => self.next_of_pipeline(measure),
        }
    }

    /// A trial of a pipeline adds up many rollouts, and nothing bounds how much all of them do: its intervals cover what
    /// was seen, but for events that were not seen at all.
    fn next_of_pipeline(&self, measure: &Measure) -> NextValue {
        match measure.unit {
            // Of events that come rarely one more may come; other counts are averages over many.
            Unit::Count if measure.by_quarter => {
                self.quarters.map_or(NextValue::AsSeen, |quarters| NextValue::Event(1.0 / quarters))
            }
            Unit::Count => NextValue::AsSeen,
            Unit::HostMs | Unit::CustomerMs | Unit::PersonMs | Unit::Requests | Unit::Items => {
                NextValue::SeenIfAny
            }
            Unit::DurationMs | Unit::LeadMs | Unit::Share | Unit::Ppm | Unit::YesNo => NextValue::AsSeen,
            Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Customers => NextValue::AsSeen,
            Unit::Deployments | Unit::Alarms => NextValue::AsSeen,
        }
    }
}

fn next_of_rollout(measure: &Measure) -> NextValue {
    match measure.unit {
        Unit::HostMs | Unit::Requests | Unit::Items | Unit::Hosts | Unit::Ppm => NextValue::Harm,
        Unit::Customers | Unit::CustomerMs => NextValue::Harm,
        Unit::Zones | Unit::Regions | Unit::Deployments | Unit::Alarms => NextValue::Possible,
        // The one time of which a plan knows the longest, and that it does not happen.
        Unit::DurationMs if measure.population == Population::All => NextValue::Harm,
        Unit::DurationMs | Unit::LeadMs | Unit::Count | Unit::Share | Unit::YesNo => NextValue::AsSeen,
        Unit::PersonMs => NextValue::AsSeen,
    }
}

/// Whether 0 would be an instant or a delay, and not nothing.
fn is_a_time(unit: Unit) -> bool {
    match unit {
        Unit::DurationMs | Unit::LeadMs => true,
        Unit::HostMs | Unit::Hosts | Unit::Zones | Unit::Regions | Unit::Requests | Unit::Items => false,
        Unit::Customers | Unit::CustomerMs | Unit::PersonMs => false,
        Unit::Deployments | Unit::Alarms | Unit::Count | Unit::Ppm | Unit::Share | Unit::YesNo => false,
    }
}

/// Where the numbers of a unit can be: none is negative or more than the whole where that means nothing.
pub(super) fn of_unit(unit: Unit) -> Interval {
    Interval { low: (!unit.is_signed()).then_some(0.0), high: unit.whole() }
}
