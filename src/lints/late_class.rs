//! Whether the hosts that a defect can wake on are met too late to learn from. It looks at no alarm.

use super::view::View;
use super::words::{counted, percent};
use crate::diagnostic::Diagnostic;
use crate::ids::RegionId;
use crate::plan::timeline::WaveSchedule;
use crate::scenario::rules;

/// Warns if the hosts that a defect of the catalogue can wake on are first reached in the last wave.
pub(super) fn late_class(view: &View<'_>) -> Option<Diagnostic> {
    let fleet = &view.plan.fleet;
    let waves = view.strategy().waves.len();
    if waves < 2 {
        return None;
    }
    let first_wave = |region: RegionId| {
        let reaches = |times: &WaveSchedule| {
            times.deployments.iter().any(|deployment| view.region_of(deployment.zone) == region)
        };
        view.times.waves.iter().position(reaches)
    };
    view.plan.change.defects.iter().find_map(|defect| {
        let vulnerable: Vec<RegionId> = fleet.regions.ids()
            .filter(|region| defect.regions.as_ref().is_none_or(|regions| regions.contains(region)))
            .filter(|&region| {
                defect.cohort.is_none_or(|cohort| fleet.regions[region].cohort_shares[cohort].num > 0)
            })
            .collect();
        let confined = vulnerable.len() < fleet.regions.len() && vulnerable.len() > 1;
        let late = vulnerable.iter().all(|&region| first_wave(region) == Some(waves - 1));
        if !confined || !late {
            return None;
        }
        let class = match defect.cohort {
            Some(cohort) => format!("hosts of the cohort `{}`", fleet.cohorts[cohort]),
            None => "regions".to_owned(),
        };
        let message = format!(
            "strategy `{}` first meets the {class} that `{}` can wake in only in its last wave: {}, {} of the {}",
            view.strategy().name,
            defect.name,
            counted(vulnerable.len() as u64, "region"),
            percent(view.share_of_regions(&vulnerable)),
            view.share_of_what(),
        );
        Some(view.warning(&rules::LATE_CLASS, message).help("give one of these regions an earlier wave"))
    })
}
