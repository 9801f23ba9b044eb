//! Who may come in. The page is for the browser of whoever started the server; every other page that this browser has open
//! can send requests here, and a name of its own can lead here (DNS rebinding). It decides by the head of a request alone.

use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};

/// Names of this server without its port.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// What a browser says of the relation of two sites, and of what it does with the answer.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Why somebody may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TurnedAway {
    /// The status of the answer.
    pub status: StatusCode,
    /// The reason, in one sentence.
    pub reason: &'static str,
}

const fn away(status: StatusCode, reason: &'static str) -> TurnedAway {
    TurnedAway { status, reason }
}

/// Whether a request to the server on `port` may be answered.
///
/// # Errors
/// Says why not.
pub(super) fn admit(parts: &Parts, port: u16) -> Result<(), TurnedAway> {
    let headers = &parts.headers;
    let host = single(headers, &HOST).filter(|host| is_own(host, port));
    let Some(host) = host else {
        return Err(away(StatusCode::FORBIDDEN, "the Host of a request must be this server's own name."));
    };
    // A target in full names a host too, and then that one counts.
    if parts.uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
        return Err(away(StatusCode::FORBIDDEN, "the target of a request must be this server's own."));
    }
    let is_foreign = |origin: &str| !origin.eq_ignore_ascii_case(&format!("http://{host}"));
    if headers.contains_key(ORIGIN) && single(headers, &ORIGIN).is_none_or(is_foreign) {
        return Err(away(StatusCode::FORBIDDEN, "another page may not ask this server."));
    }
    if !is_from_here(parts) {
        return Err(away(StatusCode::FORBIDDEN, "another site may not ask this server."));
    }
    if parts.method == Method::POST && !is_json(headers) {
        let reason = "a request must have `Content-Type: application/json`.";
        return Err(away(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    }
    Ok(())
}

/// The header's value; none if it is not there, or there more than once, or no text.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether a host is this server: by address or as `localhost`, which no name server is asked for.
fn is_own(host: &str, port: u16) -> bool {
    NAMES.iter().any(|name| {
        // Browsers leave out the port that is usual.
        host.eq_ignore_ascii_case(&format!("{name}:{port}")) || port == 80 && host.eq_ignore_ascii_case(name)
    })
}

/// Whether this server's page asks, or the user. Browsers say which it is, where a request without CORS has no `Origin`:
/// an image, a script, a frame. A link to the page from elsewhere may be followed.
fn is_from_here(parts: &Parts) -> bool {
    let headers = &parts.headers;
    match headers.contains_key(&FETCH_SITE).then(|| single(headers, &FETCH_SITE)) {
        None | Some(Some("same-origin" | "none")) => true,
        Some(_) => {
            let follows_link = single(headers, &FETCH_MODE) == Some("navigate")
                && single(headers, &FETCH_DEST) == Some("document");
            parts.uri.path() == "/" && parts.method == Method::GET && follows_link
        }
    }
}

/// Whether a body is said to be JSON, which no form of another page can say.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = single(headers, &CONTENT_TYPE) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    const PORT: u16 = 8642;

    fn status(method: &str, target: &str, headers: &[(&str, &str)]) -> u16 {
        let request =
            headers.iter().fold(Request::builder().method(method).uri(target), |request, header| {
                request.header(header.0, header.1)
            });
        let (parts, ()) = request.body(()).expect("a valid request").into_parts();
        admit(&parts, PORT).map_or_else(|away| away.status.as_u16(), |()| 200)
    }

    #[test]
    fn only_this_servers_names_are_answered() {
        for host in ["127.0.0.1:8642", "localhost:8642", "LocalHost:8642", "[::1]:8642"] {
            assert_eq!(status("GET", "/", &[("host", host)]), 200, "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:8643",
            "127.0.0.2:8642",
            "evil.example:8642",
            "localhost.:8642",
            "localhost.evil.example:8642",
            "0.0.0.0:8642",
            "[::]:8642",
            "localhost",
            "",
            "127.1:8642",
            "2130706433:8642",
            "user@127.0.0.1:8642",
            "127.0.0.1:8642 ",
            "127.0.0.1:08642",
        ] {
            assert_eq!(status("GET", "/", &[("host", host)]), 403, "{host}");
        }
        assert_eq!(status("GET", "/", &[]), 403);
        assert_eq!(status("GET", "/", &[("host", "127.0.0.1:8642"), ("host", "127.0.0.1:8642")]), 403);
        assert_eq!(status("GET", "http://evil.example/", &[("host", "127.0.0.1:8642")]), 403);
        assert_eq!(status("GET", "http://127.0.0.1:8642/", &[("host", "127.0.0.1:8642")]), 200);
    }

    #[test]
    fn other_origins_and_sites_are_turned_away() {
        let with = |target: &str, headers: &[(&str, &str)]| {
            status("GET", target, &[&[("host", "localhost:8642")], headers].concat())
        };
        assert_eq!(with("/api/events", &[("origin", "http://localhost:8642")]), 200);
        for origin in [
            "null",
            "http://evil.example",
            "https://localhost:8642",
            "http://localhost:8643",
            "http://localhost",
            "http://127.0.0.1:8642",
            "http://localhost:8642/",
            "http://localhost:8642.evil.example",
            "",
        ] {
            assert_eq!(with("/api/events", &[("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(with("/api/events", &[("sec-fetch-site", "same-origin")]), 200);
        for site in ["cross-site", "same-site", "", "none, same-origin"] {
            assert_eq!(with("/api/events", &[("sec-fetch-site", site)]), 403, "{site}");
            assert_eq!(with("/", &[("sec-fetch-site", site)]), 403, "{site}");
        }
        let link = |dest| {
            [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)]
        };
        assert_eq!(with("/", &link("document")), 200);
        assert_eq!(with("/", &link("iframe")), 403);
        assert_eq!(with("/api/events", &link("document")), 403);
    }

    #[test]
    fn only_json_is_read() {
        let with =
            |value: &str| status("POST", "/api/study", &[("host", "[::1]:8642"), ("content-type", value)]);
        for value in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
        {
            assert_eq!(with(value), 200, "{value}");
        }
        for value in [
            "text/plain",
            "application/json-patch",
            "application/x-www-form-urlencoded",
            "",
            "text/plain; application/json",
        ] {
            assert_eq!(with(value), 415, "{value}");
        }
        assert_eq!(status("POST", "/api/study", &[("host", "[::1]:8642")]), 415);
    }
}
