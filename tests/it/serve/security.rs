//! Strangers at the door of the live page: other pages of the same browser, names that lead here, and whoever only wants to
//! keep it busy. Over raw connections, because a client would not send most of this.

use super::{Server, content, header, long, status};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::time::Duration;
use tempfile::tempdir;

fn small() -> Server {
    Server::of("scenarios/small.toml")
}

#[test]
fn names_that_only_lead_here_are_turned_away() {
    let server = small();
    let port = server.port;
    let ask = |head: &str| server.exchange(format!("{head}Connection: close\r\n\r\n").as_bytes());
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(status(&ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n"))), 200, "{host}");
    }
    // A page of evil.example whose name was made to lead here says so in all that it sends.
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
    ] {
        for request in ["GET /", "GET /api/events", "POST /api/study", "OPTIONS /api/study", "PUT /nothing"] {
            let answer = ask(&format!("{request} HTTP/1.1\r\nHost: {host}\r\n"));
            assert_eq!(status(&answer), 403, "{host}: {answer}");
            assert!(!answer.contains("tank-data") && answer.contains("\"error\""), "{answer}");
        }
    }
    assert_eq!(
        status(&ask(&format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n"))),
        403
    );
    assert_eq!(
        status(&ask(&format!("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"))),
        403
    );
    let missing = ask("GET / HTTP/1.1\r\n");
    assert!(matches!(status(&missing), 400 | 403), "{missing}");
    let old = server.exchange(b"GET / HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 403") || old.starts_with("HTTP/1.1 403"), "{old}");
}

#[test]
fn pages_of_other_origins_are_turned_away_and_told_nothing() {
    let server = small();
    let own = format!("http://127.0.0.1:{}", server.port);
    let body = json!({ "text": "" }).to_string();
    let post = |more: &str| {
        let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n{more}", body.len());
        server.exchange((server.head("POST /api/study", &more) + &body).as_bytes())
    };
    assert_eq!(status(&post(&format!("Origin: {own}\r\nSec-Fetch-Site: same-origin\r\n"))), 200);
    for more in [
        "Origin: http://evil.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        format!("Origin: {own}.evil.example\r\n"),
        format!("Origin: http://127.0.0.1:{}\r\n", server.port ^ 1),
        format!("Origin: http://localhost:{}\r\n", server.port),
        format!("Origin: https://127.0.0.1:{}\r\n", server.port),
        "Sec-Fetch-Site: cross-site\r\n".to_owned(),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
    ] {
        let answer = post(&more);
        assert_eq!(status(&answer), 403, "{more}: {answer}");
        assert_eq!(header(&answer, "access-control-allow-origin"), None);
    }
    // What a browser asks before it lets another page send JSON.
    let asks = "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n";
    let answer = server.exchange(server.head("OPTIONS /api/study", asks).as_bytes());
    assert_eq!(status(&answer), 403);
    assert!(!answer.to_lowercase().contains("access-control-"), "{answer}");
    // An image of another page has no origin; that it is of another site is said all the same.
    for path in ["/api/events", "/"] {
        let image = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n";
        assert_eq!(status(&server.exchange(server.head(&format!("GET {path}"), image).as_bytes())), 403);
    }
}

#[test]
fn every_answer_says_how_it_may_be_used() {
    let server = small();
    let refused = server.exchange(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    for answer in [server.get("/"), server.get("/none"), server.get("/api/study"), refused] {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(header(&answer, name), Some(value), "{answer}");
        }
        assert!(header(&answer, "content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert!(!answer.to_lowercase().contains("access-control-"), "{answer}");
        assert_eq!(header(&answer, "server"), None);
    }
}

#[test]
fn there_are_no_files_and_no_other_methods() {
    let server = small();
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/scenarios/small.toml",
        "//etc/passwd",
        "/api",
        "/api/study/",
        "/%00",
    ] {
        let answer = server.get(path);
        assert!(matches!(status(&answer), 400 | 404), "{path}: {answer}");
        assert!(!answer.contains("root:"), "{answer}");
    }
    for (request, code) in [
        ("GET /api/study", 405),
        ("GET /api/trial", 405),
        ("PUT /", 405),
        ("DELETE /api/events", 405),
        ("TRACE /", 405),
        ("OPTIONS /", 405),
        ("CONNECT 127.0.0.1:1", 403),
        ("POST /", 415),
        ("BREW /", 405),
    ] {
        let answer = server.exchange(server.head(request, "").as_bytes());
        assert_eq!(status(&answer), code, "{request}: {answer}");
    }
    let posted = server.exchange(
        server.head("POST /api/events", "Content-Type: application/json\r\nContent-Length: 0\r\n").as_bytes(),
    );
    assert_eq!(status(&posted), 405);
}

#[test]
fn what_is_no_json_or_too_much_is_not_read() {
    let server = small();
    let post =
        |more: &str, body: &str| server.exchange((server.head("POST /api/study", more) + body).as_bytes());
    // A form of another page can send these without asking.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let more = format!("Content-Type: {kind}\r\nContent-Length: 11\r\n");
        assert_eq!(status(&post(&more, "{\"text\":\"\"}")), 415, "{kind}");
    }
    assert_eq!(status(&post("Content-Length: 11\r\n", "{\"text\":\"\"}")), 415);
    let json = "Content-Type: application/json\r\n";
    let too_long = format!("{json}Content-Length: {}\r\n", (1 << 20) + 1);
    assert_eq!(status(&post(&too_long, "")), 413, "it is not even waited for");
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 18, " ".repeat(1 << 18));
    let chunked = post(&format!("{json}Transfer-Encoding: chunked\r\n"), &(chunk.repeat(5) + "0\r\n\r\n"));
    assert!(matches!(status(&chunked), 0 | 413), "{chunked}");
    let both = post(&format!("{json}Content-Length: 11\r\nTransfer-Encoding: chunked\r\n"), "0\r\n\r\n");
    assert!(matches!(status(&both), 400), "{both}");
    let heads = "X: y\r\n".repeat(10_000);
    let answer = server.exchange(server.head("GET /", &heads).as_bytes());
    assert!(matches!(status(&answer), 0 | 431), "{}", &answer[..answer.len().min(200)]);
    // It is still there.
    assert_eq!(status(&server.get("/")), 200);
}

