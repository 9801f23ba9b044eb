//! What the script of a page reads: the numbers of a study as data, so that it can sort, choose and draw them again.
//!
//! Nothing here is computed: values, intervals and words are those of the summary and its tables. A page without scripts
//! says all of it, and this only lets a reader turn it. The shape is described in `web/README.md`; the two change together.

use super::told::{ToldTrial, told_trials};
use crate::outcome::measures::{self, Better, Measure, Unit};
use crate::outlet::shown;
use crate::plan::study::Statistic;
use crate::plan::{Bound, Plan};
use crate::report::chart;
use crate::report::command::GivenScenario;
use crate::report::{limits, text};
use crate::rollout::{Engine, Model};
use crate::sim::Silent;
use crate::stats::Interval;
use crate::study::Summary;
use crate::study::summary::{BLAST_METRIC, MetricSummary, SPEED_METRIC, StrategySummary};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// Statistics in the order in which they are offered.
const STATISTICS: [Statistic; 7] = [
    Statistic::Mean,
    Statistic::P50,
    Statistic::P90,
    Statistic::P95,
    Statistic::P99,
    Statistic::Cvar99,
    Statistic::Max,
];
/// With more strategies than this, only the measures that the page itself speaks of are given: a page is below a megabyte.
const MOST_IN_FULL: usize = 12;

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// Strategies over the same changes.
    Study,
    /// Two versions of a scenario.
    Comparison,
    /// A pipeline over weeks.
    Pipeline,
}

/// The data of a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageData {
    /// What it is about.
    pub kind: PageKind,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario as the user named it.
    pub file: String,
    /// Root of every random stream, as text: a number of a script has not so many digits.
    pub seed: String,
    /// Version of the simulated model.
    pub model: u32,
    /// Fingerprint of the plan.
    pub plan: String,
    /// Trials of each strategy.
    pub trials: u64,
    /// How they were drawn.
    pub estimator: String,
    /// What is meant by speed.
    pub speed: AxisChoice,
    /// What is meant by harm.
    pub harm: AxisChoice,
    /// Measures of which some strategy has a value, in the order of reports.
    pub measures: Vec<MeasureWords>,
    /// Strategies in plan order.
    pub strategies: Vec<StrategyValues>,
    /// Limits and how they were judged.
    pub limits: Vec<LimitWords>,
    /// Trials that are told.
    pub told: Vec<TrialValues>,
}

/// A statistic of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AxisChoice {
    /// The measure.
    pub measure: &'static Measure,
    /// The statistic.
    pub statistic: Statistic,
}

/// How a measure is said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureWords {
    /// Its name.
    pub name: &'static str,
    /// Its title, with the unit that people read where the title does not say it.
    pub words: String,
    /// The unit of its numbers, see [`unit_name`].
    pub unit: &'static str,
    /// `less` or `more`.
    pub better: &'static str,
    /// The trials it is about.
    pub population: &'static str,
    /// Statistics of which some strategy has a value.
    pub statistics: Vec<Statistic>,
}

/// What a study says of a strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategyValues {
    /// Its name.
    pub name: String,
    /// Whether the others are compared with it.
    pub baseline: bool,
    /// Whether it is on the Pareto front, by the estimates.
    pub front: bool,
    /// A strategy that is at least as good in both.
    pub dominated_by: Option<String>,
    /// Its ink, by name.
    pub ink: &'static str,
    /// The shape of its point.
    pub shape: &'static str,
    /// The dashes of its line.
    pub dash: String,
    /// Values by measure and statistic.
    pub values: BTreeMap<&'static str, BTreeMap<&'static str, SaidValue>>,
    /// Impaired host-time in host-milliseconds, and the share of bad changes with at least so much.
    pub exceedance: Vec<(f64, f64)>,
}

/// A value, the ends of its interval, none where it has no such end, and the words of all that. As an array.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaidValue(pub f64, pub Option<f64>, pub Option<f64>, pub String);

/// A limit that was judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LimitWords {
    /// The strategy it was judged of.
    pub strategy: Option<String>,
    /// What is limited.
    pub measure: &'static Measure,
    /// Its statistic.
    pub statistic: Statistic,
    /// The most that it allows, in the unit of the measure.
    pub max: Option<f64>,
    /// The least that it allows.
    pub min: Option<f64>,
    /// The judgement.
    pub verdict: Verdict,
    /// The judgement in a sentence.
    pub words: String,
}

/// A trial that the page tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialValues {
    /// Index of its strategy.
    pub strategy: usize,
    /// Its number.
    pub trial: u64,
    /// Why it is told.
    pub why: String,
    /// Id of the element that holds its timeline.
    pub figure: String,
    /// The command that tells it again.
    pub replay: String,
    /// What was measured of it; none outside of the measure's population.
    pub values: BTreeMap<&'static str, Option<f64>>,
}

