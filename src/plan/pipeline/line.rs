//! What a pipeline can tell of itself: who deploys a component, who owns a defect, what is wrong with its line.

use super::repair::AfterRejection;
use super::source::Merges;
use crate::ids::DefectId;
use crate::outcome::measures::{self, Measure};
use crate::plan::strategy::Strategy;
use crate::plan::whole::{Line, Pipeline};

/// Most stages and waves of a pipeline: a stage's number has eight bits of a stream's key.
pub const MOST_STAGES: usize = 255;

impl Pipeline {
    /// What deploys each component, in order, with `studied` as the strategy under study.
    #[must_use]
    pub fn deployed_by<'a>(&'a self, studied: &'a Strategy) -> Vec<&'a Strategy> {
        if self.components.is_empty() {
            return vec![studied];
        }
        self.components.iter().map(|component| component.strategy.as_ref().unwrap_or(studied)).collect()
    }

    /// The component that has a class of defect; 0 without components.
    #[must_use]
    pub fn owner(&self, class: DefectId) -> usize {
        let claims = self.components.iter().position(|component| component.defects.contains(&class));
        let studied = || self.components.iter().position(|component| component.strategy.is_none());
        claims.or_else(studied).unwrap_or(0)
    }

    /// The same where every revision passes these stages by.
    #[must_use]
    pub fn without(&self, stages: &[usize]) -> Self {
        let mut pipeline = self.clone();
        stages.iter().for_each(|stage| pipeline.line.stages[*stage].passed_by = true);
        pipeline
    }
}

impl Line {
    /// Changes that are merged a day, on average over the whole pipeline; infinite if all are merged together.
    #[must_use]
    pub fn merges_a_day(&self) -> f64 {
        const DAY_MS: f64 = 86_400_000.0;
        let length_ms = self.length_ms as f64;
        match &self.source.merges {
            Merges::Every { gap_ms, .. } => DAY_MS / *gap_ms as f64,
            Merges::Recorded(instants) => instants.len() as f64 / length_ms * DAY_MS,
            Merges::Poisson(steps) => {
                let until = |index: usize| {
                    steps.get(index + 1).map_or(length_ms, |next| next.from_ms as f64).min(length_ms)
                };
                let hours = |index: usize, from_ms: f64| (until(index) - from_ms).max(0.0) / 3_600_000.0;
                let all = steps.iter().enumerate();
                let merges: f64 = all.map(|(i, step)| step.per_hour * hours(i, step.from_ms as f64)).sum();
                merges / length_ms * DAY_MS
            }
        }
    }

    /// Changes that are merged in all, on average.
    #[must_use]
    pub fn merges(&self) -> f64 {
        match &self.source.merges {
            Merges::Every { count, .. } => *count as f64,
            Merges::Recorded(_) | Merges::Poisson(_) => {
                self.merges_a_day() * (self.length_ms as f64 / 86_400_000.0)
            }
        }
    }

    /// Whether it says whom it keeps busy, so that there is people's time to count.
    #[must_use]
    pub fn counts_people(&self) -> bool {
        self.watchers > 0.0
            || self.rejection_work_ms > 0
            || self.stages.iter().any(|stage| stage.people > 0.0)
    }

    /// The measures that it has something to say of, in report order.
    pub fn measures(&self) -> impl Iterator<Item = &'static Measure> + Clone + use<> {
        measures::of_pipelines(self.two_phase.is_some(), self.counts_people())
    }

    /// What is wrong with the pipeline, in words; empty if it may be simulated. `waves` is how many
    /// production has.
    #[must_use]
    pub fn faults(&self, waves: usize) -> Vec<String> {
        let mut faults = Vec::new();
        let mut check = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        check(!self.stages.is_empty(), "a pipeline has at least one stage");
        check(self.stages.len() + waves <= MOST_STAGES, "at most 255 stages and waves");
        check(self.wave_windows.len() == waves, "every wave says whether it has a window");
        check(self.warm_up_ms < self.length_ms, "the warm-up ends before the trial");
        let calendars = self.stages.iter().filter_map(|stage| stage.window.map(|w| w.calendar));
        let waves = self.wave_windows.iter().flatten().chain(self.region_windows.iter().flatten());
        let untils = self.stages.iter().filter_map(|stage| stage.until);
        let watch = self.watch_hours.iter().flatten().copied();
        let all = calendars.chain(waves.copied()).chain(untils).chain(self.bake_window).chain(watch);
        check(
            all.into_iter().all(|calendar| self.calendars.get(calendar).is_some()),
            "every window has a calendar",
        );
        let classes = self.source.defects.len();
        check(
            self.stages.iter().all(|stage| stage.catches.len() == classes),
            "every stage says how likely it catches each class of defect",
        );
        let mut people = self.stages.iter().map(|stage| stage.people).chain([self.watchers]);
        check(people.all(|people| people.is_finite() && people >= 0.0), "people are 0 or more");
        let sum: f64 = self.source.defects.iter().map(|defect| defect.probability).sum();
        check(sum <= 1.0 + 1e-12, "a change carries at most one defect");
        if let Some(two_phase) = &self.two_phase {
            check((0.0..=1.0).contains(&two_phase.share), "a share is from 0 to 1");
            check(
                self.source.defects.get(two_phase.unprepared).is_some(),
                "what is not prepared is a class of defect",
            );
        }
        if let AfterRejection::Revert(repair) = &self.after_rejection {
            check((0.0..=1.0).contains(&repair.misattribution), "a probability is from 0 to 1");
        }
        if let Some(emergency) = &self.emergency {
            check((0.0..=1.0).contains(&emergency.share), "a share is from 0 to 1");
        }
        check(self.error_budget.is_none_or(|budget| budget.window_ms > 0), "a budget has a window");
        faults
    }
}
