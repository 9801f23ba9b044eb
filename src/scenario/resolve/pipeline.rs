//! Resolves `[pipeline]`.

use super::calendar::{self, Calendars};
use super::change;
use super::component;
use super::names::{self, check_unique, find};
use super::run::StrategiesRun;
use super::{policy, recorded, rehearsal, two_phase};
use crate::diagnostic::Span;
use crate::ids::CalendarId;
use crate::plan::pipeline::{
    AfterRejection, ChangeSource, DefectClass, EntryPolicy, Flaky, Holds, Line, Merges, Mode, OnFlaky,
    Pipeline, RateStep, RepairPolicy, RolloutsAtOnce, Stage, StagePhase, WaveCalendar, WaveHolds, WaveStarts,
    Window,
};
use crate::plan::{Change, Plan, StudyPlan};
use crate::random::Distribution;
use crate::scenario::problems::Problems;
use crate::scenario::reader::{Field, Written};
use crate::scenario::rules;
use crate::scenario::spec::{
    AfterRejectionSpec, OtherSpec, PipelineSpec, ScenarioSpec, SourceSpec, StageSpec,
};
use crate::scenario::table::{Inherit, Keys};
use crate::scenario::value::{Attached, IMMEDIATE};

const DAY_MS: u64 = 24 * crate::plan::HOUR_MS;

/// The pipeline of `plan`, which has everything else; none without a `[pipeline]`.
pub(super) fn resolve(
    spec: &ScenarioSpec,
    plan: &Plan,
    run: &StrategiesRun<'_>,
    calendars: &mut Calendars,
    problems: &mut Problems,
) -> Option<Pipeline> {
    let Written { value: written, span } = spec.pipeline.get()?;
    let times = resolve_times(written, *span, problems);
    let wave_holds = written.wave_holds.or(WaveHolds::Start);
    let bake_window = calendars.find(&written.bake_calendar, problems);
    let mut context = CommonParts {
        scenario: spec,
        plan,
        run,
        calendars,
        wave_holds,
        wave_starts: resolve_wave_starts(written, plan, problems),
        bake_window,
        times,
    };
    let others = written.other.list();
    check_unique("pipeline", others.iter().map(|other| &other.value.name), problems);
    let mut pipeline = context.resolve_line(written, *span, &plan.change, problems);
    let line = &mut pipeline.line;
    line.emergency = policy::emergency(&written.emergency, line.entry);
    line.error_budget = policy::error_budget(&written.error_budget, &plan.fleet, problems);
    policy::check_passing_by(written, &line.stages, problems);
    for class in component::prepared(written, &plan.change, problems) {
        line.source.defects[class].probability = 0.0;
    }
    let mut others: Vec<Plan> =
        others.iter().filter_map(|other| context.resolve_other(other, problems)).collect();
    // Their order is nobody's business: not for draws, and not for who goes first at one instant.
    others.sort_by(|one, other| one.name.cmp(&other.name));
    Some(Pipeline {
        others,
        exclusive_regions: written.exclusive_regions.or(true),
        shared_alarms: written.shared_alarms.or(true),
        components: component::resolve(written, &plan.change, run, problems),
        ..pipeline
    })
}

/// How long a trial is.
#[derive(Clone, Copy)]
struct Times {
    length_ms: u64,
    warm_up_ms: u64,
    trials: u64,
}

fn resolve_times(spec: &PipelineSpec, place: Span, problems: &mut Problems) -> Times {
    let length_ms = calendar::length_ms(spec);
    let warm_up_ms = spec.warm_up.or(14 * DAY_MS);
    if warm_up_ms >= length_ms {
        let place = spec.warm_up.span().or(spec.length.span()).unwrap_or(place);
        let message = "the warm-up is as long as the whole trial: nothing would be counted";
        problems.out_of_range(place, message, "make `length` longer or `warm-up` shorter");
    }
    Times { length_ms, warm_up_ms, trials: spec.trials.or(20) }
}

