//! A trial of a pipeline as a train diagram in text: a line a revision, a column so many hours, a letter where it was. Fits a pull
//! request: no colour, at most the width that is asked for.

use super::stations::Stations;
use super::{DAY_MS, Diagram, Doing, HOUR_MS, TimeSpan, Train, TrainFate};
use crate::ids::{ChangeId, RevisionId};
use crate::pipeline::{MergeKind, PipelineEvent, StopReason};
use crate::plan::Plan;
use crate::report::dates::{self, Dates};
use crate::report::document::{Block, Document, Entries, TimedLine, elide};
use crate::report::text;
use crate::sim::Record;

/// Hours (or parts) that a column may stand for: days must begin at a column.
const COLUMNS_MS: [u64; 13] = [
    HOUR_MS / 12,
    HOUR_MS / 6,
    HOUR_MS / 4,
    HOUR_MS / 2,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    4 * HOUR_MS,
    6 * HOUR_MS,
    8 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    7 * DAY_MS,
];
/// Columns before and after the bar: revision, merge, changes; what became of it.
const BEFORE: usize = 27;
const AFTER: usize = 17;
/// Incidents told at most.
const MOST_TOLD: usize = 30;

/// What there is to tell.
#[derive(Debug, Clone, Copy)]
pub struct Told<'p> {
    pub plan: &'p Plan,
    pub stations: Stations<'p>,
    pub trial: u64,
    pub dates: Dates,
    pub span: TimeSpan,
}

/// The diagram, in at most `width` columns, and what happened.
#[must_use]
pub fn document(told: &Told, diagram: &Diagram, records: &[Record<PipelineEvent>], width: usize) -> Document {
    let ruler = Ruler::new(told.span, width.saturating_sub(BEFORE + AFTER + 2));
    let letters = told.stations.letters();
    let within = || diagram.trains.iter().filter(|train| train.is_within(told.span));
    let mut lines = above(told, diagram, &ruler);
    let telling = within().filter(|train| train.is_telling());
    lines.extend(telling.map(|train| line(told, train, &ruler, &letters)));
    let mut report = Document::default();
    report.push(Block::list([head(told, diagram)]));
    report.push(Block::Lines(lines));
    report.push(Block::Note(legend(told, &letters, &ruler).into()));
    let handed = within().filter(|train| !train.is_telling()).count();
    if handed > 0 {
        report.push(Block::list([format!(
            "{} not shown: a newer one took along what {} carried.",
            text::counted(handed as u64, "revision"),
            if handed == 1 { "it" } else { "they" }
        )]));
    }
    let happened = incidents(told, records);
    if happened.is_empty() {
        report.push(Block::Note("Nothing was rejected or taken back in this time.".into()));
    }
    report.section("What happened", vec![Block::Story(happened)]);
    report
}

fn head(told: &Told, diagram: &Diagram) -> String {
    let merged = diagram.merges.iter().filter(|(at, _)| told.span.has(*at));
    let (all, bad) = merged.fold((0, 0), |(all, bad), (_, is_bad)| (all + 1, bad + u64::from(*is_bad)));
    format!(
        "{}, {}: trial {}, {}, seed {}, model {}, plan {}; {} merged, {bad} of them bad",
        told.plan.name,
        told.stations.strategy.name,
        told.trial,
        told.span.words(&told.dates),
        told.plan.study.seed,
        crate::MODEL_VERSION,
        told.plan.digest(),
        text::counted(all, "change"),
    )
}