impl PageData {
    /// The data of a study of the scenario in `file`.
    #[must_use]
    pub fn of_study(plan: &Plan, summary: &Summary, file: GivenScenario) -> Self {
        let told = told_trials(summary, file);
        Self::with_told(plan, summary, file, &told)
    }

    /// As [`PageData::of_study`], but without trials that are told, which would be simulated again: for somebody who waits.
    #[must_use]
    pub fn in_brief(plan: &Plan, summary: &Summary, file: GivenScenario) -> Self {
        Self::with_told(plan, summary, file, &[])
    }

    /// As [`PageData::of_study`], where these trials are told. Each is simulated again.
    pub(super) fn with_told(plan: &Plan, summary: &Summary, file: GivenScenario, told: &[ToldTrial]) -> Self {
        let given: Vec<&'static Measure> = measures::of_rollouts(plan.fleet.has_customers())
            .filter(|measure| is_given(summary, measure))
            .collect();
        let strategies = summary.strategies.iter().enumerate();
        // Tables of the plan are made once for all of them.
        let model = (!told.is_empty()).then(|| Model::new(plan));
        let mut engine = model.as_ref().map(Engine::new);
        let values = engine.iter_mut().flat_map(|engine| {
            told.iter().map(|trial| trial_values(engine, trial, &given)).collect::<Vec<TrialValues>>()
        });
        Self {
            kind: PageKind::Study,
            scenario: shown(&summary.scenario).into_owned(),
            file: shown(file.file).into_owned(),
            seed: summary.seed.to_string(),
            model: summary.model_version,
            plan: summary.plan_digest.clone(),
            trials: summary.trials,
            estimator: summary.estimator.name().to_owned(),
            speed: AxisChoice { measure: SPEED_METRIC, statistic: Statistic::P50 },
            harm: AxisChoice { measure: summary.harm, statistic: Statistic::Mean },
            measures: given.iter().map(|measure| measure_words(measure, summary)).collect(),
            strategies: strategies.map(|(index, one)| strategy_values(index, one, &given)).collect(),
            limits: summary.thresholds.iter().map(|limit| limit_words(limit, summary.trials)).collect(),
            told: values.collect(),
        }
    }

    /// As one line of JSON for an element of a page: no letter in it ends the element or begins another.
    #[must_use]
    pub fn json(&self) -> String {
        let text = serde_json::to_string(self).expect("invariant: keys are names and values plain data");
        crate::outlet::json_in_html(&text)
    }
}

/// Whether a measure is given: somebody has a value, and the page has room.
fn is_given(summary: &Summary, measure: &Measure) -> bool {
    let has_values = summary.strategies.iter().any(|one| one.find(measure).is_some_and(|found| found.n > 0));
    let is_named = [SPEED_METRIC, summary.harm, BLAST_METRIC, &measures::ISOLATION_VIOLATED]
        .contains(&measure)
        || summary.thresholds.iter().any(|limit| limit.metric == measure);
    has_values && (is_named || summary.strategies.len() <= MOST_IN_FULL)
}

fn measure_words(measure: &'static Measure, summary: &Summary) -> MeasureWords {
    let has = |statistic: &Statistic| {
        summary.strategies.iter().any(|one| said(one.metric(measure), *statistic).is_some())
    };
    measure_named(measure, STATISTICS.into_iter().filter(has).collect())
}

/// How a measure is said, of which there are these statistics.
pub(super) fn measure_named(measure: &Measure, statistics: Vec<Statistic>) -> MeasureWords {
    MeasureWords {
        name: measure.name,
        words: words_of(measure),
        unit: unit_name(measure.unit),
        better: better_name(measure.better),
        population: measure.population.words(),
        statistics,
    }
}

/// The title with the unit, unless that says it.
fn words_of(measure: &Measure) -> String {
    match text::unit_name(measure.unit) {
        unit if unit.is_empty() || measure.title.contains(unit) => measure.title.to_owned(),
        unit => format!("{} ({unit})", measure.title),
    }
}

fn better_name(better: Better) -> &'static str {
    match better {
        Better::Less => "less",
        Better::More => "more",
    }
}