/// What all pipelines on the fleet have in common.
struct CommonParts<'a> {
    scenario: &'a ScenarioSpec,
    plan: &'a Plan,
    run: &'a StrategiesRun<'a>,
    calendars: &'a mut Calendars,
    wave_holds: WaveHolds,
    wave_starts: WaveStarts,
    bake_window: Option<CalendarId>,
    times: Times,
}

impl CommonParts<'_> {
    /// A pipeline alone on the fleet, written at `place`, whose changes are `change`.
    fn resolve_line(
        &mut self,
        line: &PipelineSpec,
        place: Span,
        change: &Change,
        problems: &mut Problems,
    ) -> Pipeline {
        let written = line.stage.list();
        check_unique("stage", written.iter().map(|stage| &stage.value.name), problems);
        if written.is_empty() && !line.stage.is_broken() {
            let message = "the pipeline has no stage";
            problems.missing_key(place, message, "add a `stage` table to it: a build at least");
        }
        let calendars = &mut *self.calendars;
        let stages = written.iter().map(|stage| resolve_stage(stage, change, calendars, problems)).collect();
        let Times { length_ms, warm_up_ms, trials } = self.times;
        let mut source = resolve_source(&line.source, change, calendars, length_ms, place, problems);
        let two_phase = two_phase::resolve(&line.two_phase, change, &mut source.defects, problems);
        let wave_calendar = calendars.of_waves(&line.wave_calendar, problems).unwrap_or(WaveCalendar::Always);
        Pipeline {
            line: Line {
                source,
                stages,
                calendars: calendars.list.clone(),
                wave_windows: Vec::new(),
                region_windows: Vec::new(),
                bake_window: self.bake_window,
                two_phase,
                entry: line.entry.or(EntryPolicy::Superseded),
                rollouts: line.rollouts.or(RolloutsAtOnce::Overlapping),
                after_rejection: resolve_rejection(&line.after_rejection, problems),
                emergency: None,
                error_budget: None,
                watchers: line.watchers.or_default(),
                watch_hours: Vec::new(),
                rejection_work_ms: line.after_rejection.value().map_or(0, |spec| spec.work.or_default()),
                length_ms,
                warm_up_ms,
            },
            wave_calendar,
            wave_holds: self.wave_holds,
            wave_starts: self.wave_starts,
            start: calendars.start.to_string(),
            trials,
            components: Vec::new(),
            others: Vec::new(),
            exclusive_regions: false,
            shared_alarms: false,
        }
    }

    /// Another pipeline on the fleet: the same plan with other changes and one strategy.
    fn resolve_other(&mut self, other: &Written<OtherSpec>, problems: &mut Problems) -> Option<Plan> {
        let Written { value: spec, span } = other;
        let mut own = spec.change.value().cloned().unwrap_or_default();
        own.inherit_from(&self.scenario.change.value().cloned().unwrap_or_default());
        let catalogue = self.plan.change.defects.clone();
        let change = change::resolve(&own, &self.plan.fleet, catalogue, &self.scenario.defect, problems);
        let line = PipelineSpec {
            source: spec.source.clone(),
            stage: spec.stage.clone(),
            entry: spec.entry.clone(),
            rollouts: spec.rollouts.clone(),
            wave_calendar: spec.wave_calendar.clone(),
            after_rejection: spec.after_rejection.clone(),
            ..PipelineSpec::default()
        };
        let pipeline = self.resolve_line(&line, *span, &change, problems);
        let strategy = self.run.names.find_runnable(spec.strategy.get()?, problems)?;
        let study = StudyPlan {
            baseline: 0,
            thresholds: Vec::new(),
            guards: Vec::new(),
            expectations: Vec::new(),
            precision: Vec::new(),
            ..self.plan.study.clone()
        };
        Some(Plan {
            name: spec.name.or_default(),
            description: String::new(),
            change,
            strategies: vec![self.run.names.drafts[strategy].plan.clone()],
            study,
            pipeline: Some(pipeline),
            ..self.plan.clone()
        })
    }
}

