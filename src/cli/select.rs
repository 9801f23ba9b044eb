//! What the command line asks of a plan, in words: precisions, names, and notes on what got lost. The plan restricts
//! itself.

use super::error::CliError;
use super::io::Io;
use super::names;
use crate::outcome::measures;
use crate::plan::{Plan, Precision, Restriction, RestrictionError};
use crate::scenario::PrecisionText;

/// What a plan is for, which decides what there is to say about a choice of strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// To be simulated; the others are compared with the baseline if it is chosen.
    Alone,
    /// The other strategies are compared with the baseline, which is kept without being chosen.
    Within,
    /// Its strategies are compared with those of another plan; this one is not judged.
    Old,
    /// The plan under judgement.
    New,
}

/// Restricts `plan`, and notes what follows without having been asked for.
///
/// # Errors
/// When a name is unknown, the baseline is not among the chosen strategies, or trials are too few.
pub fn restricted(plan: &Plan, asked: &Restriction, role: Role, io: &mut Io) -> Result<Plan, CliError> {
    let asked = Restriction { with_baseline: role == Role::Within, ..asked.clone() };
    let restricted = plan.restrict(&asked).map_err(|error| refusal(error, plan))?;
    for note in notes(plan, &restricted, &asked, role) {
        io.say("note", note);
    }
    Ok(restricted)
}

/// What got lost from `plan` on the way to what was `asked` of it.
fn notes(plan: &Plan, restricted: &Plan, asked: &Restriction, role: Role) -> Vec<String> {
    let mut notes = Vec::new();
    let name = |plan: &Plan| plan.strategies[plan.study.baseline].name.clone();
    let (before, after) = (name(plan), name(restricted));
    if role == Role::Alone && asked.baseline.is_none() && before != after {
        notes.push(format!(
            "the baseline `{before}` is not among the chosen strategies; comparing with `{after}`"
        ));
    }
    let mut lost = |[before, after]: [usize; 2], noun: &str| {
        let count = before - after;
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            notes
                .push(format!("{count} {noun}{plural} of strategies that were not chosen cannot be checked"));
        }
    };
    let studies = [&plan.study, &restricted.study];
    if role != Role::Old {
        lost(studies.map(|study| study.thresholds.len()), "threshold");
    }
    // Only a run looks at expectations.
    if role == Role::Alone {
        lost(studies.map(|study| study.expectations.len()), "expectation");
    }
    notes
}

/// The error with what to do about it.
fn refusal(error: RestrictionError, plan: &Plan) -> CliError {
    let refused = CliError::invalid(error.to_string());
    match error {
        RestrictionError::TooFewTrials { fewest, .. } => {
            refused.hint(format!("use --trials {fewest} or more, or --estimator plain"))
        }
        RestrictionError::UnknownStrategy(name) => strategy(plan, &name).err().unwrap_or(refused),
        RestrictionError::BaselineNotKept(name) => refused.hint(format!("choose it too: --strategy {name}")),
        RestrictionError::NoCustomers(_) => refused.hint("add `customers = 20000` to a region of the fleet"),
    }
}

/// Index of the strategy called `name`.
///
/// # Errors
/// When there is none; lists those there are.
pub fn strategy(plan: &Plan, name: &str) -> Result<usize, CliError> {
    let all: Vec<&str> = plan.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
    names::find("strategy", name, &all)
}

/// Reads precisions such as `p99 impaired_host_ms 5%`.
///
/// # Errors
/// When one has another form, or there is no such metric.
pub fn precisions(asked: &[String]) -> Result<Vec<Precision>, CliError> {
    asked.iter().map(|text| precision(text)).collect()
}

fn precision(text: &str) -> Result<Precision, CliError> {
    let Some(read) = PrecisionText::parse(text) else {
        return Err(CliError::invalid(format!("`{text}` does not say how precise an estimate must be"))
            .hint(
                "write a statistic, a metric and a half-width, as in --precision \"p99 impaired_host_ms 5%\"",
            ));
    };
    let Some(metric) = measures::find_words(&read.metric) else {
        let known: Vec<&str> = measures::all().map(|metric| metric.name).collect();
        return Err(names::find("metric", &read.metric, &known).expect_err("it was not found"));
    };
    Ok(Precision { metric, statistic: read.statistic, strategy: None, relative: read.relative })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "\
        [study]\ntrials = 10\nbaseline = \"a\"\nestimator = \"plain\"\n\
        [[fleet.region]]\nname = \"r\"\nhosts-per-zone = 9\n[change]\ndeploy-time = \"5m\"\n\
        [[threshold]]\nmetric = \"escaped\"\nstatistic = \"mean\"\nmax = 0\nstrategy = \"a\"\n\
        [[threshold]]\nmetric = \"escaped\"\nstatistic = \"mean\"\nmax = 1\n\
        [[expect]]\nmetric = \"escaped\"\nstatistic = \"mean\"\nstrategy = \"c\"\nvalue = 0.1\ntolerance = \"15%\"\nsource = \"x\"\n\
        [[strategy]]\nname = \"a\"\nwave = [{ regions = \"all\" }]\n\
        [[strategy]]\nname = \"b\"\nwave = [{ regions = \"all\" }]\n\
        [[strategy]]\nname = \"c\"\nwave = [{ regions = \"all\" }]\n";

    fn plan() -> Plan {
        Plan::parse("test", PLAN).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn chosen(list: &[&str]) -> Restriction {
        let strategies = list.iter().map(|&name| name.to_owned()).collect();
        Restriction { strategies, ..Restriction::default() }
    }

    fn said(role: Role, asked: &Restriction) -> Vec<String> {
        let plan = plan();
        let asked = Restriction { with_baseline: role == Role::Within, ..asked.clone() };
        notes(&plan, &plan.restrict(&asked).expect("known names"), &asked, role)
    }

    #[test]
    fn nothing_asked_needs_no_note() {
        assert_eq!(said(Role::Alone, &Restriction::default()), Vec::<String>::new());
        assert_eq!(said(Role::Alone, &chosen(&["c", "a", "c"])), Vec::<String>::new());
    }

    #[test]
    fn the_role_decides_what_is_said() {
        let count = |role| said(role, &chosen(&["b"])).len();
        assert_eq!([Role::Alone, Role::Within, Role::New, Role::Old].map(count), [3, 0, 1, 0]);
    }

    #[test]
    fn lost_baseline_and_thresholds_are_told() {
        let notes = said(Role::Alone, &chosen(&["b"]));
        assert!(notes[0].contains("comparing with `b`"), "{notes:?}");
        assert!(notes[1].starts_with("1 threshold of"), "{notes:?}");
        assert!(notes[2].starts_with("1 expectation of"), "{notes:?}");
    }

    #[test]
    fn refusals_say_what_to_do() {
        let refused = |asked: &Restriction| refusal(plan().restrict(asked).expect_err("refused"), &plan());
        let error = refused(&Restriction { baseline: Some("a".to_owned()), ..chosen(&["c", "b"]) });
        assert_eq!(error.message, "the baseline `a` is not among the chosen strategies");
        assert_eq!(error.hints, ["choose it too: --strategy a"]);
        let error = refused(&chosen(&["z"]));
        assert_eq!(error.message, "unknown strategy `z`");
        assert_eq!(error.hints, ["choose from: a, b, c"]);
    }
}