/// The lines above the first revision: titles and days, and when the line stands still.
fn above(told: &Told, diagram: &Diagram, ruler: &Ruler) -> Vec<String> {
    let titles = format!("{:>6}  {:<9}  {:<7}  {}", "", "merged", "changes", ruler.scale(&told.dates));
    let mut lines = vec![String::new(), titles];
    let first_wave = told.stations.stages() + 1;
    let closed = told.stations.closed(first_wave, told.span);
    // A block is seen however short it was.
    for (title, spans, letter, share) in
        [("no wave may begin", &closed, '.', Some(2)), ("the line is blocked", &diagram.blocked, '#', None)]
    {
        if spans.iter().any(|span| span.from_ms < told.span.to_ms && span.to_ms > told.span.from_ms) {
            let line = format!("{title:<BEFORE$}{}", ruler.spans(spans, letter, share));
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

/// Columns of equal time.
struct Ruler {
    span: TimeSpan,
    column_ms: u64,
}

impl Ruler {
    fn new(span: TimeSpan, room: usize) -> Self {
        let length = span.to_ms - span.from_ms;
        let fits = |column: &&u64| length.div_ceil(**column) <= room as u64;
        let column_ms = COLUMNS_MS.iter().find(fits).unwrap_or(&COLUMNS_MS[COLUMNS_MS.len() - 1]);
        Self { span, column_ms: *column_ms }
    }

    /// The columns, each a span.
    fn columns(&self) -> impl Iterator<Item = TimeSpan> {
        let starts = (self.span.from_ms..self.span.to_ms).step_by(self.column_ms as usize);
        starts.map(|from_ms| TimeSpan { from_ms, to_ms: (from_ms + self.column_ms).min(self.span.to_ms) })
    }

    /// Hours or days where they begin, as far as they find room.
    fn scale(&self, dates: &Dates) -> String {
        let mut line = String::new();
        for (index, column) in self.columns().enumerate() {
            let label = if self.span.is_short() { self.hour(column) } else { self.day(column, dates) };
            if let Some(label) = label.filter(|_| line.len() <= index) {
                line.push_str(&format!("{}|{label}", " ".repeat(index - line.len())));
            }
        }
        line
    }

    /// The hour that begins with a column, unless hours are too narrow for all of them.
    fn hour(&self, column: TimeSpan) -> Option<String> {
        let steps = [1, 2, 3, 4, 6, 12].map(|hours| hours * HOUR_MS);
        let step = steps.into_iter().find(|step| step / self.column_ms >= 4).unwrap_or(DAY_MS);
        let begins = column.from_ms.is_multiple_of(step);
        begins.then(|| format!("{:02}", column.from_ms % DAY_MS / HOUR_MS))
    }

    /// The day that begins with a column, as long as there is room for; of Mondays always the name.
    fn day(&self, column: TimeSpan, dates: &Dates) -> Option<String> {
        let day = column.from_ms / DAY_MS;
        let room = (DAY_MS / self.column_ms) as usize;
        let begins = column.from_ms.is_multiple_of(DAY_MS) || self.column_ms > DAY_MS;
        let names = [dates.day(day), dates.short_day(day), dates.number(day)];
        let fitting = names.into_iter().find(|name| name.len() < room);
        let monday = || dates.is_monday(day).then(|| dates.short_day(day));
        begins.then(|| fitting.or_else(monday).unwrap_or_default())
    }

    /// A letter in the columns of which more than one part in `share` lies in the spans; without a share, any part.
    fn spans(&self, spans: &[TimeSpan], letter: char, share: Option<u64>) -> String {
        let covered = |column: TimeSpan| {
            let each = spans
                .iter()
                .map(|span| span.to_ms.min(column.to_ms).saturating_sub(span.from_ms.max(column.from_ms)));
            each.sum::<u64>() > share.map_or(0, |share| (column.to_ms - column.from_ms) / share)
        };
        self.columns().map(|column| if covered(column) { letter } else { ' ' }).collect()
    }
}

fn line(told: &Told, train: &Train, ruler: &Ruler, letters: &[char]) -> String {
    let day = told.dates.short_day(train.set_out_ms / DAY_MS);
    let merged = format!("{} {}", &day[..3], dates::clock(train.set_out_ms));
    let changes = if train.changes > 0 { format!("+{}", train.changes) } else { String::new() };
    let bad = if train.is_bad { "bad" } else { "" };
    let bar: String = ruler.columns().map(|column| cell(told, train, column, letters)).collect();
    let start = format!("{:>6}  {merged:<9}  {changes:<3} {bad:<3}  {bar}", train.revision);
    let fate = elide(&fate_within(told, train), AFTER);
    format!("{start}  {fate}").trim_end().to_owned()
}

/// What became of it by the end of the diagram, in words.
fn fate_within(told: &Told, train: &Train) -> String {
    match train.fate {
        _ if train.stopped_ms.unwrap_or(train.end_ms) >= told.span.to_ms => "under way".to_owned(),
        TrainFate::UnderWay => "under way".to_owned(),
        TrainFate::Delivered => "delivered".to_owned(),
        TrainFate::Rejected { place } => format!("{} said no", told.stations.name(place)),
        TrainFate::TakenBack => "taken back".to_owned(),
        TrainFate::Overtaken => "overtaken".to_owned(),
        TrainFate::Withdrawn => "withdrawn".to_owned(),
        TrainFate::GivenUp => "given up".to_owned(),
    }
}

/// One column of a train: its end or stop, else where it spent most of that time.
fn cell(told: &Told, train: &Train, column: TimeSpan, letters: &[char]) -> char {
    if train.stopped_ms.is_some_and(|at| column.has(at)) {
        return '<';
    }
    if column.has(train.end_ms) {
        match train.fate {
            TrainFate::Delivered => return '*',
            TrainFate::Rejected { .. } => return '!',
            TrainFate::Withdrawn | TrainFate::Overtaken => return '/',
            TrainFate::UnderWay | TrainFate::TakenBack | TrainFate::GivenUp => {}
        }
    }
    let inside = |leg: &&super::Leg| leg.from_ms < column.to_ms && leg.to_ms > column.from_ms;
    let length = |leg: &super::Leg| leg.to_ms.min(column.to_ms) - leg.from_ms.max(column.from_ms);
    let longest = train.legs.iter().filter(inside).max_by_key(|leg| length(leg));
    let Some(leg) = longest else { return ' ' };
    let closed = || {
        let closed = told.stations.closed(leg.place, column);
        let total: u64 = closed.iter().map(|span| span.to_ms - span.from_ms).sum();
        total * 2 > column.to_ms - column.from_ms
    };
    match leg.doing {
        Doing::Wait if closed() => '.',
        Doing::Run if told.stations.rests(leg.place) && closed() => '.',
        Doing::Wait => '-',
        Doing::Held => '~',
        Doing::Back => '<',
        Doing::Run | Doing::Deploy | Doing::Bake => letters[leg.place],
    }
}

fn legend(told: &Told, letters: &[char], ruler: &Ruler) -> String {
    let places = letters.iter().enumerate().filter(|(_, letter)| **letter != ' ');
    let named = places.map(|(place, letter)| format!("{letter} {}", told.stations.name(place)));
    let named: Vec<String> = named.collect();
    let marks = "- waits behind others, . for a window, ~ held up; * delivered, ! a stage said no, < stopped and taken \
                 back, / withdrawn or overtaken";
    let column = text::duration(ruler.column_ms as f64);
    format!(
        "A letter is where a revision spent most of {column}: {}. {marks}. Changes are those new in production; `bad` says that \
         the newest one brought a defect. Times are UTC.",
        named.join(", ")
    )
}

/// What stopped the line, in order.
fn incidents(told: &Told, records: &[Record<PipelineEvent>]) -> Entries<TimedLine> {
    let teller = TrainTeller { told, records };
    let within = records.iter().filter(|record| told.span.has(record.at_ms));
    let clauses: Vec<(u64, String)> =
        within.filter_map(|record| Some((record.at_ms, teller.tell(record)?))).collect();
    // What happens at one instant has one cause.
    let together = clauses.chunk_by(|a, b| a.0 == b.0).map(|clauses| {
        let words: Vec<&str> = clauses.iter().map(|(_, words)| words.as_str()).collect();
        TimedLine { when: told.dates.minute(clauses[0].0), depth: 0, words: words.join("; ") }
    });
    let mut lines: Entries<TimedLine> = together.collect();
    lines.truncate(MOST_TOLD);
    lines
}

/// Says what happened in the plan's names.
struct TrainTeller<'t> {
    told: &'t Told<'t>,
    records: &'t [Record<PipelineEvent>],
}

impl TrainTeller<'_> {
    fn tell(&self, record: &Record<PipelineEvent>) -> Option<String> {
        Some(match record.event {
            PipelineEvent::Rejected { revision, stage, culprit, changes } => {
                let stage = self.told.stations.name(stage.index());
                let changes = text::counted(changes as u64, "change");
                format!("{stage} says no to {revision} ({changes}): {}", self.reason(culprit))
            }
            PipelineEvent::Stopped { revision, why: StopReason::Outside, taken_back, .. } => {
                let then = if taken_back { "is taken back too" } else { "makes way for a newer one" };
                format!("{revision} {then}")
            }
            PipelineEvent::Stopped { revision, why, component, .. } => {
                let place = self.wave_of(revision, record.at_ms);
                let component = component.and_then(|index| self.told.stations.component(index));
                let whose = component.map_or(String::new(), |name| format!(" of {name}"));
                format!("an alarm{whose} stops {revision} {place}: {}", self.reason(why.culprit()))
            }
            PipelineEvent::TakenBack { revision } => format!("{revision} is off every host again"),
            PipelineEvent::Blocked { revision, blamed: Some(blamed) } => {
                format!("{revision} blocks the line, {blamed} is blamed")
            }
            PipelineEvent::Blocked { revision, blamed: None } => format!("{revision} blocks the line"),
            PipelineEvent::Merged { change, kind: MergeKind::Revert, .. } => {
                format!("revert {change} is merged")
            }
            PipelineEvent::Unblocked => "the line moves again".to_owned(),
            // What goes as it should is in the diagram.
            PipelineEvent::Merged {
                kind: MergeKind::Own | MergeKind::Activation | MergeKind::Again, ..
            }
            | PipelineEvent::SetOut { .. }
            | PipelineEvent::Waits { .. }
            | PipelineEvent::WaitsForWindow { .. }
            | PipelineEvent::Runs { .. }
            | PipelineEvent::Flaked { .. }
            | PipelineEvent::Held { .. }
            | PipelineEvent::RolloutStarted { .. }
            | PipelineEvent::Wave { .. }
            | PipelineEvent::Delivered { .. }
            | PipelineEvent::Withdrawn { .. }
            | PipelineEvent::GivenUp { .. } => return None,
        })
    }

    fn reason(&self, culprit: Option<ChangeId>) -> String {
        let Some(culprit) = culprit else { return "a false alarm".to_owned() };
        let class = self.records.iter().find_map(|record| {
            let PipelineEvent::Merged { change, defect, .. } = record.event else { return None };
            defect.filter(|_| change == culprit)
        });
        let class =
            class.map_or("a defect", |class| &self.told.stations.pipeline.line.source.defects[class].name);
        format!("{class}, brought by change {culprit}")
    }

    /// The last wave that a revision had begun by `at`.
    fn wave_of(&self, revision: RevisionId, at: u64) -> String {
        let waves = self.records.iter().filter(|record| record.at_ms <= at);
        let last = waves.filter_map(|record| {
            let PipelineEvent::Wave { revision: of, wave, .. } = record.event else { return None };
            (of == revision).then_some(wave)
        });
        match last.max() {
            Some(wave) => format!("in {}", self.told.stations.strategy.waves[wave.index()].name),
            None => "in production".to_owned(),
        }
    }
}
