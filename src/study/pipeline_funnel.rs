//! Where a pipeline catches defects: in review, in its stages, in production, or nowhere. Counted over replayed trials, every
//! defect that was merged and whose fate is known; what review sees is never merged, and comes from the plan.

use super::pipeline::replay;
use super::progress::{Progress, Stopped};
use crate::ids::{ChangeId, RevisionId};
use crate::pipeline::{MergeKind, PipelineEvent};
use crate::plan::{Pipeline, Plan};
use crate::sim::Record;
use crate::stats::{self, Interval, Sample};
use std::collections::BTreeMap;

/// Trials that are replayed unless another number is asked for.
pub const REPLAYED_PIPELINES: u64 = 16;

/// Where defects are caught.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineFunnel {
    /// Index of the strategy that is production.
    pub strategy: usize,
    /// Trials.
    pub trials: u64,
    /// Defects that were merged and whose fate is known.
    pub defects: u64,
    /// The places in order, each with its share of all defects put up for review; together they make 1.
    pub rows: Vec<PipelineFunnelRow>,
}

/// Defects that are caught at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineFunnelRow {
    /// The place.
    pub place: PipelinePlace,
    /// The share, 0 to 1.
    pub share: f64,
    /// Its interval: defects are taken to be caught independently of each other.
    pub interval: Interval,
}

/// Where a defect may be caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelinePlace {
    /// By reviewers.
    Review,
    /// In a stage of this name.
    Stage(String),
    /// During the wave of this number, from 1.
    Production(usize),
    /// It was delivered and nobody stopped it.
    Nowhere,
}

/// What became of a merged defect; the order is that of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DefectFate {
    Stage(usize),
    Wave(usize),
    Delivered,
}

/// Replays trials of a pipeline with one strategy (an index) as its production and counts.
///
/// # Errors
/// When `progress` cancels it, or a trial goes beyond its budget.
pub fn pipeline_funnel(
    plan: &Plan,
    pipeline: &Pipeline,
    strategy: usize,
    trials: u64,
    progress: &dyn Progress,
) -> Result<PipelineFunnel, Stopped> {
    progress.planned(trials);
    let mut fates = Vec::new();
    for trial in 0..trials {
        Stopped::check(progress)?;
        progress.begins(strategy, trial);
        let (_, records) = replay(plan, pipeline, strategy, trial).map_err(Stopped::TooCostly)?;
        fates.extend(fates_of(&records));
        progress.done(1);
    }
    Ok(PipelineFunnel { strategy, trials, defects: fates.len() as u64, rows: rows(pipeline, &fates) })
}

/// What became of every merged defect of which that is known.
fn fates_of(records: &[Record<PipelineEvent>]) -> Vec<DefectFate> {
    let mut merged: BTreeMap<ChangeId, Option<DefectFate>> = BTreeMap::new();
    let waves: BTreeMap<RevisionId, usize> = records
        .iter()
        .filter_map(|record| match record.event {
            PipelineEvent::Wave { revision, wave, .. } => Some((revision, wave.index())),
            _ => None,
        })
        .fold(BTreeMap::new(), |mut last, (revision, wave)| {
            let latest = last.entry(revision).or_insert(wave);
            *latest = (*latest).max(wave);
            last
        });
    let reach = |merged: &mut BTreeMap<ChangeId, Option<DefectFate>>, change: ChangeId, fate: DefectFate| {
        if let Some(known) = merged.get_mut(&change) {
            known.get_or_insert(fate);
        }
    };
    for record in records {
        match record.event {
            PipelineEvent::Merged {
                change,
                kind: MergeKind::Own | MergeKind::Activation,
                defect: Some(_),
            } => {
                merged.insert(change, None);
            }
            PipelineEvent::Rejected { stage, culprit: Some(change), .. } => {
                reach(&mut merged, change, DefectFate::Stage(stage.index()));
            }
            PipelineEvent::Stopped { revision, why, .. } => {
                if let Some(change) = why.culprit() {
                    let wave = waves.get(&revision).copied().unwrap_or(0);
                    reach(&mut merged, change, DefectFate::Wave(wave));
                }
            }
            PipelineEvent::Delivered { revision, .. } => {
                let on_board = merged.range_mut(..=ChangeId::new(revision.index()));
                on_board.for_each(|(_, fate)| {
                    fate.get_or_insert(DefectFate::Delivered);
                });
            }
            _ => {}
        }
    }
    merged.into_values().flatten().collect()
}