fn strategy_values(index: usize, strategy: &StrategySummary, given: &[&'static Measure]) -> StrategyValues {
    let of_measure = |measure: &&'static Measure| {
        let metric = strategy.find(measure)?;
        let value = |statistic: Statistic| Some((statistic.name(), said(metric, statistic)?));
        Some((measure.name, STATISTICS.into_iter().filter_map(value).collect()))
    };
    let look = StrategyLook::of(index);
    StrategyValues {
        name: shown(&strategy.name).into_owned(),
        baseline: strategy.is_baseline,
        front: strategy.on_front,
        dominated_by: strategy.dominated_by.as_ref().map(|name| shown(name).into_owned()),
        ink: look.ink,
        shape: look.shape,
        dash: look.dash,
        values: given.iter().filter_map(of_measure).collect(),
        exceedance: strategy.impaired_host_ms_exceedance.clone(),
    }
}

/// How a strategy is drawn, by names that the style sheet and the script know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyLook {
    /// Ink of points and lines.
    pub ink: &'static str,
    /// Shape of points.
    pub shape: &'static str,
    /// Dashes of lines.
    pub dash: String,
}

impl StrategyLook {
    /// The look of the strategy at `index` in plan order.
    #[must_use]
    pub fn of(index: usize) -> Self {
        let (ink, shape, dash) = chart::look_in_words(index);
        Self { ink, shape, dash }
    }
}

/// One statistic with its interval and the words of the tables; none without a value. The largest value is a fact of
/// these trials, and both ends are itself.
fn said(metric: &MetricSummary, statistic: Statistic) -> Option<SaidValue> {
    let quantile = |q: Option<crate::stats::Quantile>| q.map(|q| (q.value, q.interval));
    let mean = |m: Option<crate::stats::Mean>| m.map(|m| (m.value, m.interval));
    let (value, interval) = match statistic {
        Statistic::Mean => mean(metric.mean).or(metric.share.map(|share| (share.value, share.interval))),
        Statistic::P50 => quantile(metric.p50),
        Statistic::P90 => quantile(metric.p90),
        Statistic::P95 => quantile(metric.p95),
        Statistic::P99 => quantile(metric.p99),
        Statistic::Cvar99 => mean(metric.cvar99),
        Statistic::Max => metric.max.map(|max| (max, Interval::new(max, max))),
    }?;
    said_value(metric.metric.unit, value, interval)
}

/// A value with its interval and words; none if it is no number.
pub(super) fn said_value(unit: Unit, value: f64, interval: Interval) -> Option<SaidValue> {
    let finite = |end: Option<f64>| end.filter(|end| end.is_finite());
    let bounds = text::interval_of(value, interval, |x| text::bare(unit, x));
    let words = match bounds {
        None => text::value(unit, value),
        Some(bounds) => format!("{} {bounds}", text::value(unit, value)),
    };
    value.is_finite().then(|| SaidValue(value, finite(interval.low), finite(interval.high), words))
}

pub(super) fn limit_words(limit: &ThresholdResult, trials: u64) -> LimitWords {
    let (min, max) = match limit.bound {
        Bound::Max(max) => (None, Some(max)),
        Bound::Min(min) => (Some(min), None),
    };
    LimitWords {
        strategy: Some(shown(&limit.strategy).into_owned()),
        measure: limit.metric,
        statistic: limit.statistic,
        max,
        min,
        verdict: limit.verdict,
        words: shown(&limits::sentence(limit, trials)).into_owned(),
    }
}

