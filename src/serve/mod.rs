//! The tank: a scenario served as a page on this machine, to turn its values and see the numbers move.
//!
//! HTTP runs in a thread of its own and never waits: scenarios are read and trials played beside it, and one study at a
//! time is simulated in a pool of threads. The next change ends the study before. Numbers go to whoever listens, the latest
//! only. Nothing is written anywhere, and nobody but this machine is answered: `door` says who may ask. What a page
//! looks like, what numbers say and how they are simulated is for other modules.

mod connections;
mod door;
mod routes;
mod setup;
mod tank;
mod wire;

pub use setup::Setup;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tank::Tank;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// The port where nothing else is said and it is free.
pub const USUAL_PORT: u16 = 8642;

/// How often is looked whether to stop.
const TICK: Duration = Duration::from_millis(50);
/// A study that nobody listens to is ended after so many of these: a page that is loaded again is back by then.
const TICKS_UNWATCHED: u32 = 100;

/// A port of this machine on which nobody else listens.
#[derive(Debug)]
pub struct Listening {
    port: u16,
    listeners: Vec<TcpListener>,
}

impl Listening {
    /// Takes the port, or any that is free where it is 0. It is one of this machine's own addresses only, of both kinds of
    /// them where there are both.
    ///
    /// # Errors
    /// When it is taken, or may not be.
    pub fn on(port: u16) -> io::Result<Self> {
        let first = TcpListener::bind((IpAddr::from(Ipv4Addr::LOCALHOST), port))?;
        let port = first.local_addr()?.port();
        // `localhost` may be either; where somebody else has the other one, only the address is safe, and that is what is said.
        let second = TcpListener::bind((IpAddr::from(Ipv6Addr::LOCALHOST), port)).ok();
        Ok(Self { port, listeners: [Some(first), second].into_iter().flatten().collect() })
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of the page.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}:{}/", Ipv4Addr::LOCALHOST, self.port)
    }
}

/// Serves the page until `stop` says so; whatever goes on then ends at once.
///
/// # Errors
/// When the system gives no way to wait for connections.
pub fn run(listening: Listening, setup: Setup, stop: &dyn Fn() -> bool) -> io::Result<()> {
    // Threads beside: one simulates, others read scenarios and play trials.
    let runtime = Builder::new_current_thread().enable_io().enable_time().max_blocking_threads(4).build()?;
    let tank = Arc::new(Tank::new(setup));
    let served = serve(&runtime, listening, &tank, stop);
    tank.cancel();
    runtime.shutdown_background();
    served
}

fn serve(
    runtime: &Runtime,
    listening: Listening,
    tank: &Arc<Tank>,
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    runtime.block_on(async {
        let router = routes::router(Arc::clone(tank), listening.port);
        let room = Arc::new(Semaphore::new(connections::MOST_CONNECTIONS));
        for listener in listening.listeners {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::spawn(connections::answer(listener, router.clone(), Arc::clone(&room)));
        }
        tokio::spawn(simulate(Arc::clone(tank)));
        let mut unwatched = 0;
        while !stop() {
            sleep(TICK).await;
            unwatched = if tank.is_watched() { 0 } else { unwatched + 1 };
            if unwatched == TICKS_UNWATCHED {
                tank.abandon();
                unwatched = 0;
            }
        }
        Ok(())
    })
}

/// Simulates one study after the other: of those that were asked for meanwhile the latest.
async fn simulate(tank: Arc<Tank>) {
    let mut jobs = tank.jobs();
    while jobs.changed().await.is_ok() {
        let Some(job) = jobs.borrow_and_update().clone() else { continue };
        let tank = Arc::clone(&tank);
        // A panic in it was told by then.
        let _ = spawn_blocking(move || tank.run(&job)).await;
    }
}
