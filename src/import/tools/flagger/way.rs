//! How a Canary gets its requests: by growing weights, all at once, or those that match.

use super::{bounded, weights};
use crate::import::cursor::Cursor;
use crate::import::provenance::Provenance;

/// Ticks of an analysis without weights, where nothing says how many.
const ITERATIONS: u64 = 10;

/// How a canary gets its requests.
pub(super) struct CanaryWay {
    pub kind: CanaryKind,
    /// `traffic`, or `users` where the same users stay with it.
    pub word: &'static str,
    /// Whether requests are mirrored before customers come.
    pub is_mirrored: bool,
}

/// The kinds of analysis.
pub(super) enum CanaryKind {
    /// More and more of the requests, each weight from its place.
    Weights(Vec<(u64, Provenance)>),
    /// All at once, after so many checks without customers; whether they are routed before the promotion.
    BlueGreen { checks: u64, from: Provenance, is_routed: bool },
    /// Those that match, for so many checks.
    Matching(u64),
}

/// How the Canary of `spec` gets its requests.
pub(super) fn read(spec: &Cursor<'_>, analysis: &Cursor<'_>) -> CanaryWay {
    let is_kubernetes = spec.get("provider").and_then(|provider| provider.text()) == Some("kubernetes");
    let sticky = analysis.get("sessionAffinity");
    if let Some(sticky) = &sticky {
        spec.desk().take_all(sticky.tree());
    }
    let mirror = analysis.get("mirror").and_then(|mirror| mirror.truth()) == Some(true);
    if let (Some(weight), true) = (analysis.get("mirrorWeight"), mirror) {
        weight.approximated(
            "the share of requests that is mirrored is in the number of probes, which is to be given",
        );
    } else {
        analysis.beside_the_point(&["mirrorWeight"]);
    }
    let matches = analysis.get("match").filter(|list| !list.items().is_empty());
    let kind = kind(analysis, is_kubernetes, matches.as_ref());
    let word = if matches!(kind, CanaryKind::Matching(_)) || sticky.is_some() { "users" } else { "traffic" };
    CanaryWay { kind, word, is_mirrored: mirror && !is_kubernetes }
}

fn kind(analysis: &Cursor<'_>, is_kubernetes: bool, matches: Option<&Cursor<'_>>) -> CanaryKind {
    let iterations = analysis.get("iterations").and_then(|cursor| Some((bounded(&cursor)?, cursor)));
    let iterations = iterations.filter(|(number, _)| *number > 0);
    let progressive = ["stepWeight", "stepWeights", "maxWeight"];
    if is_kubernetes {
        analysis.drop_keys(
            &progressive,
            "without a mesh or an ingress Flagger shifts no traffic: it switches once, after its checks",
        );
        if let Some(matches) = matches {
            matches.dropped(
                "without a mesh or an ingress Flagger sends nobody to the new version before the promotion",
            );
        }
        let (checks, from) = match iterations {
            Some((number, cursor)) => (number, cursor.provenance()),
            None => (ITERATIONS, Provenance::implied("Flagger's default without a mesh")),
        };
        return CanaryKind::BlueGreen { checks, from, is_routed: false };
    }
    if let Some((checks, cursor)) = iterations {
        analysis.drop_keys(&progressive, "`iterations` takes their place: Flagger shifts no weights then");
        let from = cursor.provenance();
        let Some(matches) = matches else { return CanaryKind::BlueGreen { checks, from, is_routed: true } };
        matches
            .approximated("who matches goes to the new version, and nobody else: how many do is to be given");
        analysis.desk().by_hand("users", "which share of users matches the rules of the A/B test");
        return CanaryKind::Matching(checks);
    }
    if let Some(matches) = matches {
        matches.dropped("without `iterations` Flagger goes by weights, whoever asks");
    }
    CanaryKind::Weights(climbed(analysis))
}

/// The weights, each with its place.
fn climbed(analysis: &Cursor<'_>) -> Vec<(u64, Provenance)> {
    let listed: Vec<(u64, Cursor<'_>)> =
        analysis.list("stepWeights").into_iter().filter_map(|item| Some((bounded(&item)?, item))).collect();
    let list: Vec<u64> = listed.iter().map(|(weight, _)| *weight).collect();
    let most = analysis.get("maxWeight");
    let step = analysis.get("stepWeight").and_then(|step| Some((bounded(&step)?, step)));
    if let Some((step, place)) = step.filter(|(step, _)| *step > 0) {
        let most_weight = match (list.last(), &most) {
            (Some(last), _) => *last,
            (None, Some(most)) => bounded(most).filter(|most| *most > 0).unwrap_or(100),
            (None, None) => 100,
        };
        if let (Some(place), true) = (&most, most_weight > 100) {
            place.error("Flagger never gets to more than 100 %, so it never promotes");
        }
        let mut from = place.provenance();
        if let (Some(most), true) = (&most, list.is_empty()) {
            from = from.and(&most.provenance());
        }
        return weights::even(step, most_weight).into_iter().map(|weight| (weight, from.clone())).collect();
    }
    if let (Some(most), false) = (most, list.is_empty()) {
        most.dropped("beside `stepWeights` Flagger takes the last of them as the most");
    }
    match weights::listed(&list) {
        Ok(weights) => {
            let place =
                |index: usize| listed.get(index).map_or(Provenance::Plain, |(_, item)| item.provenance());
            weights.into_iter().map(|(weight, index)| (weight, place(index))).collect()
        }
        Err((weight, index)) => {
            let place = listed.get(index).map_or(analysis, |(_, item)| item);
            place.error(if list.is_empty() {
                "without `stepWeight`, `stepWeights` or `iterations` Flagger never goes on".to_owned()
            } else {
                format!("Flagger gets no further than {weight} % here: weights have to grow")
            });
            Vec::new()
        }
    }
}
