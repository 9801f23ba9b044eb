//! Studies of the live page: what is simulated, in which order it is told, and what ends it.

use super::{Server, command, content, header, long, status};
use crate::support::project;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::time::Duration;
use tempfile::tempdir;
use wavetank::report::command::GivenScenario;
use wavetank::report::page::PageData;
use wavetank::study::{Nobody, Study};
use wavetank::{Plan, scenario};

fn small() -> String {
    fs::read_to_string(project("scenarios/small.toml")).unwrap()
}

/// What the page is told of the study that `run` makes of a text.
fn page_of(text: &str, file: &str) -> Value {
    let plan =
        scenario::load_set(&project(file), scenario::TextsFrom::Edited(text, scenario::Reach::Inside), &[]);
    let plan = plan.plan.unwrap();
    let summary = Study::new(&plan).run(&Nobody).unwrap();
    let named = GivenScenario { file, estimator: Some(plan.study.estimator.name()), allow_outside: false };
    serde_json::to_value(PageData::of_study(&plan, &summary, named)).unwrap()
}

#[test]
fn numbers_come_early_grow_and_end_as_those_of_a_run() {
    let server = Server::of("scenarios/small.toml");
    let mut listener = server.listen();
    let answer = server.study(&small());
    assert_eq!(answer["text"], small());
    assert_eq!(answer["gate"], "wavetank gate scenarios/small.toml");
    assert!(answer["gantt"].as_str().unwrap().starts_with("<svg"));
    let numbers = listener.until_final(answer["study"].as_u64().unwrap());
    let trials: Vec<u64> = numbers.iter().map(|n| n["trials"].as_u64().unwrap()).collect();
    assert!(trials.windows(2).all(|pair| pair[0] < pair[1]), "{trials:?}");
    assert_eq!(trials.last(), Some(&2000));
    assert!(numbers.iter().all(|n| n["of"] == 2000));
    let last = numbers.last().unwrap();
    assert_eq!(last["page"], page_of(&small(), "scenarios/small.toml"));
    assert!(last["figures"]["trade-off"].as_str().unwrap().starts_with("<svg"));
    // Who comes later hears the last word again, as does a second page.
    let (name, again) = server.listen().next();
    assert_eq!((name.as_str(), &again), ("numbers", last));
}

