//! `wavetank serve` as a browser, a script and a stranger meet it: the program itself, over plain connections.

mod films;
mod knobs;
mod security;
mod studies;

use crate::support::project;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Longer than anything here takes, a machine that is busy included.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
    said: BufReader<std::process::ChildStderr>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `wavetank serve` in a folder, with everything it says read by the caller.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("wavetank"));
    command.current_dir(folder).arg("serve").args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    /// One on a free port.
    fn start(folder: &Path, file: &str) -> Self {
        let mut child = command(folder, &[file, "--port", "0", "--threads", "2"]).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let port = line
            .trim_end()
            .strip_prefix("serving: http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix('/').and_then(|port| port.parse().ok()));
        Self { child, port: port.unwrap_or_else(|| panic!("{line}")), said }
    }

    /// One that serves a shipped scenario.
    fn of(file: &str) -> Self {
        Self::start(&project(""), file)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Everything that is answered to these bytes, until the server ends the connection.
    fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server that has heard enough may not wait for the rest.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// The head of a request, of which these lines are part.
    fn head(&self, request: &str, more: &str) -> String {
        format!("{request} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{more}\r\n", self.port)
    }

    fn get(&self, path: &str) -> String {
        self.exchange(self.head(&format!("GET {path}"), "").as_bytes())
    }

    /// Status and answer.
    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let answer = self.exchange((self.head(&format!("POST {path}"), &more) + &body).as_bytes());
        (status(&answer), serde_json::from_str(content(&answer)).unwrap_or_else(|_| panic!("{answer}")))
    }

    fn study(&self, text: &str) -> Value {
        let (status, answer) = self.post("/api/study", &json!({ "text": text }));
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn listen(&self) -> Listener {
        let mut stream = self.connect();
        let head = format!("GET /api/events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port);
        stream.write_all(head.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
        while line != "\r\n" {
            line.clear();
            lines.read_line(&mut line).unwrap();
        }
        Listener { lines }
    }

    /// Asks it to end, as Ctrl-C does, and waits.
    fn interrupt(&mut self) -> (ExitStatus, String) {
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        (status, said)
    }
}

/// Somebody who listens to events.
struct Listener {
    lines: BufReader<TcpStream>,
}

impl Listener {
    /// The next event: its name and data. What keeps the connection open is passed over.
    fn next(&mut self) -> (String, Value) {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).expect("an event comes"), 0, "the server went away");
            // Chunks of the transfer are passed over as well: no event begins with a number.
            match line.trim_end() {
                "" if !data.is_empty() => return (name, serde_json::from_str(&data).unwrap()),
                said => {
                    name = said.strip_prefix("event: ").map_or(name, str::to_owned);
                    data = said.strip_prefix("data: ").map_or(data, str::to_owned);
                }
            }
        }
    }

    /// Events of a study until its last.
    fn until_final(&mut self, study: u64) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let (name, data) = self.next();
            assert_eq!(name, "numbers", "{data}");
            if data["study"] == study {
                all.push(data);
                if all.last().unwrap()["final"] == true {
                    return all;
                }
            }
        }
    }
}

fn status(answer: &str) -> u16 {
    let code = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("0");
    code.parse().unwrap_or_else(|_| panic!("{answer}"))
}

fn content(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, content)| content)
}

/// The value of a header, by its name in small letters.
fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// A scenario whose study takes as long as one likes.
fn long(trials: u64) -> String {
    let text = std::fs::read_to_string(project("scenarios/small.toml")).unwrap();
    text.replace("trials = 2000", &format!("trials = {trials}"))
}
