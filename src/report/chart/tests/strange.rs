//! Whatever a summary says, its charts are whole: nothing panics, nothing is off the sheet.

use crate::report::chart::checks::whole;
use crate::report::chart::{duration, exceedance, trade_off};
use crate::report::sample;
use crate::stats::Interval;
use crate::study::summarise;
use crate::study::summary::{StrategySummary, Summary};

/// Numbers that follow from a seed: a linear congruence (Knuth's MMIX), its upper bits.
struct Whims(u64);

impl Whims {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn value(&mut self) -> f64 {
        [0.0, 2.5e-4, 1.0, 59_999.0, 3.6e6, 7.77e8, 1e12, 1e17][self.below(8) as usize]
    }

    /// An interval around a value, with ends that may be missing, equal or far away.
    fn interval(&mut self, value: f64) -> Interval {
        let low = [None, Some(0.0), Some(value), Some(value * 0.5)][self.below(4) as usize];
        let high = [None, Some(value), Some(value * 1.5), Some(value.max(1.0) * 1e6)][self.below(4) as usize];
        Interval { low, high }
    }

    fn name(&mut self, index: usize) -> String {
        let names = [
            "a",
            "</script><img onerror=alert(1)>",
            "世界の果てまで続く名前",
            "a-name-that-is-longer-than-any-column-and-any-label-of-any-chart-could-ever-be",
            "two\nlines\tand a tab",
            "\u{202e}backwards",
        ];
        format!("{}{index}", names[self.below(6) as usize])
    }
}

fn strange(summary: &Summary, seed: u64) -> Summary {
    let mut whims = Whims(seed);
    let count = [1, 2, 7, 13, 40][whims.below(5) as usize];
    let mut strange = summary.clone();
    let mut strategies: Vec<StrategySummary> = Vec::new();
    for index in 0..count {
        let mut strategy = summary.strategies[index % summary.strategies.len()].clone();
        strategy.is_baseline = index == 0;
        strategy.name = whims.name(index);
        strategy.on_front = whims.below(2) == 0;
        strategy.beaten_by = (whims.below(3) == 0).then(|| "another".to_owned());
        for metric in &mut strategy.metrics {
            for quantile in [&mut metric.p50, &mut metric.p99] {
                *quantile = quantile.filter(|_| whims.below(4) > 0);
                if let Some(found) = quantile {
                    found.value = whims.value();
                    found.interval = whims.interval(found.value);
                }
            }
            metric.mean = metric.mean.filter(|_| whims.below(4) > 0);
            if let Some(mean) = &mut metric.mean {
                mean.value = whims.value();
                mean.interval = whims.interval(mean.value);
            }
        }
        if whims.below(4) == 0 {
            strategy.duration_percentiles.clear();
        }
        let scale = whims.value();
        strategy.duration_percentiles.iter_mut().for_each(|p| p.duration_ms = scale);
        strategy.impaired_host_ms_exceedance.truncate(whims.below(4) as usize * 20);
        strategies.push(strategy);
    }
    strange.baseline.clone_from(&strategies[0].name);
    strange.strategies = strategies;
    (strange.fastest, strange.safest) = (None, None);
    strange
}

#[test]
fn charts_of_strange_summaries_are_whole() {
    let (plan, outcomes) = sample::study(40);
    let summary = summarise(&plan, &outcomes);
    for seed in 0..120 {
        let strange = strange(&summary, seed);
        for picture in [trade_off::picture, exceedance::picture, duration::picture] {
            whole(&picture(&strange));
        }
    }
}