#[test]
fn who_takes_for_ever_to_ask_is_sent_away() {
    let server = small();
    let mut head = server.connect();
    head.write_all(b"GET / HTTP/1.1\r\nHost: 127").unwrap();
    let mut body = server.connect();
    let more = "Content-Type: application/json\r\nContent-Length: 1000\r\n";
    body.write_all((server.head("POST /api/study", more) + "{\"te").as_bytes()).unwrap();
    let mut silent = server.connect();
    // Letter by letter is no help.
    let mut dripping = server.connect();
    for _ in 0..14 {
        let _ = dripping.write_all(b"G");
        std::thread::sleep(Duration::from_secs(1));
    }
    for stream in [&mut head, &mut silent, &mut dripping] {
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let is_sent_away =
            ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(is_sent_away, "{}", String::from_utf8_lossy(&answer));
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    let mut answer = String::new();
    body.read_to_string(&mut answer).unwrap();
    assert_eq!(status(&answer), 408, "{answer}");
}

#[test]
fn too_many_connections_are_told_so_and_room_comes_back() {
    let server = small();
    let listeners: Vec<_> = (0..64).map(|_| server.listen()).collect();
    let answer = server.get("/");
    assert_eq!(status(&answer), 503, "{answer}");
    assert_eq!(content(&answer), "{\"error\":\"there are too many connections.\"}\n");
    drop(listeners);
    let again = (0..100).find(|_| {
        std::thread::sleep(Duration::from_millis(100));
        status(&server.get("/")) == 200
    });
    assert!(again.is_some(), "who goes away is forgotten");
}

#[test]
fn a_listener_that_reads_nothing_holds_nobody_up() {
    let server = small();
    let deaf: Vec<_> = (0..4).map(|_| server.listen()).collect();
    let mut listener = server.listen();
    for _ in 0..3 {
        let study = server.study(&long(2_000))["study"].as_u64().unwrap();
        listener.until_final(study);
    }
    drop(deaf);
}

#[test]
fn files_are_read_where_the_scenario_may_name_them_and_not_shown() {
    let outside = tempdir().unwrap();
    fs::write(outside.path().join("secret.toml"), "[fleet]\nname = \"hunter2\"\n").unwrap();
    let folder = outside.path().join("inside");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("part.toml"), "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 3\n").unwrap();
    fs::write(folder.join("db.toml"), "password = \"hunter2\"\nuser = 'x'\n").unwrap();
    std::os::unix::fs::symlink("../secret.toml", folder.join("link.toml")).unwrap();
    let strategy = "[[strategy]]\nname = \"s\"\nwave = [{ regions = \"all\" }]\n";
    let text = format!("include = [\"part.toml\"]\n{strategy}");
    fs::write(folder.join("s.toml"), &text).unwrap();
    let server = Server::start(&folder, "s.toml");
    assert!(server.study(&text)["study"].is_u64());
    for named in
        ["../secret.toml", "link.toml", "/etc/passwd", "db.toml", "none.toml", "/dev/zero", "s.toml", "."]
    {
        for settings in
            [json!([]), json!([["password", "[[fleet.region]]"]]), json!([["password", "{ fleet = 1 }"]])]
        {
            let body = json!({ "text": format!("include = [\"part.toml\", \"{named}\"]\n{strategy}"), "settings": settings });
            let (_, answer) = server.post("/api/study", &body);
            assert_eq!(answer.get("study").unwrap_or(&Value::Null), &Value::Null, "{named}: {answer}");
            let said = answer.to_string();
            assert!(!said.contains("hunter2") && !said.contains("root:"), "{named}: {said}");
        }
    }
}

#[test]
fn hostile_names_stay_strings() {
    const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&<!--<script>";
    let folder = tempdir().unwrap();
    let name = serde_json::to_string(HOSTILE).unwrap();
    let text = format!(
        "description = {name}\n[study]\ntrials = 40\n[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 3\n[[strategy]]\nname = {name}\n\
         wave = [{{ regions = \"all\", name = {name} }}]\n# </script>{HOSTILE}\n"
    );
    fs::write(folder.path().join("s.toml"), &text).unwrap();
    let server = Server::start(folder.path(), "s.toml");
    let page = server.get("/");
    assert!(!page.contains("<img") && page.matches("<script").count() == 2, "{page}");
    let study = server.study(&text);
    let id = study["study"].as_u64().unwrap_or_else(|| panic!("{}", study["problems"]));
    let heard = server.listen().until_final(id);
    let last = heard.last().unwrap();
    assert!(last["page"]["strategies"][0]["name"].as_str().unwrap().contains("<img"), "as a string");
    for figure in last["figures"].as_object().unwrap().values() {
        assert!(!figure.as_str().unwrap().contains("<img"), "{figure}");
    }
    let (code, told) = server.post("/api/trial", &json!({ "study": id, "strategy": 0, "trial": 0 }));
    assert_eq!(code, 200);
    assert!(!told["figure"].as_str().unwrap().contains("<img"), "{told}");
}
