//! What every report of a comparison says in the same words: the verdict, a row, the trials to replay.

use super::options::Options;
use crate::outcome::measures::{Better, Unit};
use crate::plan::Level;
use crate::report::document::ShellCommand;
use crate::report::{limits, plan_diff, text};
use crate::study::compare::{Compared, Held, Row};
use crate::study::threshold::ThresholdResult;
use crate::study::verdict::{MeasureChange, Verdict};

/// Names listed in the verdict before the rest is counted.
const MOST_NAMES: usize = 3;

/// The rows, those that need attention first and otherwise in the given order.
pub(super) fn worst_first(rows: &[Row]) -> Vec<&Row> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| match row.change {
        MeasureChange::Regressed => 0,
        MeasureChange::Inconclusive => 1,
        MeasureChange::Improved => 2,
        MeasureChange::WithinTolerance => 3,
        MeasureChange::NoChange => 4,
    });
    sorted
}

/// The unit of a row's numbers.
pub(super) fn unit(row: &Row) -> Unit {
    row.metric.unit
}

/// What a row compares, within its strategy: `p99 of impaired_host_ms`.
pub(super) fn measure(row: &Row) -> String {
    let world = if row.world.is_own() { "" } else { " in the accepted world" };
    format!("{} of {}{world}", row.statistic.name(), row.metric)
}

/// What a row compares: `careful: p99 of impaired_host_ms`.
pub(super) fn name(row: &Row) -> String {
    format!("{}: {}", row.strategy, measure(row))
}

/// A row in one sentence. Its interval has a confidence of its own: all rows and looks share the doubt.
pub(super) fn sentence(row: &Row) -> String {
    let name = name(row);
    let word = row.change.word();
    let tolerance = text::percent(row.tolerance);
    match row.change {
        MeasureChange::NoChange => format!("{name}: {}", no_change(row)),
        MeasureChange::Improved | MeasureChange::Regressed => {
            format!("{name} {word}: {}, tolerance {tolerance}", values(row))
        }
        MeasureChange::WithinTolerance => {
            format!("{name} is {word}: {}, tolerance {tolerance}", values(row))
        }
        MeasureChange::Inconclusive => {
            let values = values(row);
            format!("{name} is {word}: {values}, tolerance {tolerance}; {}", advice(row))
        }
    }
}

/// The rows that need words of their own: those in which something changed, the worst first.
pub(super) fn changed(compared: &Compared) -> Vec<&Row> {
    let mut rows = worst_first(&compared.rows);
    rows.retain(|row| row.change != MeasureChange::NoChange);
    rows
}

/// The other rows, in one sentence: `no change in any trial: fast, slow (8 comparisons); careful: mean of
/// escaped (2,000 pairs)`. None if there are none.
pub(super) fn unchanged(compared: &Compared) -> Option<String> {
    let mut strategies: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in &compared.rows {
        match strategies.iter_mut().find(|(name, _)| *name == row.strategy) {
            Some((_, rows)) => rows.push(row),
            None => strategies.push((&row.strategy, vec![row])),
        }
    }
    let is_same = |row: &&Row| row.change == MeasureChange::NoChange;
    let (whole, rest): (Vec<_>, Vec<_>) =
        strategies.into_iter().partition(|(_, rows)| rows.iter().all(is_same));
    let mut parts = Vec::new();
    if !whole.is_empty() {
        let names: Vec<&str> = whole.iter().map(|(name, _)| *name).collect();
        let count = whole.iter().map(|(_, rows)| rows.len() as u64).sum();
        parts.push(format!("{} ({})", names.join(", "), text::counted(count, "comparison")));
    }
    for (name, rows) in rest {
        let same = rows.into_iter().filter(is_same);
        let same: Vec<String> =
            same.map(|row| format!("{} ({})", measure(row), text::counted(row.pairs, "pair"))).collect();
        if !same.is_empty() {
            parts.push(format!("{name}: {}", same.join(", ")));
        }
    }
    (!parts.is_empty()).then(|| format!("no change in any trial: {}", parts.join("; ")))
}

