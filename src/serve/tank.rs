//! What is simulated: one study at a time, which the next change ends. It reads scenarios, starts studies and tells whoever
//! listens the latest numbers. It knows no connection, and writes nothing anywhere.

use super::setup::Setup;
use super::wire::{
    NumbersSoFar, StudyAnswer, StudyAsked, StudyFailed, TrialAnswer, TrialAsked, WrittenProblem, json,
};
use crate::lints;
use crate::plan::{Plan, Restriction, Trials};
use crate::report::Story;
use crate::report::chart::{duration, exceedance, gantt, trade_off};
use crate::report::command::GivenScenario;
use crate::report::fleet_film::FleetFilm;
use crate::report::page::PageData;
use crate::report::timeline::RolloutStory;
use crate::rollout::{Engine, Model};
use crate::scenario::{self, Loaded, MAX_TRIALS, Reach, TextsFrom, ValueSetting, knobs};
use crate::sim::Recorder;
use crate::study::{LookPace, Progress, Stopped, Study, StudyError, Summary};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Values that may be set at once.
pub(super) const MOST_SETTINGS: usize = 512;
/// Events of a trial that is played: more would take long to send and to look at.
const MOST_PLAYED: u64 = 2_000_000;
/// Changes of a trial that are played.
const MOST_CHANGES: usize = 5_000;

/// Something that a study has to say, ready to be sent.
#[derive(Debug)]
pub(super) struct News {
    /// What kind it is.
    pub event: &'static str,
    /// JSON on one line.
    pub data: String,
}

/// A study that was asked for.
#[derive(Debug)]
pub(super) struct StudyJob {
    id: u64,
    plan: Plan,
    /// How trials are drawn where a command says nothing.
    estimator: &'static str,
    cancelled: AtomicBool,
    /// Whether it has said its last word.
    is_over: AtomicBool,
    /// Whether it has said its first.
    has_told: AtomicBool,
}

impl Progress for StudyJob {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// The tank.
pub(super) struct Tank {
    setup: Setup,
    ids: AtomicU64,
    /// The study that goes on, or was the last one.
    current: Mutex<Option<Arc<StudyJob>>>,
    /// The same for whoever runs it: only the latest counts.
    jobs: watch::Sender<Option<Arc<StudyJob>>>,
    /// The latest word of a study, for any number of listeners.
    news: watch::Sender<Option<Arc<News>>>,
}

impl Tank {
    /// A tank in which nothing is simulated yet.
    pub fn new(setup: Setup) -> Self {
        let (ids, current) = (AtomicU64::new(1), Mutex::new(None));
        Self { setup, ids, current, jobs: watch::Sender::new(None), news: watch::Sender::new(None) }
    }

    /// How the scenario is called and served.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The latest word, and all that come.
    pub fn listen(&self) -> watch::Receiver<Option<Arc<News>>> {
        self.news.subscribe()
    }

    /// Whether anybody listens.
    pub fn is_watched(&self) -> bool {
        self.news.receiver_count() > 0
    }

    /// The studies that are asked for.
    pub fn jobs(&self) -> watch::Receiver<Option<Arc<StudyJob>>> {
        self.jobs.subscribe()
    }