/// When waves behind the first begin, which is a question of the calendar of waves.
fn resolve_wave_starts(spec: &PipelineSpec, plan: &Plan, problems: &mut Problems) -> WaveStarts {
    let starts = spec.wave_starts.or(WaveStarts::WhenOpen);
    let own = plan.strategies.iter().flat_map(|strategy| &strategy.waves).any(|wave| wave.calendar.is_some());
    if let Some(span) = spec.wave_starts.span().filter(|_| spec.wave_calendar.is_absent() && !own) {
        let message = "`wave-starts` says nothing without `wave-calendar`";
        problems.missing_key(span, message, "add `wave-calendar`, or remove `wave-starts`");
    }
    starts
}

fn resolve_source(
    field: &Field<SourceSpec>,
    change: &Change,
    calendars: &Calendars,
    length_ms: u64,
    place: Span,
    problems: &mut Problems,
) -> ChangeSource {
    let absent = SourceSpec::default();
    let spec = field.value().unwrap_or(&absent);
    let merges = resolve_merges(spec, calendars, length_ms, problems).unwrap_or_else(|| {
        if !field.is_broken() {
            report_no_merges(spec, field.span().unwrap_or(place), problems);
        }
        Merges::Recorded(Vec::new())
    });
    let review_catches = spec.review_catches.or_default();
    let defects = change.defects.iter().map(|defect| DefectClass {
        name: defect.name.clone(),
        // What the version before has, no change brings.
        probability: if defect.is_cured_by_the_change() {
            0.0
        } else {
            change.bad_probability * defect.probability
        },
        review_catches,
    });
    ChangeSource { merges, review: spec.review.or(IMMEDIATE), defects: defects.collect() }
}

/// Keys of a source that say when changes are merged; one of them is needed.
const WAYS_TO_MERGE: [&str; 3] = ["per-day", "every", "merges"];

/// When changes are merged; none if nothing says so.
fn resolve_merges(
    spec: &SourceSpec,
    calendars: &Calendars,
    length_ms: u64,
    problems: &mut Problems,
) -> Option<Merges> {
    let calendar = spec.calendar.get().and_then(|name| calendars.everywhere(name, problems));
    let given = spec.written(&WAYS_TO_MERGE);
    if let [first, .., last] = given[..] {
        problems.exclude(first, last);
        return Some(Merges::Recorded(Vec::new()));
    }
    if let (Some((key @ ("every" | "merges"), _)), Some(span)) = (given.first(), spec.calendar.span()) {
        let message = format!("`calendar` does not go with `{key}`, which knows no hours");
        let help = "use `per-day`, or remove the calendar";
        problems.report(rules::CONFLICTING_KEYS.at(span, message).help(help));
    }
    if let Some(per_day) = spec.per_day.value() {
        return Some(Merges::Poisson(rates(per_day.0, calendar, calendars)));
    }
    if let Some(Written { value, span }) = spec.every.get() {
        if value.ms == 0 {
            let message = "`every` must be greater than 0";
            problems.out_of_range(*span, message, "write \"2h\" for a change every two hours");
        }
        let gap_ms = value.ms.max(1);
        return Some(Merges::Every { first_ms: 0, gap_ms, count: length_ms / gap_ms + 1 });
    }
    let Written { value: Attached { path, content }, span } = spec.merges.get()?;
    let merges = content.as_ref().map(|(file, text)| {
        let table = recorded::MergesFile { path, named_at: *span, file: *file, text };
        recorded::merges(&table, calendars.start, length_ms, problems)
    });
    Some(Merges::Recorded(merges.unwrap_or_default()))
}

fn report_no_merges(spec: &SourceSpec, place: Span, problems: &mut Problems) {
    if spec.is_any_broken(&WAYS_TO_MERGE) {
        return;
    }
    let message = "the pipeline does not say how often changes are merged";
    problems.missing_key(place, message, "add `source = { per-day = 10, calendar = \"office\" }`");
}

