//! Panics are our bugs: say so shortly, with the command that reproduces it where one is known.

use crate::outlet;
use crate::plan::Plan;
use crate::report::command::GivenScenario;
use std::cell::Cell;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is being simulated.
#[derive(Debug, Clone)]
pub struct ReplayContext {
    /// The scenario as given on the command line.
    pub file: String,
    /// How it draws trials by itself; none where the command line said it.
    pub own_estimator: Option<&'static str>,
    /// It may name files elsewhere.
    pub allow_outside: bool,
    /// The seed in use.
    pub seed: u64,
    /// How trials are drawn.
    pub estimator: &'static str,
    /// Strategy names in the order of the plan that is simulated.
    pub strategies: Vec<String>,
    /// The (strategy, trial) of a replay; a study tells its own.
    pub trial: Option<(usize, u64)>,
}

impl ReplayContext {
    /// A simulation of `plan`, read from the scenario that was named so.
    #[must_use]
    pub fn new(named: GivenScenario, plan: &Plan, trial: Option<(usize, u64)>) -> Self {
        Self {
            file: named.file.to_owned(),
            own_estimator: named.estimator,
            allow_outside: named.allow_outside,
            seed: plan.study.seed,
            estimator: plan.study.estimator.name(),
            strategies: plan.strategies.iter().map(|strategy| strategy.name.clone()).collect(),
            trial,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Option<(usize, u64)>> = const { Cell::new(None) };
}

static CONTEXT: Mutex<Option<ReplayContext>> = Mutex::new(None);
static REPORTED: AtomicBool = AtomicBool::new(false);

/// Remembers what is being simulated, in case it panics.
pub fn set_context(context: ReplayContext) {
    if let Ok(mut slot) = CONTEXT.lock() {
        *slot = Some(context);
    }
}

/// Remembers the (strategy, trial) that this thread begins: what it does next is about it.
pub fn begin(strategy: usize, trial: u64) {
    CURRENT.set(Some((strategy, trial)));
}

/// Replaces the default panic message. Only the first panic speaks: others follow from it or repeat it.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        if !REPORTED.swap(true, Ordering::SeqCst) {
            // `eprintln!` would panic in turn where standard error is closed.
            let _ = writeln!(std::io::stderr(), "{}", outlet::terminal(&apology(panic), false));
        }
    }));
}

fn apology(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let reason =
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given");
    let mut lines = vec![format!("error: this is a bug in wavetank, sorry: {reason}{place}")];
    let context = CONTEXT.try_lock().ok().and_then(|slot| slot.clone());
    let trial = context.as_ref().and_then(|context| context.trial).or_else(|| CURRENT.get());
    if let (Some((strategy, trial)), Some(context)) = (trial, context) {
        let strategy = context.strategies.get(strategy).map_or("?", String::as_str);
        let ReplayContext { file, own_estimator: estimator, allow_outside, .. } = &context;
        let named = GivenScenario { file, estimator: *estimator, allow_outside: *allow_outside };
        let command = named.replay(strategy, context.seed, trial, context.estimator);
        lines.push(format!("  replay: {command}"));
    }
    lines.push("  hint: please report it together with the scenario file and the lines above".to_owned());
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
        lines.push(std::backtrace::Backtrace::force_capture().to_string());
    }
    lines.join("\n")
}