    fn current(&self) -> MutexGuard<'_, Option<Arc<StudyJob>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the study that goes on, if one does.
    pub fn cancel(&self) {
        if let Some(job) = &*self.current() {
            job.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Ends the study that goes on, if one does, as nobody listens, and says so to whoever comes later.
    pub fn abandon(&self) {
        let mut current = self.current();
        // One that is over costs nothing, and its numbers are still good.
        if let Some(job) = current.take_if(|job| !job.is_over.load(Ordering::Relaxed)) {
            job.cancelled.store(true, Ordering::Relaxed);
            drop(current);
            let message = "the study was ended, as nobody was looking.".to_owned();
            self.news.send_replace(Some(failed(job.id, message)));
        }
    }

    /// Reads a scenario and starts its study, which ends the one before. All that is found out about it is the answer.
    ///
    /// # Errors
    /// In one sentence, when what is asked is no study.
    pub fn study(&self, asked: &StudyAsked) -> Result<StudyAnswer, String> {
        let settings = settings(asked)?;
        if asked.trials.is_some_and(|trials| !(1..=MAX_TRIALS).contains(&trials)) {
            return Err(format!("a study has from 1 to {MAX_TRIALS} trials."));
        }
        self.cancel();
        let loaded = self.load(&asked.text, &settings);
        let mut beside = Vec::new();
        if loaded.plan.is_some() {
            let lost = loaded.set.iter().zip(&asked.settings).filter(|(set, _)| set.is_none());
            beside.extend(lost.map(|(_, (path, _))| {
                let help = Some("write the value out in the scenario, or leave it out here");
                WrittenProblem::beside(format!("`{path}` leads to no value"), help)
            }));
        }
        let plan = loaded.plan.as_ref().filter(|_| beside.is_empty());
        let job = plan.and_then(|plan| match self.restricted(plan, asked.trials) {
            Ok(plan) => Some(self.start(plan)),
            Err(message) => {
                beside.push(WrittenProblem::beside(message, Some("ask for more trials")));
                None
            }
        });
        // Meanwhile the study goes on.
        let elsewhere = self.elsewhere(asked, &settings);
        let knobs = knobs::knobs(&loaded);
        let looked_at = lints::look_ahead(loaded);
        let sources = looked_at.problems.sources();
        let text = sources.texts().next().map_or_else(|| asked.text.clone(), |(_, text)| text.to_owned());
        let of_text = looked_at.problems.list().iter().map(|problem| WrittenProblem::of(problem, sources));
        Ok(StudyAnswer {
            study: job.as_ref().map(|job| job.id),
            text,
            elsewhere,
            problems: beside.into_iter().chain(of_text).collect(),
            knobs,
            gate: self.named().command("gate"),
            gantt: job.as_ref().map(|job| planned(&job.plan)),
        })
    }

    /// Reads the text in place of the file, which is a stranger's: what it names is where the file's own may be.
    fn load(&self, text: &str, settings: &[ValueSetting]) -> Loaded {
        let Setup { path, reach, .. } = &self.setup;
        scenario::load_set(path, TextsFrom::Edited(text, *reach), settings)
    }

    /// Settings whose place is in a file that the text includes.
    fn elsewhere(&self, asked: &StudyAsked, settings: &[ValueSetting]) -> Vec<(String, String)> {
        let alone = scenario::load_set(&self.setup.path, TextsFrom::Text(&asked.text), settings);
        let outside = alone.set.iter().zip(&asked.settings).filter(|(set, _)| set.is_none());
        outside.map(|(_, setting)| setting.clone()).collect()
    }

    fn restricted(&self, plan: &Plan, trials: Option<u64>) -> Result<Plan, String> {
        let trials = trials.or(self.setup.trials).map(Trials::Exactly);
        let asked = Restriction { trials, seed: self.setup.seed, ..Restriction::default() };
        plan.restrict(&asked).map_err(|error| error.to_string())
    }

    fn start(&self, plan: Plan) -> Arc<StudyJob> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let estimator = plan.study.estimator.name();
        let [cancelled, is_over, has_told] = [(); 3].map(|()| AtomicBool::new(false));
        let job = Arc::new(StudyJob { id, plan, estimator, cancelled, is_over, has_told });
        if let Some(before) = self.current().replace(Arc::clone(&job)) {
            before.cancelled.store(true, Ordering::Relaxed);
        }
        self.jobs.send_replace(Some(Arc::clone(&job)));
        job
    }

    /// Simulates a study until it is done or ended, and tells its numbers as they come.
    pub fn run(&self, job: &StudyJob) {
        if job.is_cancelled() {
            return;
        }
        let tell = |summary: Summary, is_final: bool| self.tell_numbers(job, &summary, is_final);
        let simulate = || Study::new(&job.plan).run_with_looks(LookPace::default(), tell, job);
        // A bug in a simulation must not end the server: the next change may not have it.
        let simulated = catch_unwind(AssertUnwindSafe(|| self.in_pool(simulate)));
        job.is_over.store(true, Ordering::Relaxed);
        let message = match simulated {
            Ok(Ok(()) | Err(StudyError::Stopped(Stopped::Cancelled))) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "a bug in wavetank: its own message says more, where it was started.".to_owned(),
        };
        self.publish(job, failed(job.id, message));
    }

    fn in_pool<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.setup.pool {
            None => work(),
            Some(pool) => pool.install(work),
        }
    }