fn trial_values(engine: &mut Engine, told: &ToldTrial, given: &[&'static Measure]) -> TrialValues {
    let outcome = engine.run(told.strategy, told.trial, &mut Silent);
    TrialValues {
        strategy: told.strategy,
        trial: told.trial,
        why: told.why.clone(),
        figure: told.figure(),
        replay: told.replay.clone(),
        values: given.iter().map(|measure| (measure.name, measure.of(&outcome))).collect(),
    }
}

/// The name of a unit in kebab case, for the script: it says ticks of an axis by it.
#[must_use]
pub fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::DurationMs => "duration-ms",
        Unit::LeadMs => "lead-ms",
        Unit::HostMs => "host-ms",
        Unit::PersonMs => "person-ms",
        Unit::Hosts => "hosts",
        Unit::Zones => "zones",
        Unit::Regions => "regions",
        Unit::Customers => "customers",
        Unit::CustomerMs => "customer-ms",
        Unit::Requests => "requests",
        Unit::Items => "items",
        Unit::Deployments => "deployments",
        Unit::Alarms => "alarms",
        Unit::Count => "count",
        Unit::Ppm => "ppm",
        Unit::Share => "share",
        Unit::YesNo => "yes-no",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::study::summary::summarise;
    use serde_json::Value;

    fn data(trials: u64) -> (Plan, Summary, PageData) {
        let (plan, outcomes) = sample::study(trials);
        let summary = summarise(&plan, &outcomes);
        let file = GivenScenario { file: "a.toml", ..GivenScenario::default() };
        let data = PageData::of_study(&plan, &summary, file);
        (plan, summary, data)
    }

    #[test]
    fn values_are_those_of_the_summary_with_the_words_of_the_tables() {
        let (_, summary, data) = data(400);
        let strategy = &data.strategies[4];
        let metric = summary.strategies[4].metric(&measures::IMPAIRED_HOST_MS);
        let mean = metric.mean.unwrap();
        let SaidValue(value, low, high, words) = &strategy.values["impaired_host_ms"]["mean"];
        assert_eq!((*value, *low, *high), (mean.value, mean.interval.low, mean.interval.high));
        assert_eq!(*words, text::estimate(mean.value, " ", mean.interval, text::host_minutes));
        let escaped = &strategy.values["escaped"];
        assert_eq!(escaped.keys().collect::<Vec<_>>(), [&"mean"]);
        assert!(escaped["mean"].3.contains(" % ["), "{}", escaped["mean"].3);
        let most = &strategy.values["impaired_host_ms"]["max"];
        assert_eq!((Some(most.0), most.1, most.2), (metric.max, metric.max, metric.max));
        assert_eq!(
            (strategy.baseline, strategy.ink, strategy.shape, strategy.dash.as_str()),
            (true, "orange", "cross", "solid")
        );
    }

    #[test]
    fn the_script_finds_what_the_contract_says() {
        let (_, summary, data) = data(400);
        let json: Value = serde_json::from_str(&serde_json::to_string(&data).unwrap()).unwrap();
        assert_eq!(json["kind"], "study");
        assert_eq!(json["seed"], "42");
        assert_eq!(json["speed"], serde_json::json!({"measure": "time_to_100_ms", "statistic": "p50"}));
        assert_eq!(json["harm"], serde_json::json!({"measure": "failed_requests", "statistic": "mean"}));
        assert_eq!(json["limits"][0]["verdict"], serde_json::json!(summary.thresholds[0].verdict));
        assert_eq!(json["limits"][0]["max"], 5_000.0 * 60_000.0);
        assert_eq!(json["limits"][0]["min"], Value::Null);
        let blast = json["measures"].as_array().unwrap().iter().find(|m| m["name"] == "impaired_host_ms");
        let blast = blast.unwrap();
        assert_eq!(blast["words"], "impaired host-time (host-minutes)");
        assert_eq!((&blast["unit"], &blast["better"]), (&"host-ms".into(), &"less".into()));
        assert!(json["strategies"][0]["values"]["impaired_host_ms"]["p99"].as_array().unwrap().len() == 4);
        for measure in json["measures"].as_array().unwrap() {
            assert!(!measure["statistics"].as_array().unwrap().is_empty(), "{measure}");
        }
    }

    #[test]
    fn told_trials_are_simulated_again_and_say_where_they_are() {
        let (plan, _, data) = data(300);
        assert!(!data.told.is_empty());
        for told in &data.told {
            let outcome = crate::simulate(&plan, told.strategy, told.trial, &mut Silent);
            assert_eq!(told.values["impaired_host_ms"], measures::IMPAIRED_HOST_MS.of(&outcome));
            assert_eq!(told.figure, format!("timeline-{}-{}", told.strategy, told.trial));
            assert!(told.replay.starts_with("wavetank replay a.toml --strategy "), "{}", told.replay);
        }
    }

    #[test]
    fn many_strategies_get_fewer_measures_and_never_less_than_the_page_speaks_of() {
        let (plan, outcomes) = sample::study(60);
        let mut summary = summarise(&plan, &outcomes);
        let one = summary.strategies[0].clone();
        summary.strategies.resize(40, one);
        let data = PageData::with_told(&plan, &summary, GivenScenario::default(), &[]);
        let names: Vec<&str> = data.measures.iter().map(|measure| measure.name).collect();
        assert_eq!(
            names,
            ["time_to_100_ms", "impaired_host_ms", "failed_requests", "isolation_violated", "escaped"]
        );
        assert!(data.json().len() < 200_000);
    }

    #[test]
    fn names_end_no_element() {
        let (plan, outcomes) = sample::study(20);
        let mut summary = summarise(&plan, &outcomes);
        summary.strategies[0].name = "</script><!--<img onerror=x>\u{2028}".into();
        let data = PageData::with_told(&plan, &summary, GivenScenario::default(), &[]);
        let json = data.json();
        assert!(!json.contains('<') && !json.contains('\u{2028}') && !json.contains('\n'));
        let back: Value = serde_json::from_str(&json).unwrap();
        let expected = crate::outlet::shown("</script><!--<img onerror=x>\u{2028}");
        assert_eq!(back["strategies"][0]["name"], expected.as_ref());
    }
}