/// The inputs that differ, a line each, or why there is none.
pub(super) fn inputs(compared: &Compared) -> Vec<String> {
    let renamed = compared.renamed_strategies.iter();
    let mut lines: Vec<String> =
        renamed.map(|(before, after)| format!("strategy {before} is called {after}")).collect();
    lines.extend(plan_diff::lines(&compared.inputs));
    if !lines.is_empty() {
        return lines;
    }
    vec![match &compared.baseline_strategy {
        Some(baseline) => format!("one plan: its strategies are compared with {baseline}, its baseline"),
        None => "nothing: both plans are the same study".to_owned(),
    }]
}

/// What a gate took from what was accepted, although the candidate says otherwise, a sentence each.
pub(super) fn held(compared: &Compared) -> Vec<&'static str> {
    let sentence = |held: &Held| match held {
        Held::Seed => "Judged with the accepted seed: both sides meet the same trials.",
        Held::Estimator => "Judged with the accepted estimator: both sides draw trials alike.",
        Held::Limits => "Limits that the change loosens or drops hold as accepted.",
        Held::World => {
            "Defects, fleet or hours differ, so the candidate is judged with its own and with the accepted ones (\"accepted world\"); the worse of both counts."
        }
        Held::OtherWorld => {
            "Regions, zones or defects are others, so the candidate cannot be judged with the accepted ones: accept them in a change of their own."
        }
    };
    compared.held.iter().map(sentence).collect()
}

/// Which values are better.
pub(super) fn direction(rows: &[&Row]) -> String {
    let mut more: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| row.metric.better == Better::More) {
        if !more.contains(&row.metric.name) {
            more.push(row.metric.name);
        }
    }
    if more.is_empty() {
        return "Less is better for every metric.".to_owned();
    }
    format!("More is better for {}, less for every other metric.", text::list(&more, MOST_NAMES))
}

/// What makes the difference between two sides a difference of the plans.
pub(super) fn pairing(compared: &Compared) -> &'static str {
    if compared.baseline_strategy.is_some() {
        "All strategies met the same trials, so a difference comes from the strategies and not from luck."
    } else if compared.paired {
        "Both plans met the same trials, so a difference comes from the plans and not from luck."
    } else if compared.baseline.seed != compared.candidate.seed {
        "The seeds differ, so each plan met trials of its own and intervals are wide: only the same seed tells plans from luck."
    } else {
        "The baseline comes from another version of the model, so each plan met trials of its own and intervals are wide."
    }
}

/// The difference and, after `gap`, its interval: `+9,470 [+8,100, +11,000]`.
pub(super) fn difference(row: &Row, gap: &str) -> String {
    let unit = unit(row);
    let Some(difference) = row.difference else { return "-".to_owned() };
    let interval = text::difference_interval(unit, difference.interval);
    let relative = relative(row).map_or(String::new(), |relative| format!(" ({relative})"));
    format!("{}{relative}{gap}{interval}", text::difference(unit, difference.value))
}

/// The change as a share of the baseline's value, `+276 %`, or as a multiple of it, `x 12`; none without one.
fn relative(row: &Row) -> Option<String> {
    let (before, difference) = (row.baseline?.value, row.difference?.value);
    let ratio = (before + difference) / before;
    if before <= 0.0 || difference == 0.0 || !ratio.is_finite() || ratio < 0.0 {
        None
    } else if ratio >= 10.0 {
        Some(format!("x {}", text::number(ratio)))
    } else {
        let sign = if difference > 0.0 { "+" } else { "-" };
        Some(format!("{sign}{}", text::percent((ratio - 1.0).abs())))
    }
}

/// "no change in any of 1,000 pairs".
pub(super) fn no_change(row: &Row) -> String {
    format!("{} in any of {}", row.change.word(), text::counted(row.pairs, "pair"))
}

/// What would decide an inconclusive row.
pub(super) fn advice(row: &Row) -> String {
    match row.trials_needed {
        Some(needed) => format!("needs about {}", text::counted(needed, "trial")),
        None if is_unpaired(row) => "the trials of two models cannot be compared one by one".to_owned(),
        None if row.pairs == 0 => "no trial has a value under both plans".to_owned(),
        None => "no reasonable number of trials would tell".to_owned(),
    }
}

