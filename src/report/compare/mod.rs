//! Two plans compared, for every place where people review: terminal, pull request, CI log, test report.
//! JSON is [`super::json::pretty`].

mod findings;
pub mod github;
pub mod junit;
pub mod markdown;
pub mod of_study;
mod options;
pub mod text;
pub mod words;

pub use options::{Options, StrategyPlace};

#[cfg(test)]
mod tests {
    use super::{Options, github, junit, markdown, text};
    use crate::outcome::measures::Subject;
    use crate::report::command::GivenScenario;
    use crate::report::compared as sample;
    use crate::report::document::Terminal;
    use crate::study::compare::Compared;
    use crate::study::verdict::MeasureChange;
    use proptest::prelude::*;

    const fn named(file: &str) -> GivenScenario<'_> {
        GivenScenario { file, estimator: Some("by-defect"), allow_outside: false }
    }

    const OPTIONS: Options = Options {
        baseline_file: Some(named("old/hands off.toml")),
        candidate_file: Some(named("plans/hands-off.toml")),
        accept: None,
        warnings: &[],
        places: &[],
        allow_inconclusive: false,
    };
    const LENIENT: Options = Options { allow_inconclusive: true, ..OPTIONS };

    /// Names that mean something to Markdown, GitHub, XML, a shell or a log.
    const NASTY: [&str; 10] = [
        "@team/oncall",
        "a|b",
        "`` ` ```",
        "</details><script>alert(1)</script>",
        "--> <!-- x",
        "x\r\n::error::y",
        "]]>\u{0}\u{1b}[31m\u{ffff}&amp;\"'",
        "#1 *bold* _under_ ~~no~~ $x$ [l](u)",
        "100%0A:,",
        "🚢 größe \\",
    ];

    /// Snapshots of all reports are in one folder.
    fn snapshot(name: &str, text: &str) {
        insta::with_settings!({snapshot_path => "../snapshots"}, {
            insta::assert_snapshot!(name, text);
        });
    }

    fn terminal(compared: &Compared, width: usize) -> String {
        text::report(compared, &OPTIONS, &Terminal::plain(width))
    }

    #[test]
    fn text_is_readable_at_all_widths() {
        for width in [60, 80, 100, 200] {
            snapshot(&format!("text_{width}"), &terminal(&sample::compared(), width));
        }
    }

    #[test]
    fn what_did_not_change_takes_one_line() {
        let text = terminal(&sample::unchanged(), 100);
        snapshot("text_unchanged", &text);
        assert!(!text.contains("[interval]") && !text.contains("Regressed:"), "{text}");
        let line = "  no change in any trial: at-once (2 comparisons); careful: mean of regions_touched (800 pairs)\n";
        assert!(terminal(&sample::compared(), 120).contains(line));
        let comment = markdown::comment(&sample::unchanged(), &OPTIONS);
        assert!(
            comment.contains("\nNo change in any trial: careful, at-once (3 comparisons).\n"),
            "{comment}"
        );
        assert!(!comment.contains("\n| "), "{comment}");
    }

    #[test]
    fn what_is_compared_is_said() {
        let mut within = sample::unchanged();
        within.baseline_strategy = Some("careful".into());
        assert!(terminal(&within, 100).contains("\n  one plan: its strategies are compared with careful,"));
        let mut seeds = sample::compared();
        assert!(terminal(&seeds, 100).contains("Both plans met the same trials"));
        (seeds.paired, seeds.candidate.seed) = (false, 43);
        assert!(terminal(&seeds, 100).contains("The seeds differ"));
        seeds.candidate.seed = seeds.baseline.seed;
        assert!(terminal(&seeds, 100).contains("another version of the model"));
    }

    #[test]
    fn strategies_that_are_gone_are_in_the_verdict_and_the_log() {
        let passing = sample::passing();
        assert!(super::words::verdict(&passing, &OPTIONS).ends_with("; 1 strategy is gone (yolo)."));
        let log = github::annotations(&passing, &OPTIONS);
        assert!(
            log.contains(
                "::warning file=plans/hands-off.toml,title=strategies not compared::Not compared: yolo"
            ),
            "{log}"
        );
    }

    #[test]
    fn no_line_of_text_is_wider_than_the_terminal() {
        for width in [60, 72, 80, 100, 120, 400] {
            for compared in [sample::compared(), sample::called(&"long name ".repeat(10), 40)] {
                for line in terminal(&compared, width).lines() {
                    let is_command = line.starts_with("    wavetank replay");
                    let is_word = !line.trim().contains(' ');
                    assert!(is_command || is_word || line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn color_of_text_only_repeats_words() {
        let colored = text::report(&sample::compared(), &OPTIONS, &Terminal { color: true, width: 100 });
        assert!(colored.contains("\n  \u{1b}[31m✗ fail\u{1b}[0m"), "{colored}");
        assert!(colored.contains("\u{1b}[31mregressed\u{1b}[0m\n"), "{colored}");
        let mut plain = colored;
        for code in ["0", "1", "31", "32", "33"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(plain, terminal(&sample::compared(), 100));
    }

    #[test]
    fn verdicts_can_be_quoted() {
        let mut nothing = sample::passing();
        nothing.rows.clear();
        nothing.thresholds.clear();
        let verdicts = [
            super::words::verdict(&sample::compared(), &OPTIONS),
            super::words::verdict(&sample::passing(), &OPTIONS),
            super::words::verdict(&sample::undecided(), &OPTIONS),
            super::words::verdict(&sample::undecided(), &LENIENT),
            super::words::verdict(&nothing, &OPTIONS),
        ];
        snapshot("verdicts", &verdicts.join("\n"));
    }

    #[test]
    fn rows_are_sentences() {
        let compared = sample::compared();
        let all: Vec<String> = compared.rows.iter().map(super::words::sentence).collect();
        snapshot("rows", &all.join("\n"));
    }

    #[test]
    fn markdown_fits_a_review() {
        snapshot("markdown", &markdown::comment(&sample::compared(), &OPTIONS));
        snapshot("markdown_passing", &markdown::comment(&sample::passing(), &LENIENT));
    }

    #[test]
    fn github_annotations_say_what_fails_and_how_to_see_it() {
        snapshot("github", &github::annotations(&sample::compared(), &OPTIONS));
        let lenient = github::annotations(&sample::undecided(), &LENIENT);
        assert!(!lenient.contains("::error"), "{lenient}");
        let passing = github::annotations(&sample::passing(), &OPTIONS);
        assert!(
            passing.contains("::notice file=plans/hands-off.toml,title=rollout gate passed::"),
            "{passing}"
        );
    }

    #[test]
    fn junit_has_a_suite_a_strategy() {
        let report = junit::document(&sample::compared(), &OPTIONS);
        snapshot("junit", &report);
        assert!(well_formed(&report).is_ok());
        assert!(report.contains("<failure type=\"inconclusive\""));
        let lenient = junit::document(&sample::compared(), &LENIENT);
        assert!(!lenient.contains("type=\"inconclusive\"") && lenient.contains("<skipped message="));
    }

    #[test]
    fn the_marker_is_one_comment_that_no_name_can_end() {
        assert_eq!(markdown::marker(Subject::Rollout, "hands-off"), "wavetank:gate hands-off");
        assert_eq!(markdown::marker(Subject::Pipeline, "a--b> é"), "wavetank:pipeline-gate a-%2Db%3E é");
        for name in NASTY {
            let marker = markdown::marker(Subject::Rollout, name);
            assert!(!marker.contains("--") && marker.lines().count() == 1, "{marker}");
        }
    }

    #[test]
    fn five_hundred_rows_with_nasty_names_respect_every_limit() {
        let long = NASTY.iter().map(|name| name.repeat(40)).chain(NASTY.map(str::to_owned));
        for name in long.chain(["@".repeat(1000), "🚢".repeat(1000), "`".repeat(1000)]) {
            check(&sample::called(&name, 500), &name);
        }
    }

    proptest! {
        #![proptest_config(crate::properties::cases(64))]

        #[test]
        fn no_name_breaks_a_report(name in "\\PC{0,30}|(.|\r|\n){0,30}", count in 0_usize..30) {
            check(&sample::called(&name, count), &name);
        }
    }

    /// The promises that every report keeps.
    fn check(compared: &Compared, name: &str) {
        let comment = markdown::comment(compared, &OPTIONS);
        assert!(comment.len() < 60_000, "{} bytes for {name:?}", comment.len());
        assert!(comment.starts_with("<!-- wavetank:gate "), "{comment}");
        let read = without_code(&comment);
        assert_eq!((read.matches("<details>").count(), read.matches("</details>").count()), (1, 1), "{read}");
        let (above, below) = read.split_once("<details>").expect("details");
        let is_row = |line: &&str| line.starts_with("| ");
        assert!(above.lines().filter(is_row).count() <= 11, "ten rows and their head: {above}");
        for text in [above, below] {
            for line in text.lines().filter(is_row) {
                let pipes = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
                assert_eq!(pipes, 6, "{line}");
            }
            assert_eq!(text.matches('@').count(), text.matches("@&#8203;").count(), "{text}");
            assert!(!text.to_lowercase().contains("<script"), "{text}");
            assert!(!text.replace("\\\\", "").replace("\\`", "").contains('`'), "{text}");
        }
        let summary = github::step_summary(compared, &OPTIONS);
        assert!(summary.len() < 1 << 20);

        let log = github::annotations(compared, &OPTIONS);
        for level in ["::error", "::warning", "::notice"] {
            assert!(log.lines().filter(|line| line.starts_with(level)).count() <= 10, "{log}");
        }
        assert!(log.lines().all(|line| line.starts_with("::")), "{log}");
        assert!(!log.contains('\r'), "{log}");

        let report = junit::document(compared, &OPTIONS);
        assert_eq!(well_formed(&report), Ok(()), "{name:?}");
        let cases = compared.rows.len() + compared.thresholds.len();
        assert_eq!(report.matches("<testcase ").count(), cases);
        let failed = compared.rows.iter().filter(|row| row.change == MeasureChange::Regressed).count();
        assert!(report.matches("<failure ").count() >= failed);
    }

    /// A comment without its blocks of code, in which nothing has a meaning.
    fn without_code(comment: &str) -> String {
        let mut lines: Vec<&str> = comment.split('\n').collect();
        while let Some(first) = lines.iter().position(|line| line.starts_with("```")) {
            let fence = lines[first].trim_end_matches("sh");
            let last = first + 1 + lines[first + 1..].iter().position(|line| *line == fence).expect("closed");
            lines.drain(first..=last);
        }
        lines.join("\n")
    }

    /// Whether a document of elements, attributes and text is well-formed XML 1.0; what is wrong otherwise.
    fn well_formed(document: &str) -> Result<(), String> {
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        if let Some(bad) = document.chars().find(|&c| !allowed(c)) {
            return Err(format!("forbidden character {bad:?}"));
        }
        let body = document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").ok_or("no head")?;
        let mut open: Vec<&str> = Vec::new();
        for (index, part) in body.split('<').enumerate() {
            if index == 0 {
                continue;
            }
            // No attribute has a raw `>`: we escape it.
            let (tag, content) = part.split_once('>').ok_or_else(|| format!("unclosed tag {part}"))?;
            references(content)?;
            if !content.trim().is_empty() && open.is_empty() {
                return Err(format!("text outside: {content}"));
            }
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return Err(format!("{name} closes another"));
                }
                continue;
            }
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            attributes_are_sound(attributes)?;
            if !is_empty {
                open.push(name);
            }
        }
        if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
    }

    fn attributes_are_sound(attributes: &str) -> Result<(), String> {
        let mut seen = Vec::new();
        let mut rest = attributes;
        while !rest.is_empty() {
            let (name, after) = rest.split_once("=\"").ok_or_else(|| format!("no value: {rest}"))?;
            let (value, after) = after.split_once('"').ok_or_else(|| format!("no end: {after}"))?;
            references(value)?;
            if seen.contains(&name) || !name.chars().all(|c| c.is_ascii_lowercase()) {
                return Err(format!("bad attribute {name:?}"));
            }
            seen.push(name);
            rest = after.strip_prefix(' ').unwrap_or(after);
            if !after.is_empty() && after == rest {
                return Err(format!("no blank before {after}"));
            }
        }
        Ok(())
    }

    fn references(text: &str) -> Result<(), String> {
        for part in text.split('&').skip(1) {
            let (name, _) = part.split_once(';').ok_or_else(|| format!("bare ampersand: {part}"))?;
            if !["amp", "lt", "gt", "quot", "apos", "#9", "#10", "#13"].contains(&name) {
                return Err(format!("unknown reference {name}"));
            }
        }
        Ok(())
    }
}
