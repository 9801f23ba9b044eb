//! What a terminal gets: a rollout that is played, and a plot of a study. Both in a terminal of `script`; what no terminal gets.

use crate::support::project;
use std::process::{Command, Output};

const WAVETANK: &str = env!("CARGO_BIN_EXE_wavetank");
const OPEN: &str = "\u{1b}[?1049h\u{1b}[?25l";
const CLOSE: &str = "\u{1b}[?25h\u{1b}[?1049l";

fn small() -> String {
    project("scenarios/small.toml").display().to_string()
}

/// Into a pipe.
fn piped(args: &[&str]) -> Output {
    Command::new(WAVETANK).args(args).output().expect("wavetank runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn nobody_watches_a_pipe() {
    let file = small();
    let replay = ["replay", file.as_str(), "--strategy", "careful", "--trial", "0"];
    let done = piped(&[&replay[..], &["--watch"]].concat());
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains("standard output is none") && said.contains("--format perfetto"), "{said}");
    for others in [&["--watch", "--format", "jsonl"][..], &["--watch", "--pipeline"], &["--speed", "3"]] {
        let done = piped(&[&replay[..], others].concat());
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(2) && said.contains("--watch"), "{others:?}: {said}");
    }
}

#[test]
fn a_plot_is_for_terminals_and_pipes_get_what_they_got() {
    let run = |plot: &[&str]| {
        let file = small();
        let args = [&["run", &file, "--no-output", "--trials", "300"], plot].concat();
        stdout(&piped(&args))
    };
    let (auto, always, never) = (run(&[]), run(&["--plot", "always"]), run(&["--plot", "never"]));
    assert_eq!(auto, never);
    let begin = always.find("\nSpeed against harm").expect("the plot");
    let rest = always[begin..].find("\n\nHow to read this").expect("what follows it");
    assert_eq!(auto, format!("{}{}", &always[..begin], &always[begin + rest + 1..]), "nothing else moves");
    assert!(always[begin..begin + rest].contains("A careful, the baseline: "), "{always}");
}

/// In a terminal of Linux's `script`.
#[cfg(target_os = "linux")]
mod terminal {
    use super::{CLOSE, OPEN, WAVETANK, small};
    use std::io::{Read, Write};
    use std::process::{Child, Command, Stdio};
    use wavetank::outlet::shell_word;

    /// Starts the command in a terminal of so many columns.
    fn start(args: &[&str], columns: &str, environment: &[(&str, &str)]) -> Child {
        let words: Vec<String> = args.iter().map(|arg| shell_word(arg)).collect();
        let mut script = Command::new("script");
        script.args(["-qec", &format!("{WAVETANK} {}", words.join(" ")), "/dev/null"]);
        script.env("COLUMNS", columns).env("LINES", "20").env("TERM", "xterm").env_remove("NO_COLOR");
        script.env("LC_ALL", "C.UTF-8").envs(environment.iter().copied());
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        script.spawn().expect("`script` is part of every Linux")
    }

    /// What the terminal got until the end, after `keys` were pressed once it showed something; and the exit code.
    fn until_end(mut child: Child, keys: &[u8]) -> (String, Option<i32>) {
        let mut out = child.stdout.take().expect("piped");
        let mut input = child.stdin.take().expect("piped");
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        let mut pressed = keys.is_empty();
        loop {
            let read = out.read(&mut buffer).unwrap_or(0);
            if read == 0 {
                break;
            }
            all.extend_from_slice(&buffer[..read]);
            if !pressed && String::from_utf8_lossy(&all).contains("careful, trial 1") {
                input.write_all(keys).and_then(|()| input.flush()).expect("it listens");
                pressed = true;
            }
        }
        drop(input);
        (String::from_utf8_lossy(&all).into_owned(), child.wait().expect("it ends").code())
    }

    fn watch<'a>(file: &'a str, speed: &'a str) -> [&'a str; 9] {
        ["replay", file, "--strategy", "careful", "--trial", "1", "--watch", "--speed", speed]
    }

    #[test]
    fn the_whole_is_played_and_the_last_frame_stays() {
        let file = small();
        let child = start(&watch(&file, "1e9"), "40", &[("NO_COLOR", "1")]);
        let (got, code) = until_end(child, b"");
        assert_eq!(code, Some(0), "{got}");
        let (before, after) = got.split_once(CLOSE).expect("the terminal is given back");
        assert!(before.contains(OPEN), "{before}");
        assert!(after.contains("us-east") && after.contains("careful"), "{after}");
        assert!(!after.contains(CLOSE) && !after.contains('\u{1b}'), "{after:?}");
        assert!(
            after.lines().all(|line| line.trim_end().chars().count() <= 40 || line.starts_with("next: ")),
            "{after}"
        );
    }

    #[test]
    fn q_leaves_and_so_does_ctrl_c_and_both_give_the_terminal_back() {
        let file = small();
        for (keys, expected) in [(b"q".as_slice(), Some(0)), (b"\x03", Some(130))] {
            // So slow that it would take hours.
            let (got, code) = until_end(start(&watch(&file, "1"), "80", &[]), keys);
            assert_eq!(code, expected, "{got}");
            assert!(got.contains(OPEN) && got.matches(CLOSE).count() == 1, "{got:?}");
        }
    }

    #[test]
    fn a_step_goes_to_the_next_change_and_stays_there() {
        let file = small();
        let (got, code) = until_end(start(&watch(&file, "1"), "80", &[]), b"...q");
        assert_eq!(code, Some(0), "{got}");
        let (_, after) = got.split_once(CLOSE).expect("the terminal is given back");
        assert!(!after.contains("0d 00:00:00"), "{after}");
    }

    #[test]
    fn a_study_is_plotted_in_letters_that_the_terminal_has() {
        let file = small();
        let args = ["run", file.as_str(), "--no-output", "--trials", "100"];
        let plot = |got: &str| got.contains("Speed against harm");
        let (wide, _) = until_end(start(&args, "100", &[]), b"");
        assert!(plot(&wide) && wide.contains('┤'), "{wide}");
        let (ascii, _) = until_end(start(&args, "100", &[("LC_ALL", "C")]), b"");
        assert!(plot(&ascii) && !ascii.contains('┤'), "{ascii}");
        assert!(!plot(&until_end(start(&args, "50", &[]), b"").0), "too narrow");
        let never = [&args[..], &["--plot", "never"]].concat();
        assert!(!plot(&until_end(start(&never, "100", &[]), b"").0));
    }
}