#[test]
fn a_change_is_simulated_at_once_and_ends_what_was_before() {
    let server = Server::of("scenarios/small.toml");
    let (mut one, mut two) = (server.listen(), server.listen());
    let long = server.study(&long(3_000_000))["study"].as_u64().unwrap();
    while one.next().1["study"] != long {}
    let settings = [["strategy.careful.one-box.bake", "\"10m\""], ["study.trials", "300"]];
    let (code, changed) = server.post("/api/study", &json!({ "text": small(), "settings": settings }));
    assert_eq!(code, 200);
    let expected =
        small().replace("bake = \"30m\"", "bake = \"10m\"").replace("trials = 2000", "trials = 300");
    assert_eq!((changed["text"].as_str().unwrap(), &changed["elsewhere"]), (expected.as_str(), &json!([])));
    let study = changed["study"].as_u64().unwrap();
    assert!(study > long);
    let heard = one.until_final(study);
    assert_eq!(heard.last().unwrap()["page"], page_of(&expected, "scenarios/small.toml"));
    assert_eq!(two.until_final(study).last(), heard.last());
    // The long one has said nothing since, and says nothing more.
    let (_, latest) = server.listen().next();
    assert_eq!(latest["study"], study);
    let (code, gone) = server.post("/api/trial", &json!({ "study": long, "strategy": 0, "trial": 0 }));
    assert_eq!((code, &gone["error"]), (409, &json!("another study has taken the place of that one.")));
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_nothing_is_simulated() {
    let server = Server::of("scenarios/small.toml");
    let before = server.study(&small())["study"].as_u64().unwrap();
    server.listen().until_final(before);
    let broken = small().replace("zones-at-once = 1", "zones-at-onec = 1");
    let answer = server.study(&broken);
    assert_eq!(answer["study"], Value::Null);
    let problem = &answer["problems"][0];
    let line = broken.lines().position(|line| line.starts_with("zones-at-onec")).unwrap() + 1;
    assert_eq!(
        (&problem["rule"], &problem["severity"], &problem["here"]),
        (&json!("WT002"), &json!("error"), &json!(true))
    );
    let place = ["line", "column", "end_line", "end_column"].map(|key| problem[key].as_u64().unwrap());
    assert_eq!(place, [line as u64, 1, line as u64, 14]);
    assert!(problem["help"][0].as_str().unwrap().contains("zones-at-once"), "{problem}");
    let missing = json!({ "text": small(), "settings": [["strategy.careless.batch", "\"5%\""]] });
    let (code, answer) = server.post("/api/study", &missing);
    assert_eq!((code, &answer["study"]), (200, &Value::Null));
    assert_eq!(answer["problems"][0]["message"], "`strategy.careless.batch` leads to no value");
    let (code, answer) = server.post("/api/study", &json!({ "text": small(), "trials": 1 }));
    assert_eq!((code, &answer["study"]), (200, &Value::Null), "{answer}");
    assert!(answer["problems"][0]["message"].as_str().unwrap().contains("too few"), "{answer}");
    assert_eq!(server.listen().next().1["study"], before, "nothing was said since");
    for body in [
        json!({ "text": small(), "settings": [["study.trials", "5\n[fleet]"]] }),
        json!({ "text": small(), "trials": 0 }),
        json!({ "text": small(), "settings": vec![("study.trials", "5"); 600] }),
    ] {
        let (code, answer) = server.post("/api/study", &body);
        assert_eq!(code, 422, "{answer}");
    }
    for body in [json!({}), json!({ "text": 7 }), json!({ "text": "", "more": 1 }), json!([]), json!("x")] {
        assert_eq!(server.post("/api/study", &body).0, 400, "{body}");
    }
}

#[test]
fn values_of_included_files_can_be_turned_too() {
    let server = Server::of("scenarios/hands-off.toml");
    let text = fs::read_to_string(project("scenarios/hands-off.toml")).unwrap();
    let path = "strategy.amazon-five-waves.one-box.bake";
    let body = json!({ "text": text, "settings": [[path, "\"2h\""], ["study.seed", "3"]], "trials": 106 });
    let (code, answer) = server.post("/api/study", &body);
    assert_eq!((code, &answer["elsewhere"]), (200, &json!([[path, "\"2h\""]])));
    assert!(answer["study"].is_u64(), "{}", answer["problems"]);
    let knob = answer["knobs"].as_array().unwrap().iter().find(|knob| knob["path"] == path).unwrap();
    assert_eq!((&knob["value"], &knob["now"]), (&json!("\"2h\""), &json!(7_200_000.0)));
    assert!(knob["file"].as_str().unwrap().ends_with("published.toml"));
    // The file itself is as it was.
    assert_eq!(fs::read_to_string(project("scenarios/hands-off.toml")).unwrap(), text);
}

#[test]
fn one_trial_is_played_on_its_fleet() {
    let server = Server::of("scenarios/small.toml");
    let study = server.study(&small())["study"].clone();
    let ask = |strategy: u64, trial: u64| {
        server.post("/api/trial", &json!({ "study": study, "strategy": strategy, "trial": trial }))
    };
    let (code, told) = ask(2, 17);
    assert_eq!(code, 200, "{told}");
    assert!(told["figure"].as_str().unwrap().starts_with("<svg"));
    let fleet = &told["fleet"];
    assert_eq!(fleet["zones"].as_array().unwrap().len(), 8);
    assert_eq!(fleet["zones"][0], json!({ "region": "us-east", "name": "a", "hosts": 20 }));
    let changes = fleet["changes"].as_array().unwrap();
    let at = |change: &Value| change[0].as_u64().unwrap();
    assert!(!changes.is_empty() && changes.windows(2).all(|pair| at(&pair[0]) <= at(&pair[1])));
    assert!(changes.iter().all(|change| at(change) <= fleet["end_ms"].as_u64().unwrap()));
    assert_eq!(fleet["waves"][0]["name"], "everywhere");
    assert_eq!(ask(3, 0).0, 422);
    assert_eq!(ask(0, 10_000_000).0, 422);
}

#[test]
fn a_study_beyond_its_budget_fails_with_the_reason() {
    let folder = tempdir().unwrap();
    let text = "[[fleet.region]]\nname = \"r\"\nhosts-per-zone = 20000000\n[[strategy]]\nname = \"s\"\nbatch = 1\nwave = [{ regions = \"all\" }]\n";
    fs::write(folder.path().join("s.toml"), text).unwrap();
    let server = Server::start(folder.path(), "s.toml");
    let mut listener = server.listen();
    let study = server.study(text)["study"].clone();
    let (name, failed) = listener.next();
    assert_eq!((name.as_str(), &failed["study"]), ("failed", &study));
    assert!(failed["message"].as_str().unwrap().contains("15,000,000 batches"), "{failed}");
    // It goes on with the next one.
    let good = text.replace("20000000", "20");
    let study = server.study(&good)["study"].as_u64().unwrap();
    assert_eq!(listener.until_final(study).last().unwrap()["trials"], 1000);
}

#[test]
fn a_closed_page_frees_the_study() {
    let server = Server::of("scenarios/small.toml");
    let mut page = server.listen();
    // What is over is still told, and its trials can still be played.
    let over = server.study(&long(300))["study"].as_u64().unwrap();
    let last = page.until_final(over).pop();
    drop(page);
    std::thread::sleep(Duration::from_secs(8));
    let mut page = server.listen();
    assert_eq!(Some(page.next().1), last);
    let (code, _) = server.post("/api/trial", &json!({ "study": over, "strategy": 0, "trial": 0 }));
    assert_eq!(code, 200);
    let study = server.study(&long(5_000_000))["study"].clone();
    while page.next().1["study"] != study {}
    drop(page);
    std::thread::sleep(Duration::from_secs(8));
    let (name, said) = server.listen().next();
    assert_eq!((name.as_str(), &said["study"]), ("failed", &study));
    assert!(said["message"].as_str().unwrap().contains("nobody was looking"), "{said}");
    let (code, _) = server.post("/api/trial", &json!({ "study": study, "strategy": 0, "trial": 0 }));
    assert_eq!(code, 409);
}

#[test]
fn it_ends_at_once_and_has_written_nothing() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("s.toml"), small()).unwrap();
    let mut server = Server::start(folder.path(), "s.toml");
    let mut listener = server.listen();
    let study = server.study(&long(5_000_000))["study"].clone();
    while listener.next().1["study"] != study {}
    let (status, said) = server.interrupt();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.ends_with("ended\n"), "{said}");
    let mut rest = Vec::new();
    let _ = listener.lines.read_to_end(&mut rest);
    let files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["s.toml"]);
    assert_eq!(fs::read_to_string(folder.path().join("s.toml")).unwrap(), small());
}

