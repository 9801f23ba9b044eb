//! Pictures of a scenario with other values in it: a grid of two settings, and what each of several settings changes.

use crate::cli::error::CliError;
use crate::cli::input::ScenarioSource;
use crate::cli::names;
use crate::cli::progress::Bar;
use crate::outcome::measures::{self, Measure};
use crate::plan::study::Statistic;
use crate::plan::{Plan, Restriction, Trials};
use crate::report::chart::heat::{self, HeatGrid};
use crate::report::chart::tornado::{self, Tornado, TornadoRow};
use crate::report::chart::{self, Picture};
use crate::scenario::ValueSetting;
use crate::study::sweep::{SweptPlan, SweptValue, swept};

/// Most values on one side of a grid, and most settings of a tornado.
const MOST_VALUES: usize = 12;

/// Which values are set.
#[derive(Debug, clap::Args)]
pub struct SettingArgs {
    /// Set the value at this path to each of these, from column to column of a heat map
    #[arg(long, value_name = "PATH=VALUE,...", value_parser = path_and_values)]
    across: Option<PathValues>,
    /// Set the value at this path to each of these, from row to row of a heat map
    #[arg(long, value_name = "PATH=VALUE,...", value_parser = path_and_values)]
    down: Option<PathValues>,
    /// Set the value at this path to a low one and to a high one, for a tornado (repeatable)
    #[arg(long, value_name = "PATH=LOW,HIGH", value_parser = path_and_values)]
    vary: Vec<PathValues>,
    /// Draw this statistic of this measure, as in "p99 failed_requests" [default: the mean harm of a bad change]
    #[arg(long, value_name = "STATISTIC MEASURE")]
    of: Option<String>,
}

/// A path with the values to set there, each as it was said and as TOML.
#[derive(Debug, Clone, PartialEq)]
struct PathValues {
    path: String,
    values: Vec<(String, ValueSetting)>,
}

/// Reads `PATH=VALUE,...`: what is no TOML by itself is a text.
fn path_and_values(text: &str) -> Result<PathValues, String> {
    let help = "write a path and its values, as in strategy.careful.wave.small.bake=15m,30m,1h";
    let (path, values) = text.split_once('=').ok_or(help)?;
    let value = |said: &str| {
        let said = said.trim();
        let quoted = || ValueSetting::of_toml(path, &toml_text(said));
        let setting = ValueSetting::of_toml(path, said).or_else(quoted).filter(|_| !said.is_empty());
        setting.map(|setting| (said.to_owned(), setting)).ok_or(help)
    };
    let values: Vec<_> = values.split(',').map(value).collect::<Result<_, _>>()?;
    match values.len() {
        0..=MOST_VALUES => Ok(PathValues { path: path.trim().to_owned(), values }),
        _ => Err(format!("write at most {MOST_VALUES} values")),
    }
}

