//! Who may hurry and who must wait: the way into production, the emergency lane and the error budget. Plain data.

use crate::ids::RegionId;
use crate::plan::Ratio;
use crate::random::Distribution;
use serde::Serialize;

/// What a revision does that reaches production while another one is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryPolicy {
    /// It waits its turn for the first wave, behind those that wait already.
    Queued,
    /// It waits for the first wave and takes the place of whatever waits there.
    Superseded,
    /// It stops the newest rollout where it is and begins at the first wave in its place. The hosts
    /// that have the older revision keep it until the newer one arrives there.
    Restart,
}

/// How many revisions may be on their way through the waves at once. Never do two of them climb over the same hosts: a
/// wave is held until the revision has passed every wave that deploys to one of its regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RolloutsAtOnce {
    /// The next one may begin when the one ahead is through all waves, or is back.
    OneAtATime,
    /// The next one follows the one ahead from wave to wave, on other hosts.
    Overlapping,
}

impl RolloutsAtOnce {
    /// By wave, the last wave that a revision passes before another one may begin it: one that deploys to a region of the
    /// wave, for its hosts are those of the wave as well. Given are the regions of each wave.
    #[must_use]
    pub fn held_through(self, regions: &[&[RegionId]]) -> Vec<usize> {
        let shares =
            |wave: usize, later: &usize| regions[*later].iter().any(|region| regions[wave].contains(region));
        let waves = 0..regions.len();
        let through = |wave: usize| match self {
            Self::OneAtATime => regions.len() - 1,
            Self::Overlapping => {
                (wave..regions.len()).rev().find(|later| shares(wave, later)).unwrap_or(wave)
            }
        };
        waves.map(through).collect()
    }
}

/// A lane for changes that cannot wait. A revision is in it while it carries one of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Emergency {
    /// Probability that a change of the source is an emergency; 0 to 1.
    pub share: f64,
    /// Share of each production bake that is kept.
    pub bakes: Ratio,
    /// Time in review; none: as for others.
    pub review: Option<Distribution>,
    /// Probability that review sees a defect, 0 to 1; none: as for others.
    pub review_catches: Option<f64>,
    /// Waves and regions begin outside their windows.
    pub ignores_windows: bool,
    /// What it does that reaches production while another revision is there.
    pub entry: EntryPolicy,
}

/// How much harm is allowed before ordinary changes have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ErrorBudget {
    /// Impaired host-milliseconds that are allowed within the window.
    pub allowed_host_ms: u64,
    /// Length of the rolling window, milliseconds, at least 1.
    pub window_ms: u64,
}
