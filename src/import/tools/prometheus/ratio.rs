//! One quantity among another: failing requests among all, slow ones, what is used of what there is.

use super::compare::Compare;
use super::flow::{flow_kin, has_group, is_flow, metric_of, stem};
use super::query::Promql;
use super::shape::LimitTest;
use super::sight::{AlertSight, DOWNED, Grain, PromReading, STRAINED, ShareLimit, WELL, exact, hosts};
use super::words::{self, Kin};
use crate::import::draft::Ailment;

impl Compare<'_> {
    pub(super) fn ratio(&self, above: &Promql, below: &Promql) -> Result<PromReading, String> {
        let (above_metric, below_metric) = (metric_of(above), metric_of(below));
        let ends = |metric: &str, ends: &[&str]| ends.iter().any(|end| metric.ends_with(end));
        if is_flow(above) && is_flow(below) {
            if ends(&above_metric, &["_sum", "_seconds_total", "_time_total", "_ms_total", "_time"])
                && !above_metric.contains("cpu")
                && (ends(&below_metric, &["_count", "_total"]))
                && stem(&above_metric) != below_metric
                && above_metric != below_metric
            {
                return self.average(&above_metric);
            }
            if above_metric.ends_with("_bucket") {
                return self.buckets(&above_metric);
            }
            return self.flows(above, below);
        }
        if self.limit() == 1.0
            && self.is_above()
            && self.series.iter().all(|series| words::is_of_instances(series))
        {
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
        }
        // Gauges: of what there is so much is used, or left.
        let capacity = below.series().iter().any(|series| words::is_capacity(&series.metric));
        if capacity
            && matches!(self.compared.against, LimitTest::Above | LimitTest::AtLeast)
            && !self.is_of_rest(above)
        {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        if matches!(self.compared.against, LimitTest::IsNot) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Down, DOWNED));
        }
        if self.series.iter().all(|series| words::is_up(&series.metric)) {
            return Ok(exact(AlertSight::Hosts {
                share: self.share(true)?,
                ailment: Ailment::Down,
                wait_ms: 0,
            }));
        }
        self.gauge(above.series().first().copied())
    }

    /// Whether it is what is left of something.
    pub(super) fn is_of_rest(&self, above: &Promql) -> bool {
        above.series().first().is_some_and(|series| words::is_free(series))
    }

    /// Requests of a bucket among all: those that are fast enough.
    pub(super) fn buckets(&self, metric: &str) -> Result<PromReading, String> {
        if words::is_inside(metric) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        if self.is_above() {
            return Err("it fires while requests are fast".to_owned());
        }
        Ok(exact(AlertSight::Slow { share: self.share(true)?, window_ms: self.window() }))
    }

    /// One flow among another.
    pub(super) fn flows(&self, above: &Promql, below: &Promql) -> Result<PromReading, String> {
        let mut of_buckets =
            self.series.iter().filter(|series| series.metric.ends_with("_bucket")).peekable();
        let buckets = of_buckets.peek().is_some();
        if buckets && !of_buckets.all(|series| words::is_timed(&series.metric)) {
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let kin = flow_kin(above, below);
        let machines = self.series.iter().any(|series| words::is_of_machines(&series.metric));
        let is_share = self.limit() <= 1.0 && (kin != Kin::Either || buckets);
        if machines || !is_share || kin == Kin::Either {
            if kin == Kin::Bad && self.is_below() || kin == Kin::Good && self.is_above() {
                return Err(WELL.to_owned());
            }
            return Ok(hosts(ShareLimit::ANY, Ailment::Strain, STRAINED));
        }
        let is_all = matches!(self.compared.against, LimitTest::Is)
            && self.limit() == if kin == Kin::Bad { 1.0 } else { 0.0 };
        if !is_all && (kin == Kin::Bad && !self.is_above() || kin == Kin::Good && self.is_above()) {
            return Err(WELL.to_owned());
        }
        let mut windows: Vec<u64> = self.series.iter().filter_map(|series| series.range_ms).collect();
        windows.sort_unstable();
        windows.dedup();
        let mut reading = exact(AlertSight::Failing {
            share: self.share(kin == Kin::Good)?,
            windows: windows.last().copied().into_iter().collect(),
        });
        if windows.len() > 1 {
            reading.approximated.push(
                "failed and all requests are counted over different times: here both over the longest"
                    .to_owned(),
            );
        }
        if self.compared.core.calls(&["irate"]) {
            reading.approximated.push(
                "`irate` looks at the last two scrapes of the window only: here the whole window counts"
                    .to_owned(),
            );
        }
        if buckets {
            reading
                .approximated
                .push("requests that are too slow count as failed there, and are not seen here".to_owned());
        }
        if !has_group(&self.compared.core) {
            reading.grain = Grain::Instance;
        }
        Ok(reading)
    }
}