fn rows(pipeline: &Pipeline, fates: &[DefectFate]) -> Vec<PipelineFunnelRow> {
    let source = &pipeline.line.source;
    let put_up: f64 = stats::sum(source.defects.iter().map(|class| class.probability));
    let seen = stats::sum(source.defects.iter().map(|class| class.probability * class.review_catches));
    let review = if put_up > 0.0 { seen / put_up } else { 0.0 };
    let mut places: Vec<DefectFate> = fates.to_vec();
    places.extend(
        (0..pipeline.line.stages.len())
            .filter(|s| !pipeline.line.stages[*s].passed_by)
            .map(DefectFate::Stage),
    );
    places.sort_unstable();
    places.dedup();
    let mut rows = Vec::new();
    if review > 0.0 {
        let interval = Interval::new(review, review);
        rows.push(PipelineFunnelRow { place: PipelinePlace::Review, share: review, interval });
    }
    let merged = 1.0 - review;
    for fate in places {
        let ones = fates.iter().map(|own| f64::from(u8::from(*own == fate))).collect();
        let Some(share) = stats::proportion(&Sample::plain(ones)) else { continue };
        let scaled = |end: Option<f64>| end.map(|end| end * merged);
        let interval = Interval { low: scaled(share.interval.low), high: scaled(share.interval.high) };
        let place = match fate {
            DefectFate::Stage(stage) => PipelinePlace::Stage(pipeline.line.stages[stage].name.clone()),
            DefectFate::Wave(wave) => PipelinePlace::Production(wave + 1),
            DefectFate::Delivered => PipelinePlace::Nowhere,
        };
        rows.push(PipelineFunnelRow { place, share: share.value * merged, interval });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Nobody;

    /// Stages see a defect by one draw each: in closed form the second stage gets what the first one missed.
    #[test]
    fn stages_catch_what_the_plan_says_of_each_class() {
        let plan = Plan::load("scenarios/pipelines/weekly.toml").expect("a valid scenario");
        let pipeline = plan.pipeline.as_ref().unwrap();
        let funnel = pipeline_funnel(&plan, pipeline, 0, 6, &Nobody).unwrap();
        let whole: f64 = funnel.rows.iter().map(|row| row.share).sum();
        assert!((whole - 1.0).abs() < 1e-9, "{funnel:?}");
        let classes = &pipeline.line.source.defects;
        let put_up: f64 = classes.iter().map(|class| class.probability).sum();
        let mut left: Vec<f64> =
            classes.iter().map(|class| class.probability / put_up * (1.0 - class.review_catches)).collect();
        let mut checked = 0;
        for stage in &pipeline.line.stages {
            if stage.rehearsal.is_some() {
                break;
            }
            let caught: f64 =
                left.iter().zip(stage.catches.iter()).map(|(left, catches)| left * catches).sum();
            left.iter_mut().zip(stage.catches.iter()).for_each(|(left, catches)| *left *= 1.0 - catches);
            let row = funnel.rows.iter().find(|row| row.place == PipelinePlace::Stage(stage.name.clone()));
            let interval = row.expect("every stage has a row").interval;
            // A wider interval than it has: six classes of chance are looked at.
            let (low, high) = (interval.low.unwrap(), interval.high.unwrap());
            let room = 0.5 * (high - low);
            assert!(low - room <= caught && caught <= high + room, "{}: {caught} {interval:?}", stage.name);
            checked += 1;
        }
        assert!(checked > 0 && funnel.defects > 30, "{funnel:?}");
    }
}