    fn tell_numbers(&self, job: &StudyJob, summary: &Summary, is_final: bool) {
        let named = GivenScenario { estimator: Some(job.estimator), ..self.named() };
        // The first numbers come without trials to look at, which take a moment each.
        let is_first = !job.has_told.swap(true, Ordering::Relaxed);
        let page = if is_first && !is_final { PageData::in_brief } else { PageData::of_study };
        let figures = if is_final { figures(summary) } else { BTreeMap::new() };
        let numbers = NumbersSoFar {
            study: job.id,
            trials: summary.trials,
            of: job.plan.study.trials.max(summary.trials),
            is_final,
            page: page(&job.plan, summary, named),
            figures,
        };
        self.publish(job, Arc::new(News { event: "numbers", data: json(&numbers) }));
    }

    /// Says something of a study, unless another one has taken its place: no number is ever stale.
    fn publish(&self, job: &StudyJob, news: Arc<News>) {
        let current = self.current();
        if current.as_ref().is_some_and(|current| current.id == job.id) && !job.is_cancelled() {
            self.news.send_replace(Some(news));
        }
    }

    /// Tells one trial of the study that goes on or was the last; none if that is another one by now.
    ///
    /// # Errors
    /// In one sentence, when there is no such trial, or it is too large to be played.
    pub fn trial(&self, asked: TrialAsked) -> Option<Result<String, String>> {
        let TrialAsked { study, strategy, trial } = asked;
        let job = self.current().clone().filter(|job| job.id == study)?;
        if strategy >= job.plan.strategies.len() || trial >= MAX_TRIALS {
            return Some(Err("the study has no such trial.".to_owned()));
        }
        let told = catch_unwind(AssertUnwindSafe(|| played(&job.plan, strategy, trial)));
        Some(told.unwrap_or_else(|_| Err("a bug in wavetank.".to_owned())))
    }

    /// The scenario as the user named it.
    fn named(&self) -> GivenScenario<'_> {
        let allow_outside = self.setup.reach == Reach::Anywhere;
        GivenScenario { file: &self.setup.file, estimator: None, allow_outside }
    }
}

fn settings(asked: &StudyAsked) -> Result<Vec<ValueSetting>, String> {
    if asked.settings.len() > MOST_SETTINGS {
        return Err(format!("at most {MOST_SETTINGS} values can be set at once."));
    }
    let read = |(path, toml): &(String, String)| {
        let setting = ValueSetting::of_toml(path, toml);
        setting.ok_or_else(|| format!("what is set at `{path}` must be one value in TOML."))
    };
    asked.settings.iter().map(read).collect()
}

fn failed(study: u64, message: String) -> Arc<News> {
    Arc::new(News { event: "failed", data: json(&StudyFailed { study, message }) })
}

/// The plan of every strategy as a picture.
fn planned(plan: &Plan) -> String {
    gantt::picture(plan, &(0..plan.strategies.len()).collect::<Vec<usize>>()).inline()
}

/// The pictures of a finished study.
fn figures(summary: &Summary) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("trade-off", trade_off::picture(summary).inline()),
        ("exceedance", exceedance::picture(summary).inline()),
        ("duration", duration::picture(summary).inline()),
    ])
}

/// One trial, as JSON.
fn played(plan: &Plan, strategy: usize, trial: u64) -> Result<String, String> {
    let (model, mut recorder) = (Model::new(plan), Recorder::default());
    let mut engine = Engine::new(&model).with_event_limit(MOST_PLAYED);
    let outcome = engine.try_run(strategy, trial, &mut recorder).map_err(|costly| costly.to_string())?;
    let records = recorder.into_records();
    let figure = RolloutStory::new(plan, strategy, trial, &outcome, &records).chart().inline();
    let fleet = FleetFilm::new(plan, strategy, &outcome, &records).thinned(MOST_CHANGES);
    Ok(json(&TrialAnswer { figure, fleet }))
}
