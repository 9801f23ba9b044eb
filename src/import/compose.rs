//! The scenario from what the files say: what every scenario needs besides is put in, marked as to be given by hand. It
//! knows no tool.

use super::desk::Desk;
use super::draft::{
    Ailment, Draft, DraftAlarm, DraftRegion, DraftStrategy, DraftTable, DraftValue, Row, duration, inline,
    joined, share, text, texts, whole,
};
use super::provenance::Provenance;
use crate::import::time::MINUTE;

/// What a strategy remembers of its last change.
const HOW_LONG: &str = "how long after it an alert is still blamed on the change";

/// Completes `draft`: a fleet, an order of magnitude for traffic and for changes, a defect for each thing that its alarms
/// are signs of, who reacts to alarms, and something to compare with.
pub(super) fn complete(draft: &mut Draft, desk: &Desk<'_>) {
    place(draft, desk);
    if draft.strategies.is_empty() {
        draft.strategies.push(step_by_step(draft));
        desk.by_hand(
            "step-by-step",
            "the files say who notices and not how a change is rolled out: this is one way to do it",
        );
    }
    listen(draft, desk);
    if draft.strategies.len() <= 1 {
        draft.strategies.push(all_at_once(draft));
    }
    if !draft.change.has("bad-probability") {
        draft.change.put_first("bad-probability", share(0.05), Provenance::hand("your change fail rate"));
    }
    if !draft.change.has("deploy-time") {
        let from = Provenance::hand("from the start of an instance to its being ready");
        draft.change.set("deploy-time", duration(MINUTE), from);
    }
    desk.by_hand(
        "bad-probability, deploy-time",
        "how often a change is bad, and how long one instance takes to start",
    );
}

/// A region where the files name none, and traffic everywhere.
fn place(draft: &mut Draft, desk: &Desk<'_>) {
    if draft.regions.is_empty() {
        let mut table = DraftTable::default();
        table.set("hosts-per-zone", whole(10), Provenance::hand("how many instances there are"));
        desk.by_hand("hosts-per-zone", "how many instances there are: no file says it");
        draft.regions.push(DraftRegion { name: "home".to_owned(), table });
    }
    for region in &mut draft.regions {
        if !region.table.has("requests-per-second") {
            let from = Provenance::hand("of all its instances, mean over the day");
            region.table.set("requests-per-second", whole(1000), from);
        }
    }
    desk.by_hand(
        "requests-per-second, background-error-ratio",
        "traffic and its usual errors: they decide how soon an alarm on errors is sure, and how often it is wrong",
    );
}

/// Says what each strategy listens to: the alarms of its tool, and those that call people.
fn listen(draft: &mut Draft, desk: &Desk<'_>) {
    let people: Vec<String> =
        draft.alarms.iter().filter(|alarm| alarm.calls_people).map(|alarm| alarm.name.clone()).collect();
    for strategy in &mut draft.strategies {
        // An approval alone reacts to nothing.
        let gates = ["checks = ", "test = "];
        let stops_itself =
            !strategy.alarms.is_empty() || gates.iter().any(|gate| strategy.table.mentions(gate));
        if !people.is_empty() && !strategy.table.has("response") && !stops_itself {
            page_people(strategy, desk);
        } else if !people.is_empty() {
            if !strategy.table.has("response") {
                let after = inline([("suspect-for", text("24h"))]);
                strategy.table.set("response", after, Provenance::hand(HOW_LONG));
            }
            desk.by_hand(
                format!("alarms of {}", strategy.name),
                "alerts call people, and here they stop the rollout as the tool's own checks do: \
                 take those out of `alarms` at which nobody would stop it",
            );
        }
        let mut listened = strategy.alarms.clone();
        listened.extend(people.iter().filter(|name| !strategy.alarms.contains(name)).cloned());
        let from = if people.is_empty() {
            Provenance::Plain
        } else {
            Provenance::hand("at which somebody stops it")
        };
        strategy.table.put_first("alarms", texts(listened.iter().map(String::as_str)), from);
        listen_in_waves(strategy, &people);
    }
}

/// Waves with alarms of their own, as those that the tool does not watch yet, are watched by people.
fn listen_in_waves(strategy: &mut DraftStrategy, people: &[String]) {
    for wave in strategy.table.list_mut("wave").filter(|wave| !people.is_empty() && wave.has("alarms")) {
        let people = texts(people.iter().map(String::as_str));
        let both = wave.value("alarms").map_or_else(|| people.clone(), |own| joined(own, &people));
        wave.set("alarms", both, Provenance::hand("at which somebody stops it"));
    }
}

/// An alert calls somebody, who looks and takes the change back.
fn page_people(strategy: &mut DraftStrategy, desk: &Desk<'_>) {
    let on_alarm = inline([("on-alarm", text("page")), ("suspect-for", text("24h"))]);
    strategy.table.set(
        "response",
        on_alarm,
        Provenance::implied("the tool does not look at alerts: people do"),
    );
    let operators = inline([("engage", duration(5 * MINUTE)), ("diagnose", duration(15 * MINUTE))]);
    strategy.table.set(
        "operators",
        operators,
        Provenance::hand("how fast your on-call is there, and knows the cause"),
    );
    desk.by_hand("operators", "how long people take from the alert to taking the change back");
}