/// Whether both sides have a value and no trial was compared with another at all.
fn is_unpaired(row: &Row) -> bool {
    row.baseline.is_some() && row.candidate.is_some() && row.pairs == 0 && row.pairs_that_differ == 0
}

/// "3,430 -> 12,900 host-minutes (+9,470, 95 % interval [+8,100, +11,000])".
fn values(row: &Row) -> String {
    if row.baseline.is_none() && row.candidate.is_none() {
        return "no value".to_owned();
    }
    let unit = unit(row);
    let before = row.baseline.map_or("no value".to_owned(), |e| text::value(unit, e.value));
    let after = row.candidate.map_or("no value".to_owned(), |e| text::value_with_unit(unit, e.value));
    let Some(difference) = row.difference else {
        return format!("{before} -> {after}");
    };
    let relative = relative(row).map_or(String::new(), |relative| format!("{relative}, "));
    format!(
        "{before} -> {after} ({relative}{}, {} interval {})",
        text::difference(unit, difference.value),
        text::percent(row.confidence),
        text::difference_interval(unit, difference.interval)
    )
}

/// How the gate ended: `rollout gate passed`, by the word for what it is on.
pub(super) fn gate(compared: &Compared, rollout: &str, pipeline: &str) -> String {
    let subject = if compared.subject.is_rollout() { rollout } else { pipeline };
    let ending = match compared.verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "failed",
        Verdict::Inconclusive => "undecided",
    };
    format!("{subject} gate {ending}")
}

/// The verdict in one sentence that can be quoted.
#[must_use]
pub fn verdict(compared: &Compared, options: &Options) -> String {
    if let Some(baseline) = &compared.baseline_strategy {
        return of_strategies(compared, baseline);
    }
    match compared.verdict {
        Verdict::Fail => format!("The candidate fails: {}.", failed(compared)),
        Verdict::Pass if compared.rows.is_empty() && compared.thresholds.is_empty() => {
            "Nothing was judged: the plans have no strategy in common, and there are no limits.".to_owned()
        }
        Verdict::Pass => format!("The candidate passes: {}.", passed(compared)),
        Verdict::Inconclusive => undecided(compared, options),
    }
}

/// What each strategy of one plan buys and costs: none is a version of another, so none regressed.
fn of_strategies(compared: &Compared, baseline: &str) -> String {
    let mut strategies: Vec<&str> = Vec::new();
    for row in &compared.rows {
        if !strategies.contains(&row.strategy.as_str()) {
            strategies.push(&row.strategy);
        }
    }
    let sentence = |strategy: &&str| {
        let own = |change| {
            let rows = rows(compared, change).filter(|row| row.strategy == **strategy);
            let said = |row: &Row| match relative(row) {
                Some(relative) => format!("{} ({relative})", measure(row)),
                None => measure(row),
            };
            rows.map(said).collect::<Vec<String>>()
        };
        let (better, worse) = (own(MeasureChange::Improved), own(MeasureChange::Regressed));
        match (better.is_empty(), worse.is_empty()) {
            (true, true) => format!("{strategy} is not clearly better or worse than {baseline}."),
            (false, true) => format!("{strategy} is better than {baseline} in {}.", listed(&better)),
            (true, false) => format!("{strategy} is worse than {baseline} in {}.", listed(&worse)),
            (false, false) => format!(
                "{strategy} is a trade-off against {baseline}: better in {}, worse in {}.",
                listed(&better),
                listed(&worse)
            ),
        }
    };
    let mut sentences: Vec<String> = strategies.iter().map(sentence).collect();
    let broken: Vec<String> = limits(compared, Verdict::Fail).map(limits::name).collect();
    if !broken.is_empty() {
        sentences.push(format!("{} ({}).", are(broken.len(), "limit", "broken"), listed(&broken)));
    }
    sentences.join(" ")
}

