//! Who was impaired when: kept only where an alarm counts what they left, and asked by nobody else.

use super::hosts::ZoneCount;
use super::impairment::ZoneImpairment;
use crate::ids::{IdVec, ZoneId};

/// What each zone was like, and since when.
#[derive(Debug, Default)]
pub struct History {
    zones: IdVec<ZoneId, Vec<Step>>,
}

/// A zone is like that from an instant on.
#[derive(Debug)]
struct Step {
    at_ms: u64,
    impaired: ZoneCount,
    load: f64,
}

/// For so long these hosts were impaired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spell {
    /// From when to when, in milliseconds since the rollout's start.
    pub span_ms: (u64, u64),
    /// Hosts of the zone and of its one-box, at least one.
    pub impaired: ZoneCount,
    /// Requests that each of them was sent, relative to those of a host where all are sent as many.
    pub load: f64,
}

impl History {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self, zones: usize) {
        self.zones.recycle(zones, Vec::clear);
    }

    /// From now on the zone is like `after`.
    pub fn note(&mut self, zone: ZoneId, now_ms: u64, after: ZoneImpairment) {
        let steps = &mut self.zones[zone];
        let step = Step { at_ms: now_ms, impaired: after.impaired, load: after.load };
        match steps.last_mut() {
            Some(last) if last.at_ms == now_ms => *last = step,
            Some(_) | None => steps.push(step),
        }
    }

    /// Tells of every spell of a zone between two instants, in order of time.
    pub fn spells(&self, zone: ZoneId, (from_ms, to_ms): (u64, u64), mut told: impl FnMut(Spell)) {
        let steps = &self.zones[zone];
        let first = steps.partition_point(|step| step.at_ms <= from_ms).saturating_sub(1);
        for (index, step) in steps.iter().enumerate().skip(first) {
            let until_ms = steps.get(index + 1).map_or(to_ms, |next| next.at_ms.min(to_ms));
            let span_ms = (step.at_ms.max(from_ms), until_ms);
            if step.at_ms >= to_ms {
                break;
            }
            if step.impaired.all > 0 && span_ms.0 < span_ms.1 {
                told(Spell { span_ms, impaired: step.impaired, load: step.load });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_the_spells_that_reach_into_it() {
        let zone = ZoneId::new(0);
        let mut history = History::default();
        history.reset(1);
        for (at_ms, all) in [(10, 1), (20, 2), (20, 3), (30, 0), (50, 1)] {
            let impaired = ZoneCount { all, one_box: 0 };
            history.note(zone, at_ms, ZoneImpairment { impaired, ..ZoneImpairment::default() });
        }
        let spells = |from_ms, to_ms| {
            let mut found = Vec::new();
            history.spells(zone, (from_ms, to_ms), |spell| found.push((spell.span_ms, spell.impaired.all)));
            found
        };
        assert_eq!(spells(0, 100), [((10, 20), 1), ((20, 30), 3), ((50, 100), 1)]);
        assert_eq!(spells(15, 25), [((15, 20), 1), ((20, 25), 3)]);
        assert_eq!(spells(20, 30), [((20, 30), 3)]);
        assert_eq!(spells(60, 70), [((60, 70), 1)]);
        assert!(spells(0, 10).is_empty() && spells(30, 50).is_empty() && spells(25, 25).is_empty());
    }
}
