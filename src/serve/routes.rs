//! Which request is answered by what, and what every answer says of itself. It decides nothing about scenarios.

use super::door;
use super::tank::{News, Tank};
use super::wire::{StudyAsked, TrialAsked, json};
use crate::outlet;
use crate::report::page::{self, Page};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Bytes of a request's body.
pub(super) const MOST_BODY: usize = 1 << 20;
/// A body comes within this time.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Somebody who listens hears at least this often that the server is there.
const HEARTBEAT: Duration = Duration::from_secs(10);

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What the answers are made of.
#[derive(Clone)]
struct Desk {
    tank: Arc<Tank>,
    port: u16,
    page: Arc<Page>,
    /// Scenarios are read one after the other, as are trials: a page waits for its answer.
    reading: Arc<Semaphore>,
    playing: Arc<Semaphore>,
}

/// The router of the server on `port`.
pub(super) fn router(tank: Arc<Tank>, port: u16) -> Router {
    let setup = tank.setup();
    let page = Arc::new(page::tank(&setup.file, &setup.text, MOST_BODY));
    let [reading, playing] = [(); 2].map(|()| Arc::new(Semaphore::new(1)));
    let desk = Desk { tank, port, page, reading, playing };
    Router::new()
        .route("/", get(root))
        .route("/favicon.ico", get(no_icon))
        .route("/api/study", post(study))
        .route("/api/events", get(events))
        .route("/api/trial", post(trial))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_so)
        .layer(middleware::from_fn_with_state(desk.clone(), guarded))
        .with_state(desk)
}

/// Lets in who may come in, and puts on every answer what a browser should make of it.
async fn guarded(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match door::admit(&parts, desk.port) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(away) => error(away.status, away.reason),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

async fn root(State(desk): State<Desk>) -> Response {
    let policy = format!("{}; frame-ancestors 'none'", desk.page.policy);
    let policy = HeaderValue::from_str(&policy).expect("invariant: a policy is of words and hashes");
    let html = (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    ([html, (CONTENT_SECURITY_POLICY, policy)], desk.page.html.clone()).into_response()
}

async fn no_icon() -> StatusCode {
    StatusCode::NO_CONTENT
}

async fn nothing_here() -> Response {
    error(StatusCode::NOT_FOUND, "there is nothing here.")
}

async fn not_so() -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, "this is not asked for so.")
}

async fn study(State(desk): State<Desk>, request: Request) -> Response {
    let asked: StudyAsked = match read(request).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let _turn = desk.reading.acquire().await;
    let tank = Arc::clone(&desk.tank);
    match spawn_blocking(move || tank.study(&asked).map(|answer| json(&answer))).await {
        Ok(Ok(answer)) => answered(answer),
        Ok(Err(reason)) => error(StatusCode::UNPROCESSABLE_ENTITY, &reason),
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "a bug in wavetank."),
    }
}

async fn trial(State(desk): State<Desk>, request: Request) -> Response {
    let asked: TrialAsked = match read(request).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let _turn = desk.playing.acquire().await;
    let tank = Arc::clone(&desk.tank);
    match spawn_blocking(move || tank.trial(asked)).await {
        Ok(Some(Ok(answer))) => answered(answer),
        Ok(Some(Err(reason))) => error(StatusCode::UNPROCESSABLE_ENTITY, &reason),
        Ok(None) => error(StatusCode::CONFLICT, "another study has taken the place of that one."),
        Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "a bug in wavetank."),
    }
}

/// The latest word of a study and all that come. Who is slow misses what was said meanwhile, and hears the latest.
async fn events(State(desk): State<Desk>) -> Response {
    let listening = (desk.tank.listen(), true);
    let said = stream::unfold(listening, |(mut news, is_first)| async move {
        loop {
            // What was said before somebody came is said again.
            if !is_first || news.borrow().is_none() {
                news.changed().await.ok()?;
            }
            let latest = latest(&mut news);
            if let Some(latest) = latest {
                let event = Event::default().event(latest.event).data(&latest.data);
                return Some((Ok::<Event, Infallible>(event), (news, false)));
            }
        }
    });
    Sse::new(said).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

fn latest(news: &mut watch::Receiver<Option<Arc<News>>>) -> Option<Arc<News>> {
    news.borrow_and_update().clone()
}

/// What a request asks for, of no more bytes and in no more time than it may take.
async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Response> {
    let too_large = || error(StatusCode::PAYLOAD_TOO_LARGE, "a request has at most 1 MiB.");
    let said =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > MOST_BODY) {
        return Err(too_large());
    }
    let bytes = timeout(BODY_WITHIN, to_bytes(request.into_body(), MOST_BODY)).await;
    let bytes =
        bytes.map_err(|_| error(StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive."))?;
    let bytes = bytes.map_err(|_| too_large())?;
    serde_json::from_slice(&bytes).map_err(|wrong| {
        let reason = format!("the request is not what is expected: {wrong}.");
        error(StatusCode::BAD_REQUEST, &reason)
    })
}

fn answered(answer: String) -> Response {
    let body = Body::from(outlet::json(answer));
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn error(status: StatusCode, reason: &str) -> Response {
    let body = outlet::json(serde_json::json!({ "error": reason }).to_string() + "\n");
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
