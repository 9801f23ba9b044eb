//! The scenario language: from the text a user wrote to a [`Plan`].
//!
//! Text -> document tree with spans -> `*Spec` (as written, no defaults) -> resolve (the only step that
//! judges) -> [`Plan`]. Every phase goes on after a problem, so that one run reports all of them; a value
//! that was reported is marked as broken, so that nothing is reported twice. It must not simulate.

mod allow;
mod claims;
mod extend;
mod files;
mod in_plan;
mod include;
pub mod knobs;
mod places;
mod problems;
mod reader;
mod resolve;
pub mod rules;
mod schema;
pub mod setting;
mod spec;
mod suggest;
mod table;
mod timezone;
mod value;
mod words;

pub use allow::Allow;
pub use files::Reach;
pub use places::Places;
pub use problems::Problems;
pub use schema::schema;
pub use setting::{NewValue, ValueSetting};
pub use spec::MAX_TRIALS;
pub use suggest::closest;
pub use value::{Duration, PrecisionText, Seed};

use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::{Claims, Plan};
use claims::Ground;
use files::{Files, text_of};
use include::Loader;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A scenario that was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The plan; none if there is an error among the diagnostics.
    pub plan: Option<Plan>,
    /// Every problem that was found, warnings too, with the texts of the scenario and its includes.
    pub problems: Problems,
    /// Where the parts of the plan were written, for problems that are found later.
    pub places: Places,
    /// The warnings that the scenario accepts, for problems that are found later.
    pub allows: Vec<Allow>,
    /// What is claimed of it; none where there is no plan.
    pub claims: Option<Claims>,
    /// What stands now at the place of each of the settings that it was read with, in TOML, in it or in one of its variants;
    /// none where nothing is written there.
    pub set: Vec<Option<String>>,
}

impl Loaded {
    /// Adds what was found when the plan was looked at, but for what the scenario accepts, and a warning for each
    /// acceptance that accepts nothing.
    pub fn extend(&mut self, found: Vec<Diagnostic>) {
        self.problems.extend(found);
        allow::apply(&self.allows, &mut self.problems);
        let idle = allow::idle(&self.allows, &self.problems);
        self.problems.extend(idle);
    }

    /// The plan alone.
    ///
    /// # Errors
    /// Everything that was found, if there is an error among it.
    pub fn into_plan(self) -> Result<Plan, Problems> {
        self.plan.ok_or(self.problems)
    }
}

impl Plan {
    /// Reads the scenario file at `path` and the files it includes. Warnings are dropped: [`load`] gives them too, and
    /// [`crate::lints::look_ahead`] those about a plan that is valid and will surprise its author.
    ///
    /// # Errors
    /// Every problem of the scenario at once, if one of them is an error. A file that cannot be read is a problem, too.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Problems> {
        load(path.as_ref()).into_plan()
    }

    /// Reads a scenario from `text`; `name` stands for its file in messages, and for its name if it has none. It cannot
    /// include files: [`load_with`] reads those from wherever they are.
    ///
    /// # Errors
    /// As [`Plan::load`].
    pub fn parse(name: &str, text: &str) -> Result<Self, Problems> {
        load_str(name, text).into_plan()
    }
}

/// Reads a scenario file and the files it includes, which are in its folder or its repository. A file that cannot be read
/// is a diagnostic, too.
#[must_use]
pub fn load(path: &Path) -> Loaded {
    load_reaching(path, Reach::Inside)
}

/// As [`load`], with files from as far as the caller trusts the scenario.
#[must_use]
pub fn load_reaching(path: &Path, reach: Reach) -> Loaded {
    load_set(path, TextsFrom::Disk(reach), &[])
}

/// Reads a scenario from text; `name` stands for its file. It cannot include files.
#[must_use]
pub fn load_str(name: &str, text: &str) -> Loaded {
    load_set(Path::new(name), TextsFrom::Text(text), &[])
}

/// Reads the scenario `root` and its includes from `texts`, which stand for the files of these paths.
/// What [`crate::diagnostic::Sources::texts`] gives leads to the same plan as the files did. Its claims are left aside, and
/// with them the variants, which may be other files.
#[must_use]
pub fn load_texts(root: &Path, texts: &[(PathBuf, String)]) -> Loaded {
    let read = |path: &Path| text_of(texts, path, || io::ErrorKind::NotFound.into());
    load_from(root, &Files::Given(&read), &[], With::Nothing)
}