/// So many merges on an open day, evenly over its hours.
fn rates(per_day: f64, calendar: Option<CalendarId>, calendars: &Calendars) -> Vec<RateStep> {
    let Some(index) = calendar else {
        return vec![RateStep { from_ms: 0, per_hour: per_day / 24.0 }];
    };
    let open = calendars.list[index].intervals();
    let per_hour = per_day / f64::from(calendars.hours[index]).max(1.0);
    let mut steps = Vec::with_capacity(2 * open.len() + 1);
    if open.first().is_none_or(|(from, _)| *from > 0) {
        steps.push(RateStep { from_ms: 0, per_hour: 0.0 });
    }
    for &(from_ms, to_ms) in open {
        steps.push(RateStep { from_ms, per_hour });
        steps.push(RateStep { from_ms: to_ms, per_hour: 0.0 });
    }
    steps
}

fn resolve_stage(
    written: &Written<StageSpec>,
    change: &Change,
    calendars: &mut Calendars,
    problems: &mut Problems,
) -> Stage {
    let spec = &written.value;
    let mut catches = vec![spec.catches.or_default(); change.defects.len()];
    for Written { value: sees, .. } in spec.sees.list() {
        let Some(written) = sees.defect.get() else { continue };
        let known = change.defects.iter().map(|defect| defect.name.as_str());
        if let Some(index) = find(written, &names::DEFECT, known, true, problems) {
            catches[index] = sees.probability.or_default();
        }
    }
    let then = match spec.flaky_wait.given() {
        Some(wait) => OnFlaky::Block { wait },
        None => OnFlaky::Retry { times: spec.retries.or(2) as u32 },
    };
    let probability = spec.flaky.or_default();
    if let Some(Written { span, .. }) = spec.flaky.get().filter(|_| probability >= 1.0) {
        let message = "a stage that always fails for no reason lets nothing through";
        problems.out_of_range(*span, message, "write less than \"100%\"");
    }
    let window = calendars
        .find(&spec.calendar, problems)
        .map(|calendar| Window { calendar, holds: spec.holds.or(Holds::Start) });
    Stage {
        rehearsal: rehearsal::resolve(spec, written.span, change, problems),
        name: spec.name.or_default(),
        phase: spec.phase.or(StagePhase::Test),
        duration: spec.duration.or(IMMEDIATE),
        mode: spec.mode.or(Mode::Superseded),
        room: spec.room.given().map(|room| room as usize),
        people: spec.people.or_default(),
        flaky: Flaky { probability: probability.min(0.999_999), then },
        catches: catches.into(),
        false_alarm: spec.false_alarm.or_default(),
        window,
        until: calendars.find(&spec.until, problems),
        fixes_pass_by: spec.fixes_pass_by.or_default(),
        passed_by: false,
        emergencies_pass_by: spec.emergencies_pass_by.or_default(),
    }
}

fn resolve_rejection(field: &Field<AfterRejectionSpec>, problems: &mut Problems) -> AfterRejection {
    let Some(Written { value: spec, span }) = field.get() else { return AfterRejection::Leave };
    match (spec.revert.get(), spec.restart.get()) {
        (Some(revert), Some(restart)) => {
            problems.exclude(("revert", revert.span), ("restart", restart.span));
            AfterRejection::Leave
        }
        (None, Some(_)) => AfterRejection::Restart { after: spec.restart.or(IMMEDIATE) },
        (Some(_), None) => AfterRejection::Revert(RepairPolicy {
            latency: spec.revert.or(IMMEDIATE),
            misattribution: spec.misattribution.or_default(),
            again: spec.again.or(Distribution::Fixed { ms: DAY_MS }),
            fast_track: spec.fast_track.or_default(),
        }),
        (None, None) => {
            if !spec.revert.is_broken() && !spec.restart.is_broken() {
                let help = "add `revert = \"2h\"`: the time until a revert is merged";
                problems.missing_key(*span, "`after-rejection` says neither `revert` nor `restart`", help);
            }
            AfterRejection::Leave
        }
    }
}
