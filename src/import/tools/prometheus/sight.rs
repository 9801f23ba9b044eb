//! What alerts look at, in the words of the model, and of whom there is a series. It reads no expression but for its labels.

use super::query::{Labelled, Promql};
use super::shape::LimitedValue;
use super::words;
use crate::import::draft::Ailment;

pub(super) const WELL: &str = "it fires while all is well";
pub(super) const STRAINED: &str = "what it measures is not in the model: it fires when an instance has the ailment that you give, for so long as it waits";
pub(super) const DOWNED: &str = "it fires when an instance is down as you give it, for so long as it waits";
pub(super) const ERRORED: &str = "how many errors there are of this kind is not in the model: it fires when an instance has the defect that you give";

/// What an alert looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AlertSight {
    /// Failing requests among all.
    Failing {
        /// The share at which it breaches.
        share: ShareLimit,
        /// The windows in milliseconds.
        windows: Vec<u64>,
    },
    /// Slow requests among all.
    Slow {
        /// The share at which it breaches.
        share: ShareLimit,
        /// The window in milliseconds; 0: what is known now.
        window_ms: u64,
    },
    /// So many failing requests in a window.
    Failures {
        /// How many.
        at_least: u64,
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// Fewer requests than this in a window.
    Few {
        /// How many would be enough.
        requests: u64,
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// Fewer requests than there were before.
    Drop {
        /// Below this share of them.
        below: f64,
        /// The window in milliseconds.
        window_ms: u64,
    },
    /// Probes that fail.
    Probes {
        /// The share at which it breaches.
        share: ShareLimit,
        /// The window in milliseconds; 0: the last probe.
        window_ms: u64,
    },
    /// Instances with an ailment.
    Hosts {
        /// The share at which it breaches.
        share: ShareLimit,
        /// What ails them.
        ailment: Ailment,
        /// Milliseconds that it takes until it shows.
        wait_ms: u64,
    },
}

/// A limit on a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShareLimit {
    /// 0 to 1.
    pub limit: f64,
    /// Whether the limit itself breaches.
    pub at_least: bool,
}

/// Of whom there is a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grain {
    /// Of each instance.
    Instance,
    /// Of each zone.
    Zone,
    /// Of each region.
    Region,
    /// Of the service.
    Service,
}

/// What a comparison looks at, and in what that is not quite it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PromReading {
    /// What it looks at.
    pub sight: AlertSight,
    /// Of whom there is a series.
    pub grain: Grain,
    /// What is not as it was, in sentences.
    pub approximated: Vec<String>,
    /// Whether it only keeps another condition from holding without cause: `and traffic > 0`.
    pub is_guard: bool,
}

impl ShareLimit {
    /// Any at all.
    pub(super) const ANY: Self = Self { limit: 0.0, at_least: false };
    /// All of them.
    pub(super) const ALL: Self = Self { limit: 1.0, at_least: true };
}

impl AlertSight {
    /// How well it tells what it is about: of several that must hold together the least is taken.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Failing { .. } => 0,
            Self::Slow { .. } => 1,
            Self::Failures { .. } => 2,
            Self::Drop { .. } | Self::Probes { .. } => 3,
            Self::Hosts { share, .. } if *share != ShareLimit::ANY => 4,
            Self::Hosts { .. } => 5,
            Self::Few { .. } => 6,
        }
    }
}

pub(super) fn exact(sight: AlertSight) -> PromReading {
    PromReading { sight, grain: Grain::Service, approximated: Vec::new(), is_guard: false }
}

pub(super) fn hosts(share: ShareLimit, ailment: Ailment, told: &str) -> PromReading {
    let sight = AlertSight::Hosts { share, ailment, wait_ms: 0 };
    PromReading { approximated: vec![told.to_owned()], ..exact(sight) }
}

/// The labels that the comparison and the outermost aggregations keep.
pub(super) fn labels(compared: &LimitedValue) -> Vec<&String> {
    let mut all: Vec<&String> = compared.kept.iter().filter_map(kept).flatten().collect();
    let mut expr = &compared.core;
    loop {
        match expr {
            Promql::Group { labels, .. } => {
                all.extend(kept(labels).into_iter().flatten());
                return all;
            }
            // Both sides of a ratio keep the same.
            Promql::Binary { left, .. } => expr = left,
            Promql::Call { args, .. } => match args.iter().find(|arg| !arg.series().is_empty()) {
                Some(arg) => expr = arg,
                None => return all,
            },
            Promql::Number(_) | Promql::Text | Promql::Series(_) | Promql::Over { .. } => return all,
        }
    }
}

pub(super) fn kept(labels: &Labelled) -> Option<&Vec<String>> {
    match labels {
        Labelled::By(labels) => Some(labels),
        Labelled::Nothing | Labelled::Without(_) => None,
    }
}

/// The finest of whom an aggregation keeps a series.
pub(super) fn grain(compared: &LimitedValue) -> Option<Grain> {
    let of = |label: &&String| {
        if words::is_instance_label(label) {
            Grain::Instance
        } else if words::is_zone_label(label) {
            Grain::Zone
        } else if words::is_region_label(label) {
            Grain::Region
        } else {
            Grain::Service
        }
    };
    labels(compared).iter().map(of).min()
}

/// A label that tells requests of one service apart.
pub(super) fn other_label(compared: &LimitedValue) -> Option<&String> {
    let known = |label: &str| {
        words::is_instance_label(label)
            || words::is_zone_label(label)
            || words::is_region_label(label)
            || words::is_service_label(label)
    };
    labels(compared).into_iter().find(|label| !known(label))
}