/// "2 of 8 comparisons regressed (careful: p99 of impaired_host_ms, ...); 4 cannot be decided".
fn failed(compared: &Compared) -> String {
    let mut faults = Vec::new();
    let regressed: Vec<String> = rows(compared, MeasureChange::Regressed).map(name).collect();
    if !regressed.is_empty() {
        let names = listed(&regressed);
        faults.push(format!("{} of {} regressed ({names})", regressed.len(), comparisons(compared)));
    }
    let broken: Vec<String> = limits(compared, Verdict::Fail).map(limits::name).collect();
    if !broken.is_empty() {
        faults.push(format!("{} ({})", are(broken.len(), "limit", "broken"), listed(&broken)));
    }
    if !compared.unguarded_strategies.is_empty() {
        faults.push(gone(&compared.unguarded_strategies));
    }
    let open =
        rows(compared, MeasureChange::Inconclusive).count() + limits(compared, Verdict::Inconclusive).count();
    if open > 0 {
        faults.push(format!("{open} cannot be decided"));
    }
    faults.join("; ")
}

/// "guarded strategies are gone (careful)".
pub(super) fn gone(unguarded: &[String]) -> String {
    let what = if unguarded.len() == 1 { "a guarded strategy is" } else { "guarded strategies are" };
    format!("{what} gone ({})", listed(unguarded))
}

fn undecided(compared: &Compared, options: &Options) -> String {
    let mut open = Vec::new();
    match rows(compared, MeasureChange::Inconclusive).count() {
        0 => {}
        count => open.push(format!("{count} of {}", comparisons(compared))),
    }
    match limits(compared, Verdict::Inconclusive).count() {
        0 => {}
        count => open.push(text::counted(count as u64, "limit")),
    }
    if open.is_empty() {
        return "The candidate is not shown to be worse, but is another fleet or other defects than accepted, so nothing is shown: accept those in a change of their own.".to_owned();
    }
    let advice = match trials_needed(compared) {
        Some(needed) => format!("about {} would probably tell", text::counted(needed, "trial")),
        None => "more trials may not tell either".to_owned(),
    };
    let gate = if options.allow_inconclusive { "which is allowed" } else { "which fails the gate" };
    format!(
        "The candidate is not shown to be worse, but {} cannot be decided at {}, {gate}; {advice}.",
        open.join(" and "),
        text::counted(compared.trials, "trial")
    )
}

/// "none of 7 comparisons regressed (2 improved, 5 no change); 3 limits are held".
fn passed(compared: &Compared) -> String {
    let counts: Vec<String> =
        [MeasureChange::Improved, MeasureChange::WithinTolerance, MeasureChange::NoChange]
            .into_iter()
            .map(|change| (change, rows(compared, change).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(change, count)| format!("{count} {}", change.word()))
            .collect();
    let mut parts = Vec::new();
    if !compared.rows.is_empty() {
        parts.push(format!("none of {} regressed ({})", comparisons(compared), counts.join(", ")));
    }
    let held = limits(compared, Verdict::Pass).count();
    if held > 0 {
        parts.push(are(held, "limit", "held"));
    }
    let warned = compared.thresholds.iter().filter(|t| t.level == Level::Warn && t.verdict == Verdict::Fail);
    match warned.count() {
        0 => {}
        warned => parts.push(are(warned, "warning limit", "broken")),
    }
    if parts.is_empty() {
        parts.push("there is nothing that could fail".to_owned());
    }
    if !compared.removed_strategies.is_empty() {
        let gone = match compared.removed_strategies.len() {
            1 => "1 strategy is gone".to_owned(),
            many => format!("{many} strategies are gone"),
        };
        parts.push(format!("{gone} ({})", listed(&compared.removed_strategies)));
    }
    parts.join("; ")
}

fn comparisons(compared: &Compared) -> String {
    text::counted(compared.rows.len() as u64, "comparison")
}

fn rows(compared: &Compared, change: MeasureChange) -> impl Iterator<Item = &Row> {
    compared.rows.iter().filter(move |row| row.change == change)
}

/// Judgements of level error that ended so.
fn limits(compared: &Compared, verdict: Verdict) -> impl Iterator<Item = &ThresholdResult> {
    compared.thresholds.iter().filter(move |t| t.level == Level::Error && t.verdict == verdict)
}

/// Trials that would probably decide everything that is open; none if one thing stays open.
fn trials_needed(compared: &Compared) -> Option<u64> {
    let needed = rows(compared, MeasureChange::Inconclusive).map(|row| row.trials_needed);
    let needed = needed.chain(limits(compared, Verdict::Inconclusive).map(|result| result.trials_needed));
    needed.collect::<Option<Vec<u64>>>()?.into_iter().max()
}

fn listed(names: &[String]) -> String {
    text::list(names, MOST_NAMES)
}

fn are(count: usize, noun: &str, what: &str) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb} {what}", text::counted(count as u64, noun))
}

