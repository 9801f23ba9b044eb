//! The change under test: how often it is bad, and how a bad one behaves.

use super::HostShare;
use crate::random::Distribution;
use serde::Serialize;

/// The change that every trial rolls out.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Probability that the change carries a defect.
    pub bad_probability: f64,
    /// Time one host takes to move to the new version.
    pub deploy_time: Distribution,
    /// Time one host takes to move back.
    pub rollback_time: Distribution,
    /// What a bad change may carry; exactly one is drawn, by weight.
    pub defects: Vec<Defect>,
}

/// One entry of the defect catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct Defect {
    /// Unique name.
    pub name: String,
    /// Probability of this entry given a bad change; the catalogue's sum to 1.
    pub probability: f64,
    /// What the onset delay counts from.
    pub clock: DefectClock,
    /// Delay from exposure to impairment.
    pub onset: Distribution,
    /// Hosts of each zone that can be impaired at all, drawn at random without replacement.
    pub reach: HostShare,
    /// Share of its requests that an impaired host fails, on top of the background.
    pub error_ratio: f64,
}

/// The two fault clocks, which prefer opposite plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefectClock {
    /// Exposure hazard: each host runs its own delay from the end of its own deployment.
    Host,
    /// Latent clock: one delay for the whole change, from the first exposed host. When it ends every
    /// exposed host is impaired at once, and each later one as soon as it is deployed.
    Change,
}