/// Reads a scenario and its includes through `read`, from wherever it gets them. It is asked for the
/// path as given, and for includes relative to it, without `a/..`. The text of its errors is shown
/// unless their kind says it all.
#[must_use]
pub fn load_with(path: &Path, read: &dyn Fn(&Path) -> io::Result<Vec<u8>>) -> Loaded {
    load_set(path, TextsFrom::Given(read), &[])
}

/// Where the files of a scenario come from.
#[derive(Clone, Copy)]
pub enum TextsFrom<'a> {
    /// The disk, as far as the scenario is trusted.
    Disk(Reach),
    /// This text alone.
    Text(&'a str),
    /// This text in place of the file's own, as of an editor that has not saved it, and what it names from the disk.
    Edited(&'a str, Reach),
    /// Whatever a function reads, as for [`load_with`].
    Given(&'a dyn Fn(&Path) -> io::Result<Vec<u8>>),
}

/// Reads the scenario at `path` with other values in it, and in its variants, than are written there. A setting that finds
/// no place is no problem of the scenario: [`Loaded::set`] tells.
#[must_use]
pub fn load_set(path: &Path, origin: TextsFrom<'_>, settings: &[ValueSetting]) -> Loaded {
    match origin {
        TextsFrom::Disk(reach) => load_from(path, &Files::of(path, reach), settings, With::Claims),
        TextsFrom::Given(read) => load_from(path, &Files::Given(read), settings, With::Claims),
        TextsFrom::Edited(text, reach) => {
            load_from(path, &Files::Edited(text, files::root_of(path, reach)), settings, With::Claims)
        }
        TextsFrom::Text(text) => {
            let texts = [(path.to_owned(), text.to_owned())];
            // That another one is not there is no mistake of the scenario.
            let alone = "text that is not in a file cannot include files";
            let missing = || io::Error::new(io::ErrorKind::Unsupported, alone);
            let read = |path: &Path| text_of(&texts, path, missing);
            load_from(path, &Files::Given(&read), settings, With::Claims)
        }
    }
}

/// What is read beside the plan.
#[derive(PartialEq, Eq)]
enum With {
    /// Claims, and the variants that they are about.
    Claims,
    /// Nothing.
    Nothing,
}

fn load_from(path: &Path, files: &Files<'_>, settings: &[ValueSetting], with: With) -> Loaded {
    let mut loader = Loader::new(files, settings);
    let spec = loader.load_root(path);
    let Loader { mut problems, sources, sound, mut set, .. } = loader;
    let stem = claims::stem(path);
    let mut claims = None;
    let (plan, places, allows) = match spec {
        // A tree that was repaired after a syntax error would only cause follow-up problems.
        Some(spec) if sound => {
            let (plan, places, allows) = resolve::resolve(&spec, &stem, &mut problems);
            if with == With::Claims {
                let sound = !problems.has_errors();
                let ground = Ground { path, files, settings, spec: &spec, plan: &plan, sound };
                let (found, set_there) = claims::resolve(&ground, &mut problems);
                set.iter_mut().zip(set_there).for_each(|(set, there)| *set = set.take().or(there));
                claims = Some(found);
            }
            (Some(plan), places, allows)
        }
        _ => (None, Places::default(), Vec::new()),
    };
    let is_sound = !problems.has_errors();
    let (plan, claims) = (plan.filter(|_| is_sound), claims.filter(|_| is_sound));
    if problems.has_errors() {
        // What is doubtful about a broken file is said once it can be read as it was meant.
        problems.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    allow::apply(&allows, &mut problems);
    Loaded { plan, problems: problems.of(sources), places, allows, claims, set }
}

/// Where the last name is written of those that `[study]` of the scenario `text` lists as `strategies`; none where it lists
/// none itself.
#[must_use]
pub fn listed_strategies(text: &str) -> Option<Range<usize>> {
    let table = toml::de::DeTable::parse(text).ok()?;
    let study = table.get_ref().get("study")?.get_ref().as_table()?;
    let names = study.get("strategies")?.get_ref().as_array()?;
    names.iter().last().map(toml::Spanned::span)
}

/// The share that a percentage such as `5%` stands for; none if the text is none.
#[must_use]
pub fn percentage(text: &str) -> Option<f64> {
    value::Percent::parse(text).map(crate::plan::Ratio::as_f64)
}

#[cfg(test)]
mod tests {
    // Tests of what scenarios mean, on texts: defaults, inheritance, includes, selection.

    use super::*;
    use crate::ids::{AlarmId, RegionId, ZoneId};
    use crate::plan::{Concurrency, HostShare, Ratio, RollbackScope, Scope, Watch};
    use crate::random::Distribution;

    const REGIONS: &str = r#"
[[fleet.region]]
name = "small"
hosts-per-zone = 4
requests-per-second = 10
labels = ["canary", "cheap"]

[[fleet.region]]
name = "large"
zones = 2
hosts-per-zone = 50
requests-per-second = 1000

[[fleet.region]]
name = "middle"
hosts-per-zone = [10]
requests-per-second = 100
labels = ["cheap"]
"#;

    fn load_text(text: &str) -> Loaded {
        load_str("dir/case.toml", text)
    }

    fn rendered(loaded: &Loaded) -> String {
        loaded.problems.to_string()
    }

    fn plan(text: &str) -> Plan {
        let loaded = load_text(text);
        let problems = rendered(&loaded);
        loaded.plan.unwrap_or_else(|| panic!("{problems}"))
    }

    fn rule_ids(text: &str) -> Vec<&'static str> {
        load_text(text).problems.list().iter().map(|diagnostic| diagnostic.rule.id).collect()
    }

    /// Regions of each wave by name.
    fn waves(text: &str) -> Vec<Vec<String>> {
        let plan = plan(&format!("{REGIONS}\n[[strategy]]\nname = \"s\"\nwave = [{text}]\n"));
        let names = |wave: &crate::plan::Wave| {
            wave.regions.iter().map(|&r| plan.fleet.regions[r].name.clone()).collect()
        };
        plan.strategies[0].waves.iter().map(names).collect()
    }

    /// Loads the first of these files, which only exist in the test.
    fn load_files(files: &[(&str, &str)]) -> Loaded {
        let texts: Vec<(PathBuf, String)> =
            files.iter().map(|(name, text)| (PathBuf::from(name), (*text).to_owned())).collect();
        load_texts(Path::new(files[0].0), &texts)
    }

    #[test]
    fn a_minimal_scenario_gets_the_documented_defaults() {
        let plan = plan(
            "[[fleet.region]]\nname = \"only\"\nhosts-per-zone = 3\n[[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\" }]",
        );
        assert_eq!(
            (plan.name.as_str(), plan.description.as_str(), plan.fleet.name.as_str()),
            ("case", "", "fleet")
        );
        assert_eq!((plan.study.trials, plan.study.seed, plan.study.baseline), (1_000, 0, 0));
        assert_eq!(
            (plan.study.start_utc_ms, plan.study.start_spread_ms, plan.study.observe_after_ms),
            (0, 0, 0)
        );
        assert_eq!(plan.change.bad_probability, 0.0);
        assert_eq!(plan.change.rollback_time, Distribution::Fixed { ms: 0 });
        assert_eq!(plan.fleet.zone_name(ZoneId::new(0)), "only/a");
        assert_eq!(plan.fleet.zones[ZoneId::new(0)].entity, crate::random::stable_hash(b"only/a"));
        assert_eq!(plan.fleet.regions[RegionId::new(0)].hourly_factor, [1.0; 24]);
        let strategy = &plan.strategies[0];
        assert_eq!(strategy.rollback.scope, RollbackScope::Everything);
        assert_eq!(strategy.rollback.batch, HostShare::ALL);
        let wave = &strategy.waves[0];
        assert_eq!(
            (wave.name.as_str(), wave.hosts, wave.regions_at_once, wave.bake_ms),
            ("wave 1", HostShare::ALL, Concurrency::ONE, 0)
        );
        assert!(wave.procedure.one_box.is_none());
        assert_eq!((wave.procedure.batch, wave.procedure.zones_at_once), (HostShare::ALL, Concurrency::ONE));
    }

    #[test]
    fn an_alarm_gets_the_documented_defaults() {
        let text = "\n[[defect]]\nname = \"d\"\n[[alarm]]\nname = \"a\"\nscope = \"service\"\nerror-ratio = { above = \"0.1%\" }\n";
        let plan =
            plan(&format!("{REGIONS}{text}[[strategy]]\nname = \"s\"\nwave = [{{ regions = \"all\" }}]"));
        assert_eq!(plan.change.bad_probability, 1.0, "with a defect changes are bad");
        let alarm = &plan.alarms[AlarmId::new(0)];
        assert_eq!((alarm.scope, alarm.watch, alarm.period_ms), (Scope::Service, Watch::Wave, 60_000));
        assert_eq!((alarm.datapoints_to_alarm, alarm.window, alarm.publish_delay_ms), (1, 1, 0));
        let crate::plan::Signal::ErrorRatio { threshold, min_requests, .. } = alarm.signal else { panic!() };
        assert_eq!((threshold, min_requests), (Ratio { num: 1, den: 1_000 }, 1));
    }

    #[test]
    fn waves_select_by_name_label_order_count_and_rest() {
        assert_eq!(
            waves(r#"{ regions = ["large", "small"] }, { regions = "rest" }"#),
            [vec!["large", "small"], vec!["middle"]]
        );
        assert_eq!(
            waves(r#"{ regions = { label = "cheap", order = "high-traffic-first" } }, { regions = "rest" }"#),
            [vec!["middle", "small"], vec!["large"]]
        );
        assert_eq!(
            waves(r#"{ regions = { order = "low-traffic-first", count = 2 } }, { regions = "rest" }"#),
            [vec!["small", "middle"], vec!["large"]]
        );
        // 70 % of 3 are 2, 10 % of the one that is left are still 1.
        assert_eq!(
            waves(r#"{ regions = { percent = "70%" } }, { regions = { percent = "10%" } }"#),
            [vec!["small", "large"], vec!["middle"]]
        );
        assert_eq!(waves(r#"{ regions = "all", hosts = "1%" }, { regions = "all" }"#)[0].len(), 3);
    }

    #[test]
    fn shares_that_round_to_the_same_hosts_are_no_mistake_but_equal_ones_are() {
        let with =
            |waves: &str| rule_ids(&format!("{REGIONS}\n[[strategy]]\nname = \"s\"\nwave = [{waves}]\n"));
        let all = |hosts: &str| format!("{{ regions = \"all\", hosts = {hosts} }}");
        let waves = |hosts: [&str; 3]| with(&hosts.map(all).join(", "));
        // In zones of 4 and 10 hosts 1 % and 5 % are both 1 host, in zones of 50 they are 1 and 3.
        assert_eq!(waves([r#""1%""#, r#""5%""#, r#""100%""#]), Vec::<&str>::new());
        assert_eq!(waves([r#""5%""#, r#""5%""#, r#""100%""#]), ["WT035"]);
        assert_eq!(waves([r#""1%""#, r#""2%""#, r#""100%""#]), ["WT058"], "1 host everywhere");
        assert_eq!(waves(["2", r#""10%""#, r#""100%""#]), ["WT035"], "1 host of 4 is a step back");
        assert_eq!(waves(["1", "5", r#""100%""#]), Vec::<&str>::new(), "5 of 4 hosts are all");
    }

    #[test]
    fn extending_inherits_keys_and_merges_one_box_and_rollback() {
        let plan = plan(&format!(
            r#"{REGIONS}
[[strategy]]
name = "grandchild"
extends = "child"
patch = [{{ wave = "first", bake = "3h", one-box = {{ hosts = 9 }} }}]
[[strategy]]
name = "child"
extends = "parent"
one-box = {{ bake = "2h" }}
rollback = {{ batch = 7 }}
zone-bake = "20m"
[[strategy]]
name = "parent"
template = true
source = "somewhere"
one-box = {{ hosts = 2, bake = "1h" }}
rollback = {{ scope = "wave", reaction-delay = "1m" }}
batch = "50%"
zone-bake = "10m"
wave = [{{ name = "first", regions = ["small"], bake = "1h" }}, {{ regions = "rest", one-box = "none" }}]
"#
        ));
        let names: Vec<&str> = plan.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
        assert_eq!(names, ["grandchild", "child"], "in order of definition, without the template");
        let [grandchild, child] = plan.strategies.as_slice() else { panic!() };
        assert_eq!(child.source, "somewhere");
        assert_eq!((child.rollback.scope, child.rollback.batch), (RollbackScope::Wave, HostShare::Count(7)));
        assert_eq!(child.rollback.reaction_delay_ms, 60_000);
        let one_box = child.waves[0].procedure.one_box.as_ref().unwrap();
        assert_eq!((one_box.hosts, one_box.bake_ms), (HostShare::Count(2), 7_200_000));
        assert!(child.waves[1].procedure.one_box.is_none(), "the wave says none");
        assert_eq!(child.waves[0].procedure.zone_bake_ms, 1_200_000);
        assert_eq!(child.waves[0].bake_ms, 3_600_000);
        assert_eq!(grandchild.waves[0].bake_ms, 10_800_000);
        let one_box = grandchild.waves[0].procedure.one_box.as_ref().unwrap();
        assert_eq!(
            (one_box.hosts, one_box.bake_ms),
            (HostShare::Count(9), 7_200_000),
            "the patch merges key by key"
        );
    }

    #[test]
    fn long_chains_of_strategies_do_not_exhaust_the_stack() {
        let mut text = String::from(REGIONS);
        for index in 0..2_000 {
            text.push_str(&format!("[[strategy]]\nname = \"s{index}\"\nextends = \"s{}\"\n", index + 1));
        }
        text.push_str("[[strategy]]\nname = \"s2000\"\nwave = [{ regions = \"all\" }]\n");
        assert_eq!(plan(&text).strategies.len(), 2_001);
    }

    #[test]
    fn own_waves_replace_inherited_ones() {
        let plan = plan(&format!(
            "{REGIONS}\n[[strategy]]\nname = \"a\"\nwave = [{{ regions = [\"small\"] }}, {{ regions = \"rest\" }}]\n\
         [[strategy]]\nname = \"b\"\nextends = \"a\"\nwave = [{{ regions = \"all\" }}]\n"
        ));
        assert_eq!(plan.strategies[1].waves.len(), 1);
    }

    #[test]
    fn includes_come_first_and_give_way() {
        let files = [
            (
                "dir/main.toml",
                "include = [\"parts/a.toml\", \"parts/b.toml\"]\n[study]\nseed = 2\n[[strategy]]\nname = \"own\"\nextends = \"b\"\n",
            ),
            (
                "dir/parts/a.toml",
                "name = \"ignored\"\n[study]\nseed = 1\ntrials = 5\n[[fleet.region]]\nname = \"r1\"\nhosts-per-zone = 1\n",
            ),
            (
                "dir/parts/b.toml",
                "include = [\"a.toml\", \"../c.toml\"]\n[[strategy]]\nname = \"b\"\nwave = [{ regions = \"all\" }]\n",
            ),
            (
                "dir/c.toml",
                "[study]\ntrials = 7\n[fleet]\nname = \"c\"\n[[fleet.region]]\nname = \"r2\"\nhosts-per-zone = 1\n",
            ),
        ];
        let loaded = load_files(&files);
        let sources: Vec<&str> = loaded.problems.sources().names().collect();
        assert_eq!(sources, ["dir/main.toml", "dir/parts/a.toml", "dir/parts/b.toml", "dir/c.toml"]);
        let plan = loaded.plan.unwrap();
        assert_eq!((plan.name.as_str(), plan.study.seed, plan.study.trials), ("main", 2, 7));
        let regions: Vec<&str> = plan.fleet.regions.iter().map(|region| region.name.as_str()).collect();
        assert_eq!((plan.fleet.name.as_str(), regions), ("c", vec!["r1", "r2"]));
        let strategies: Vec<&str> = plan.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
        assert_eq!(strategies, ["b", "own"]);
    }

    #[test]
    fn a_problem_in_an_included_file_is_shown_there() {
        let files = [
            (
                "main.toml",
                "include = [\"fleet.toml\"]\n[[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\" }]\n",
            ),
            ("fleet.toml", "\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 0\n"),
        ];
        let loaded = load_files(&files);
        assert!(rendered(&loaded).contains("--> fleet.toml:4:18"), "{}", rendered(&loaded));
        assert_eq!(loaded.problems.list().len(), 1);
    }

    #[test]
    fn keys_that_do_not_go_together_are_reported_one_by_one() {
        let conflicts = |loaded: Loaded| {
            loaded.problems.list().iter().filter(|problem| problem.rule == &rules::CONFLICTING_KEYS).count()
        };
        let strategy = "[[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\" }]\n";
        let alarm = |keys: &str| {
            let alarm = format!("[[alarm]]\nname = \"a\"\n{keys}\n");
            conflicts(load_text(&format!("{REGIONS}{alarm}{strategy}")))
        };
        let timing = "period = \"1m\"\ndatapoints = 1\npublish-delay = \"1s\"\nclock = \"wall\"\nmissing-data = \"ignore\"";
        let state = "scope = \"zone\"\nwatch = \"wave\"\nbroken = \"1%\"\nlost-with-service = \"50%\"";
        assert_eq!(alarm(&format!("scope = \"zone\"\ndetection-delay = \"5m\"\n{timing}")), 5);
        assert_eq!(alarm(&format!("any-of = [\"b\"]\n{timing}\n{state}")), 9);
        let rule = "rate-ratio = { above = \"1%\", windows = [\"5m\"] }";
        assert_eq!(alarm(&format!("scope = \"zone\"\n{rule}\n{timing}")), 3);
        for (judge, foreign) in [("sequential", 2), ("z-score", 3), ("mann-whitney", 4)] {
            let errors = "false-positive = \"1%\", false-negative = \"1%\"";
            let keys = format!("ratio = 2, {errors}, confidence = \"99%\", least-ratio = 2");
            let canary = format!("scope = \"one-box\"\ncanary = {{ judge = \"{judge}\", {keys} }}");
            assert_eq!(alarm(&canary), foreign, "{judge}");
        }
        let stage = "name = \"gamma\"\nphase = \"deploy\"\nscenario = \"gamma.toml\"\nduration = \"1h\"\n\
                     catches = \"1%\"\nsees = []\nfalse-alarm = \"1%\"\nholds = \"start\"\n";
        let source = "[pipeline]\nsource = { per-day = 1, every = \"1h\" }\n";
        let own = format!("{REGIONS}{strategy}{source}[[pipeline.stage]]\n{stage}");
        let other = format!("{REGIONS}{strategy}");
        let loaded = load_files(&[("main.toml", own.as_str()), ("gamma.toml", other.as_str())]);
        assert_eq!(conflicts(loaded), 6, "five of the stage, and two ways to merge");
    }

    #[test]
    fn a_reported_value_causes_no_second_report() {
        let with = |strategy: &str| format!("{REGIONS}\n[[strategy]]\nname = \"s\"\n{strategy}");
        assert_eq!(
            rule_ids(&with("wave = [{ regions = [\"smal\"] }, { regions = [\"large\"] }]")),
            ["WT021"]
        );
        assert_eq!(rule_ids(&with("wave = [{ regions = 1 }, { regions = [\"large\"] }]")), ["WT004"]);
        assert_eq!(rule_ids(&with("extends = \"nothing\"")), ["WT024"]);
        assert_eq!(rule_ids(&with("wave = [{ regions = \"all\", hosts = 0 }]")), ["WT007"]);
        assert_eq!(rule_ids(&with("wave = [{}]")), ["WT003"]);
        let no_fleet = "[fleet]\nregion = 5\n[[strategy]]\nname = \"s\"\nwave = [{ regions = [\"x\"] }]";
        assert_eq!(rule_ids(no_fleet), ["WT004"]);
    }

    #[test]
    fn an_inherited_problem_is_reported_once_where_it_was_written() {
        let text = format!(
            "{REGIONS}\n[[strategy]]\nname = \"a\"\nwave = [{{ regions = [\"lagre\"] }}, {{ regions = \"rest\" }}]\n\
         [[strategy]]\nname = \"b\"\nextends = \"a\"\n[[strategy]]\nname = \"c\"\nextends = \"b\"\n"
        );
        assert_eq!(rule_ids(&text), ["WT021"]);
    }

    #[test]
    fn warnings_leave_the_plan() {
        let text = format!(
            "{REGIONS}\n[[strategy]]\nname = \"s\"\nbatch = \"50%\"\nmax-unavailable = \"10%\"\nwave = [{{ regions = \"all\" }}]\n"
        );
        let loaded = load_text(&text);
        assert!(loaded.plan.is_some());
        assert_eq!(rule_ids(&text), ["WT054"]);
    }

    #[test]
    fn a_library_may_have_alarms_and_templates_to_spare() {
        let files = [
            (
                "main.toml",
                "include = [\"lib.toml\"]\n[[strategy]]\nname = \"s\"\nalarms = []\nwave = [{ regions = \"all\" }]\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 1\n",
            ),
            (
                "lib.toml",
                "[[alarm]]\nname = \"a\"\nscope = \"zone\"\ndetection-delay = \"1m\"\n[[strategy]]\nname = \"t\"\ntemplate = true\n",
            ),
        ];
        let loaded = load_files(&files);
        assert!(loaded.problems.list().is_empty(), "{}", rendered(&loaded));
    }
}