/// Strategies that only one plan has, in one sentence; none if there are none.
pub(super) fn not_compared(compared: &Compared) -> Option<String> {
    let side = |names: &[String], side: &str| {
        (!names.is_empty()).then(|| format!("{} (only in the {side})", listed(names)))
    };
    let sides =
        [side(&compared.removed_strategies, "baseline"), side(&compared.added_strategies, "candidate")];
    let sides: Vec<String> = sides.into_iter().flatten().collect();
    (!sides.is_empty()).then(|| format!("Not compared: {}.", sides.join(", ")))
}

/// Where the numbers come from, one fact a line.
pub(in crate::report) fn provenance(compared: &Compared) -> Vec<String> {
    let mut facts = Vec::new();
    for (role, side) in [("baseline", &compared.baseline), ("candidate", &compared.candidate)] {
        facts.push(format!(
            "{role}: {} from {}, plan {}, seed {}",
            side.scenario, side.source, side.plan_digest, side.seed
        ));
    }
    facts.push(format!(
        "{} a strategy and side, {}, estimator {}, confidence {}",
        text::counted(compared.trials, "trial"),
        text::counted(u64::from(compared.looks), "look"),
        compared.estimator,
        text::percent(compared.confidence)
    ));
    facts.push(format!("{} {}, model {}", compared.tool, compared.tool_version, compared.model_version));
    facts
}

/// The most worse trials of regressed and inconclusive rows, each once, the worst rows first, each with the commands
/// that replay it, the baseline's first: `careful, trial 17: most worse in p99 of impaired_host_ms`.
pub(super) fn replays(compared: &Compared, options: &Options) -> Vec<ShellCommand> {
    let mut trials: Vec<(&str, u64, Vec<String>)> = Vec::new();
    for row in worst_first(&compared.rows) {
        // No file says the candidate in the accepted world.
        let Some(trial) = row.most_worse_trial.filter(|_| row.world.is_own()) else { continue };
        if !matches!(row.change, MeasureChange::Regressed | MeasureChange::Inconclusive) {
            continue;
        }
        match trials.iter_mut().find(|(strategy, known, _)| *strategy == row.strategy && *known == trial) {
            Some((_, _, measures)) => measures.push(measure(row)),
            None => trials.push((&row.strategy, trial, vec![measure(row)])),
        }
    }
    let replay = |(strategy, trial, measures): (&str, u64, Vec<String>)| ShellCommand {
        title: format!("{strategy}, trial {trial}: most worse in {}", listed(&measures)),
        lines: commands(compared, options, strategy, trial),
    };
    trials.into_iter().map(replay).filter(|replay| !replay.lines.is_empty()).collect()
}

/// Commands that replay a trial under both plans, as far as there are files to replay from.
pub(super) fn commands(compared: &Compared, options: &Options, strategy: &str, trial: u64) -> Vec<String> {
    // The baseline is drawn as it says by itself, unless both are drawn as the command line says.
    let of_baseline = options.baseline_file.and_then(|file| file.estimator).unwrap_or(compared.estimator);
    let sides = [
        (options.baseline_file, &compared.baseline, of_baseline),
        (options.candidate_file, &compared.candidate, compared.estimator),
    ];
    let known = sides.into_iter().filter_map(|(file, side, estimator)| Some((file?, side.seed, estimator)));
    known
        .map(|(file, seed, estimator)| match compared.subject.is_rollout() {
            true => file.replay(strategy, seed, trial, estimator),
            false => file.replay_pipeline(strategy, seed, trial),
        })
        .collect()
}