#[test]
fn a_taken_port_and_a_file_that_is_none_are_said_with_a_way_out() {
    let server = Server::of("scenarios/small.toml");
    let port = server.port.to_string();
    for (args, error, hint) in [
        (
            vec!["scenarios/small.toml", "--port", port.as_str()],
            format!("error: another program listens on port {port}"),
            "leave --port out",
        ),
        (
            vec!["none.toml"],
            "error: cannot read none.toml: no such file".to_owned(),
            "wavetank init none.toml",
        ),
        (vec!["scenarios"], "error: cannot read scenarios: it is no ordinary file".to_owned(), ""),
        (vec!["-"], "error: `-` cannot be served: it is no file".to_owned(), "save it"),
        (
            vec!["git:HEAD:scenarios/small.toml"],
            "error: `git:HEAD:scenarios/small.toml` cannot be served".to_owned(),
            "save it",
        ),
        (
            vec!["scenarios/small.toml", "--port", "70000"],
            "error: invalid value '70000'".to_owned(),
            "0 to 65535",
        ),
    ] {
        let output = command(&project(""), &args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&error) && said.contains(hint), "{said}");
    }
}

#[test]
fn the_page_is_complete_and_says_what_it_may_do() {
    let server = Server::of("scenarios/small.toml");
    let answer = server.get("/");
    assert_eq!(status(&answer), 200);
    let policy = header(&answer, "content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let page = content(&answer);
    let data = page.split("<script type=\"application/json\" id=\"tank-data\">").nth(1).unwrap();
    let data: Value = serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    assert_eq!((&data["file"], &data["limits"]["body"]), (&json!("scenarios/small.toml"), &json!(1 << 20)));
    assert_eq!(data["text"], small());
    assert_eq!(Plan::parse("small", data["text"].as_str().unwrap()).unwrap().name, "small");
}