/// Everything at once: what any policy is held against. All alarms watch it, and it is taken back as the first strategy of
/// the files is, so that what differs is the way there.
fn all_at_once(draft: &Draft) -> DraftStrategy {
    let mut strategy = everywhere("all-at-once", "The same change everywhere at once");
    // It has no one-box that an alarm could look at.
    let is_heard =
        |alarm: &&DraftAlarm| !draft.unheard.contains(&alarm.name) && !alarm.table.mentions("one-box");
    let heard = draft.alarms.iter().filter(is_heard).map(|alarm| alarm.name.as_str());
    strategy.table.put_first("alarms", texts(heard), Provenance::Plain);
    let first = draft.strategies.first();
    for key in ["response", "operators", "rollback"] {
        if let Some((value, first)) = first.and_then(|first| Some((first.table.value(key)?, first))) {
            strategy.table.set(key, value.clone(), Provenance::implied(&format!("as {}", first.name)));
        }
    }
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::implied("to compare with"));
    strategy.table.add("wave", wave);
    strategy
}

/// Some way to roll out, where the files have only alarms.
fn step_by_step(draft: &Draft) -> DraftStrategy {
    let mut strategy = everywhere("step-by-step", "Ten percent, half, all, with time to watch in between");
    let own = draft.alarms.iter().filter(|alarm| !alarm.calls_people && !draft.unheard.contains(&alarm.name));
    strategy.alarms = own.map(|alarm| alarm.name.clone()).collect();
    let mut wave = DraftTable::default();
    wave.set("regions", text("all"), Provenance::Plain);
    let step = |hosts: &str| inline([("hosts", text(hosts)), ("bake", text("30m"))]).to_string();
    let rows = ["10%", "50%", "100%"].map(|hosts| Row { value: step(hosts), from: Provenance::Plain });
    wave.set("steps", DraftValue::Rows(rows.into()), Provenance::hand("how you roll out"));
    strategy.table.add("wave", wave);
    strategy
}

/// A strategy that no file says, in all places at once.
fn everywhere(name: &str, description: &str) -> DraftStrategy {
    let mut strategy = DraftStrategy::new(name, description, Provenance::Plain);
    strategy.table.set("regions-at-once", text("all"), Provenance::Plain);
    strategy.table.set("zones-at-once", text("all"), Provenance::Plain);
    strategy
}

/// The study: what is compared, and how long a defect that nothing stops goes on.
pub(super) fn study(draft: &Draft) -> DraftTable {
    let mut study = DraftTable::default();
    study.set("trials", whole(1000), Provenance::Plain);
    let ours = draft.strategies.iter().find(|strategy| strategy.from.places() == 0);
    if let Some(baseline) = ours.or(draft.strategies.first()) {
        study.set("baseline", text(&baseline.name), Provenance::implied("the others are compared with it"));
    }
    study.set("start-spread", text("24h"), Provenance::implied("rollouts begin at any time of the day"));
    let from = Provenance::hand("how long a bad change that nothing stopped stays unseen");
    study.set("observe-after", text("24h"), from);
    study
}

/// A defect for each thing that an alarm of the draft is a sign of, and one that fails requests in any case: who sees what.
pub(super) fn defects(draft: &Draft, desk: &Desk<'_>) -> Vec<DraftTable> {
    let all = [Ailment::Errors, Ailment::Slow, Ailment::Down, Ailment::Strain];
    let present = |ailment: &Ailment| {
        *ailment == Ailment::Errors || draft.alarms.iter().any(|alarm| alarm.ailment == *ailment)
    };
    let defects: Vec<DraftTable> =
        all.into_iter().filter(present).map(|ailment| defect(ailment, draft)).collect();
    desk.by_hand(
        "defects",
        "what is wrong with bad changes: the scenario has one of each kind that an alarm could see",
    );
    defects
}

fn defect(ailment: Ailment, draft: &Draft) -> DraftTable {
    let mut table = DraftTable::default();
    let (name, onset, sign, ratio) = match ailment {
        Ailment::Errors => ("requests-fail", exponential("20m"), "error-ratio", "30%"),
        Ailment::Slow => ("requests-are-slow", exponential("20m"), "slow-ratio", "30%"),
        Ailment::Down => ("instances-go-down", exponential("10m"), "error-ratio", "100%"),
        Ailment::Strain => ("something-is-used-up", exponential("2h"), "error-ratio", "50%"),
    };
    table.set("name", text(name), Provenance::Plain);
    if let Some(reach) = (ailment == Ailment::Down).then(|| text("10%")) {
        table.set("reach", reach, Provenance::hand("on how many instances of a zone"));
    }
    table.set("onset", onset, Provenance::hand("how late it shows"));
    table.set(sign, text(ratio), Provenance::hand("of the requests to an instance that has it"));
    if ailment == Ailment::Slow {
        table.set("error-ratio", text("0%"), Provenance::Plain);
    }
    let seen = draft.alarms.iter().filter(|alarm| alarm.ailment == ailment);
    table.set("seen-by", texts(seen.map(|alarm| alarm.name.as_str())), Provenance::Plain);
    table
}

fn exponential(mean: &str) -> DraftValue {
    inline([("exponential", inline([("mean", text(mean))]))])
}
