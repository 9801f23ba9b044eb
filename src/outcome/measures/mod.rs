//! The registry of measures: one list for rollouts, one for pipelines, one for the lanes of a pipeline. CSV columns,
//! summaries, limits, guards, expectations, precision and reports share it.
//!
//! A new measure is one entry of [`mod@rollout`] or [`mod@pipeline`]; everything else follows. Code names a measure by its
//! constant; texts of users are looked up here and nowhere else.

#[macro_use]
mod measure;
pub mod pipeline;
pub mod rollout;

pub use measure::{Better, LaneOutcome, Measure, Measured, Population, ReadFrom, Subject, Unit, Urgency};
pub use pipeline::*;
pub use rollout::*;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Every measure that a scenario may name: of rollouts, then of pipelines.
pub fn all() -> impl Iterator<Item = &'static Measure> + Clone {
    of(Subject::Rollout).chain(of(Subject::Pipeline))
}

/// Every measure of a subject, in report order.
pub fn of(subject: Subject) -> impl Iterator<Item = &'static Measure> + Clone {
    let lists: [&[&Measure]; 3] = match subject {
        Subject::Rollout => [ROLLOUT, CUSTOMERS, &[]],
        Subject::Pipeline => [PIPELINE, TWO_PHASE, PEOPLE],
        Subject::Lane => [LANE, &[], &[]],
    };
    lists.into_iter().flatten().copied()
}

/// The measures that rollouts over a fleet have something to say of, in report order.
pub fn of_rollouts(has_customers: bool) -> impl Iterator<Item = &'static Measure> + Clone {
    let customers = if has_customers { CUSTOMERS } else { &[] };
    ROLLOUT.iter().chain(customers).copied()
}

/// The measures that a pipeline has something to say of, in report order: whether it has changes in two halves, and says
/// whom it keeps busy.
pub fn of_pipelines(
    has_two_phase: bool,
    counts_people: bool,
) -> impl Iterator<Item = &'static Measure> + Clone {
    let two_phase = if has_two_phase { TWO_PHASE } else { &[] };
    let people = if counts_people { PEOPLE } else { &[] };
    PIPELINE.iter().chain(two_phase).chain(people).copied()
}

/// Whether a measure has something to say only of a fleet with customers.
#[must_use]
pub fn is_of_customers(measure: &Measure) -> bool {
    CUSTOMERS.contains(&measure)
}

/// Finds a measure by its name or its title, however they are spaced: `impaired_host_ms`, `impaired host
/// time`, and `blast radius`, which is the same.
#[must_use]
pub fn find_words(words: &str) -> Option<&'static Measure> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '%'], "");
    let wanted = plain(words);
    if wanted == "blastradius" {
        return Some(&IMPAIRED_HOST_MS);
    }
    all().find(|measure| {
        let name = measure.name.trim_end_matches("_ms").trim_end_matches("_ppm");
        [measure.name, measure.title, name].into_iter().any(|known| plain(known) == wanted)
    })
}

/// The measure that a document names. Where a lane and a pipeline have one of a name, it is the pipeline's.
impl<'de> Deserialize<'de> for &'static Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = all().chain(of(Subject::Lane)).find(|measure| measure.name == name);
        known.ok_or_else(|| Error::custom(format_args!("there is no measure `{name}`")))
    }
}

/// Finds a measure by the name that a user wrote.
#[must_use]
pub fn find(name: &str) -> Option<&'static Measure> {
    all().find(|measure| measure.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_need_not_know_the_exact_name() {
        for words in ["blast radius", "impaired_host_ms", "impaired host-time", "Impaired Host"] {
            assert_eq!(find_words(words), Some(&IMPAIRED_HOST_MS), "{words}");
        }
        assert_eq!(find_words("time to 100 %"), Some(&TIME_TO_100_MS));
        assert_eq!(find_words("isolation violated"), Some(&ISOLATION_VIOLATED));
        assert_eq!(find_words("lead time p50"), Some(&LEAD_TIME_P50_MS));
        assert!(find_words("happiness").is_none());
    }

    #[test]
    fn no_two_measures_answer_to_one_name() {
        for measure in all() {
            assert_eq!(find_words(measure.name), Some(measure));
            assert_eq!(find_words(measure.title), Some(measure));
        }
    }

    #[test]
    fn constants_are_called_as_users_call_them_and_every_list_is_of_its_subject() {
        assert_eq!((IMPAIRED_HOST_MS.name, CHANGE_FAIL_RATE.name), ("impaired_host_ms", "change_fail_rate"));
        for subject in [Subject::Rollout, Subject::Pipeline, Subject::Lane] {
            assert!(of(subject).all(|measure| measure.subject() == subject));
        }
    }
}