/// A TOML string.
fn toml_text(said: &str) -> String {
    format!("\"{}\"", said.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The scenario whose values are set, and what is asked of each version of it.
pub struct Versions<'a> {
    pub args: &'a SettingArgs,
    pub source: &'a ScenarioSource<'a>,
    pub asked: &'a Restriction,
    pub bar: &'a Bar,
}

impl Versions<'_> {
    /// The heat map of two settings, of the strategy with this index.
    ///
    /// # Errors
    /// When settings are missing or lead nowhere, the measure is unknown, or the user interrupts.
    pub fn heat(&self, plan: &Plan, strategy: usize) -> Result<Picture, CliError> {
        let strategy = plan.strategies[strategy].name.as_str();
        let (Some(across), Some(down)) = (&self.args.across, &self.args.down) else {
            return Err(CliError::invalid("a heat map needs two settings")
                .hint("add --across and --down, each as in strategy.careful.wave.small.bake=15m,30m,1h"));
        };
        let settings =
            |row: &(String, ValueSetting), column: &(String, ValueSetting)| [row.1.clone(), column.1.clone()];
        let mut plans = Vec::new();
        for row in &down.values {
            for column in &across.values {
                plans.push(self.version(&settings(row, column))?);
            }
        }
        let (measure, statistic) = self.measured(plan)?;
        let values = self.values(&plans, strategy, (measure, statistic))?;
        let said =
            |of: &PathValues| (of.path.clone(), of.values.iter().map(|(said, _)| said.clone()).collect());
        Ok(heat::picture(&HeatGrid {
            measure,
            statistic,
            strategy: strategy.to_owned(),
            across: said(across),
            down: said(down),
            cells: values.chunks(across.values.len()).map(<[_]>::to_vec).collect(),
            provenance: provenance(plan, &values),
        }))
    }

    /// The tornado of all settings that vary, of the strategy with this index.
    ///
    /// # Errors
    /// As [`Versions::heat`].
    pub fn tornado(&self, plan: &Plan, strategy: usize) -> Result<Picture, CliError> {
        let strategy = plan.strategies[strategy].name.as_str();
        let vary = &self.args.vary;
        if vary.is_empty() || vary.len() > MOST_VALUES || vary.iter().any(|of| of.values.len() != 2) {
            return Err(CliError::invalid(format!(
                "a tornado needs 1 to {MOST_VALUES} settings, each with two values"
            ))
            .hint("add --vary, as in change.bad-probability=5%,40%"));
        }
        let mut plans = vec![Some(plan.clone())];
        for (_, setting) in vary.iter().flat_map(|of| &of.values) {
            plans.push(self.version(std::slice::from_ref(setting))?);
        }
        let (measure, statistic) = self.measured(plan)?;
        let values = self.values(&plans, strategy, (measure, statistic))?;
        let varied = vary.iter().zip(values[1..].chunks(2)).map(|(of, value)| TornadoRow {
            path: of.path.clone(),
            written: String::new(),
            low: (of.values[0].0.clone(), value[0]),
            high: (of.values[1].0.clone(), value[1]),
        });
        Ok(tornado::picture(&Tornado {
            measure,
            statistic,
            strategy: strategy.to_owned(),
            base: values[0],
            varied: varied.collect(),
            provenance: provenance(plan, &values),
        }))
    }

    /// The plan with these values; none where that is no valid scenario.
    fn version(&self, settings: &[ValueSetting]) -> Result<Option<Plan>, CliError> {
        let loaded = self.source.load(settings);
        if let Some((setting, _)) = settings.iter().zip(&loaded.set).find(|(_, set)| set.is_none()) {
            return Err(CliError::invalid(format!("the scenario has no value at `{}`", setting.path)).hint(
                "a path is keys joined by dots, with entries of lists by name or number from 1, as in \
                 strategy.careful.wave.1.bake; only what is written can be set",
            ));
        }
        let restricted = loaded.plan.map(|plan| plan.restrict(self.asked));
        restricted.transpose().map_err(|error| CliError::invalid(error.to_string()))
    }

    fn values(
        &self,
        plans: &[Option<Plan>],
        strategy: &str,
        (measure, statistic): (&'static Measure, Statistic),
    ) -> Result<Vec<Option<SweptValue>>, CliError> {
        let of = |plan| Some(SweptPlan { plan, strategy: names_of(plan).position(|name| name == strategy)? });
        let versions: Vec<Option<SweptPlan>> = plans.iter().map(|plan| of(plan.as_ref()?)).collect();
        let valid: Vec<SweptPlan> = versions.iter().flatten().copied().collect();
        let trials = match self.asked.trials {
            Some(Trials::Exactly(trials)) => Some(trials),
            _ => None,
        };
        let mut found = swept(&valid, measure, statistic, trials, self.bar)?.into_iter();
        Ok(versions.iter().map(|version| version.and_then(|_| found.next())).collect())
    }

    /// What is drawn, of what.
    fn measured(&self, plan: &Plan) -> Result<(&'static Measure, Statistic), CliError> {
        let Some(words) = &self.args.of else {
            let has_traffic = plan.fleet.requests_per_second() > 0.0;
            let harm = if has_traffic { &measures::FAILED_REQUESTS } else { &measures::IMPAIRED_HOST_MS };
            return Ok((harm, Statistic::Mean));
        };
        let (first, rest) = words.trim().split_once(' ').unwrap_or((words.trim(), ""));
        let known = Statistic::ALL.into_iter().find(|statistic| statistic.name() == first);
        let (statistic, name) =
            known.map_or((Statistic::Mean, words.trim()), |statistic| (statistic, rest.trim()));
        let measure = measures::find_words(name).ok_or_else(|| {
            let known: Vec<&str> = measures::all().map(|measure| measure.name).collect();
            names::find("measure", name, &known).expect_err("invariant: it was not found")
        })?;
        Ok((measure, statistic))
    }
}

/// Where the numbers of all versions come from.
fn provenance(plan: &Plan, values: &[Option<SweptValue>]) -> String {
    chart::of_versions(plan, values.iter().flatten().map(|value| value.trials).max().unwrap_or(0))
}

fn names_of(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.strategies.iter().map(|strategy| strategy.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_toml_is_a_text() {
        let read = path_and_values("a.b=15m, 2,\"x\"").expect("well said");
        let toml = |text: &str| ValueSetting::of_toml("a.b", text).expect("TOML");
        assert_eq!(read.path, "a.b");
        let settings: Vec<ValueSetting> = read.values.into_iter().map(|(_, setting)| setting).collect();
        assert_eq!(settings, [toml("\"15m\""), toml("2"), toml("\"x\"")]);
        for text in ["a.b", "a=", "a=1,,2", "a=1,2,3,4,5,6,7,8,9,10,11,12,13"] {
            path_and_values(text).expect_err(text);
        }
    }
}
