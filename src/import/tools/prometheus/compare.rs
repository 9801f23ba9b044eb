//! A value held against a limit: too much or too little, of a gauge, of what is up. It knows no ratio.

use super::query::{PromSeries, Promql};
use super::shape::{LimitTest, LimitedValue};
use super::sight::{AlertSight, DOWNED, ERRORED, PromReading, STRAINED, ShareLimit, WELL, exact, hosts};
use super::words;
use crate::import::draft::Ailment;

/// A comparison with the series that are in it.
pub(super) struct Compare<'c> {
    pub compared: &'c LimitedValue,
    pub series: Vec<&'c PromSeries>,
}

impl Compare<'_> {
    pub(super) fn limit(&self) -> f64 {
        self.compared.limit
    }

    /// Whether it is about too much, and not about too little.
    pub(super) fn is_above(&self) -> bool {
        matches!(self.compared.against, LimitTest::Above | LimitTest::AtLeast | LimitTest::IsNot)
    }

    pub(super) fn is_below(&self) -> bool {
        matches!(self.compared.against, LimitTest::Below | LimitTest::AtMost)
    }

    pub(super) fn includes_limit(&self) -> bool {
        matches!(self.compared.against, LimitTest::AtLeast | LimitTest::AtMost | LimitTest::Is)
    }

    pub(super) fn window(&self) -> u64 {
        self.series.iter().filter_map(|series| series.range_ms).max().unwrap_or(0)
    }

    /// A limit on a share, of which a comparison speaks as of its rest where `of_rest`.
    pub(super) fn share(&self, of_rest: bool) -> Result<ShareLimit, String> {
        let limit = if of_rest { 1.0 - self.limit() } else { self.limit() };
        // 1 - 0.99 is not 0.01.
        let limit = (limit * 1e12).round() / 1e12;
        let at_least = self.includes_limit();
        if !(0.0..=1.0).contains(&limit) || limit == 1.0 && !at_least {
            return Err(format!("a share is never beyond {}: it does not fire", 100.0 * self.limit()) + " %");
        }
        if limit == 0.0 && at_least {
            return Err(WELL.to_owned());
        }
        Ok(ShareLimit { limit, at_least })
    }

    /// A mean duration against a duration.
    pub(super) fn average(&self, metric: &str) -> Result<PromReading, String> {
        if words::is_inside(metric) || !self.is_above() {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let sight =
            AlertSight::Slow { share: ShareLimit { limit: 0.5, at_least: false }, window_ms: self.window() };
        let told = "a mean is taken for a median: it fires when more than half of the requests are slow, and what counts as slow is by hand";
        Ok(PromReading { approximated: vec![told.to_owned()], ..exact(sight) })
    }

    /// What something is now.
    pub(super) fn gauge(&self, first: Option<&PromSeries>) -> Result<PromReading, String> {
        let Some(series) = first.or_else(|| self.series.first().copied()) else {
            return Err("it looks at no series".to_owned());
        };
        let (limit, against) = (self.limit(), self.compared.against);
        if (words::is_up(&series.metric) || up_like(series))
            && let Some(reading) = self.up(series)
        {
            return reading;
        }
        let free = words::is_free(series);
        let idle = "it fires while there is little to do, which is no harm that a rollout does";
        if free && self.is_above() && !words::is_of_instances(series) {
            if limit == 0.0 {
                return Ok(PromReading {
                    is_guard: true,
                    ..hosts(ShareLimit::ANY, Ailment::Strain, STRAINED)
                });
            }
            return Err(idle.to_owned());
        }
        if !free && self.is_below() && words::is_used(&series.metric) {
            return Err(idle.to_owned());
        }
        if words::is_time(&series.metric)
            && !words::is_inside(&series.metric)
            && self.is_above()
            && limit > 0.0
        {
            return self.average(&series.metric);
        }
        let strained = words::is_of_strain(series);
        let too_much = matches!(against, LimitTest::Above | LimitTest::AtLeast);
        if too_much && words::is_of_errors(series) && !words::is_of_machines(&series.metric) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Errors, ERRORED));
        }
        let down = match against {
            LimitTest::Is | LimitTest::IsNot => !strained,
            LimitTest::Below | LimitTest::AtMost => !free && !strained,
            LimitTest::Above | LimitTest::AtLeast => words::is_gone(series),
        };
        let is_guard = limit == 0.0 && !down && (too_much || matches!(against, LimitTest::IsNot));
        let (ailment, told) = if down { (Ailment::Down, DOWNED) } else { (Ailment::Strain, STRAINED) };
        Ok(PromReading { is_guard, ..hosts(ShareLimit::ANY, ailment, told) })
    }

    /// 1 for each that is well.
    pub(super) fn up(&self, series: &PromSeries) -> Option<Result<PromReading, String>> {
        let limit = self.limit();
        let core = &self.compared.core;
        let op = match core {
            Promql::Group { op, .. } => op.as_str(),
            _ => "",
        };
        let told = if series.metric == "up" { Vec::new() } else { vec![DOWNED.to_owned()] };
        let share = match (op, self.compared.against) {
            ("avg", LimitTest::Below | LimitTest::AtMost) | ("", LimitTest::Below | LimitTest::AtMost)
                if core.calls(&["avg_over_time"]) || op == "avg" =>
            {
                match self.share(true) {
                    Ok(share) if op == "avg" => share,
                    Ok(_) => ShareLimit::ANY,
                    Err(why) => return Some(Err(why)),
                }
            }
            (_, LimitTest::Is) if limit == 1.0 && words::is_up(&series.metric) && op.is_empty() => {
                return Some(Err(WELL.to_owned()));
            }
            (_, LimitTest::Above | LimitTest::AtLeast | LimitTest::IsNot)
                if words::is_up(&series.metric)
                    && (limit != 1.0 || self.compared.against != LimitTest::IsNot) =>
            {
                return Some(Err(WELL.to_owned()));
            }
            ("sum" | "max" | "avg", LimitTest::Is) if limit == 0.0 => ShareLimit::ALL,
            ("sum", LimitTest::Below) if limit == 1.0 => ShareLimit::ALL,
            ("" | "min", LimitTest::Is) if limit == 0.0 => ShareLimit::ANY,
            ("" | "min", LimitTest::IsNot) if limit == 1.0 => ShareLimit::ANY,
            ("" | "min", LimitTest::Below) if limit <= 1.0 && limit > 0.0 => ShareLimit::ANY,
            _ => return None,
        };
        let sight = AlertSight::Hosts { share, ailment: Ailment::Down, wait_ms: 0 };
        Some(Ok(PromReading { approximated: told, ..exact(sight) }))
    }
}

/// Whether a series is 1 while an instance is well, by a name that says so.
fn up_like(series: &PromSeries) -> bool {
    let names = words::words(&series.metric);
    names.iter().any(|word| ["healthy", "alive", "reachable", "online", "connected"].contains(&word.as_str()))
}
