//! Values of a scenario that are set from outside of its text: the value at a path, such as `alarm.late.publish-delay`, is
//! replaced by another one, or by so many times itself. It works on texts before they are read, so that a set value is
//! read, judged and pointed at as one that was written.

use super::value::{Duration, Percent};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What becomes of the value at a path.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueSetting {
    /// Keys from the root, joined by dots. Entries of lists go by their `name`, or by their number from 1. A path through
    /// the `scenario` of a stage leads into that one's files.
    pub path: String,
    /// What is there instead.
    pub value: NewValue,
}

/// A value in place of another one.
#[derive(Debug, Clone, PartialEq)]
pub enum NewValue {
    /// This one, in TOML.
    Toml(String),
    /// So many times what is written: of a number, a count, a duration or a percentage, of which 100 % is the most.
    Times(f64),
}

/// Between a stage and what is in its own scenario.
const STAGE: &str = "pipeline.stage.";
const OF_STAGE: &str = ".scenario.";

impl ValueSetting {
    /// This TOML at a path; none unless it is one value and nothing beside it, not even a comment.
    #[must_use]
    pub fn of_toml(path: &str, toml: &str) -> Option<Self> {
        const KEY: &str = "value = ";
        let text = format!("{KEY}{toml}");
        let table = DeTable::parse(&text).ok()?;
        let value = table.get_ref().values().next().filter(|_| table.get_ref().len() == 1)?;
        let is_all = value.span() == (KEY.len()..text.len());
        is_all.then(|| Self { path: path.to_owned(), value: NewValue::Toml(toml.to_owned()) })
    }

    /// The path as it is in the files of a scenario: of the one at hand, or of that of a stage. None if it leads elsewhere.
    fn within<'s>(&'s self, stage: Option<&str>) -> Option<&'s str> {
        match stage {
            None => Some(&self.path),
            Some(stage) => self.path.strip_prefix(STAGE)?.strip_prefix(stage)?.strip_prefix(OF_STAGE),
        }
    }
}

/// The text with what is set in it: in a file of the scenario itself, or of that of a stage. `done` has for each setting what
/// stands at its place now, once it has found one in some file. Of two settings at one place the later one has it.
pub(super) fn apply(
    text: String,
    settings: &[ValueSetting],
    stage: Option<&str>,
    done: &mut [Option<String>],
) -> String {
    let of_here =
        settings.iter().zip(done).filter_map(|(setting, done)| Some((setting.within(stage)?, setting, done)));
    let mut of_here = of_here.peekable();
    if of_here.peek().is_none() {
        return text;
    }
    let Ok(table) = DeTable::parse(&text) else { return text };
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (path, setting, done) in of_here {
        let Some(range) = place(&text, table.get_ref(), path) else { continue };
        let Some(value) = setting.value.of(&text[range.clone()]) else { continue };
        // The file that includes others is read before them, and has the last word.
        done.get_or_insert(value.clone());
        edits.retain(|(other, _)| other.end <= range.start || range.end <= other.start);
        edits.push((range, value));
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.clone();
    edits.into_iter().for_each(|(range, value)| text.replace_range(range, &value));
    text
}

impl NewValue {
    /// What stands in place of a value as it is written; none where that cannot be multiplied.
    fn of(&self, written: &str) -> Option<String> {
        match self {
            Self::Toml(toml) => Some(toml.clone()),
            Self::Times(factor) => times(written, *factor),
        }
    }
}

/// Where the value at `path` is in the text, if it is one that can be replaced: written in one piece, as no table under a
/// header is.
pub(super) fn place(text: &str, table: &DeTable<'_>, path: &str) -> Option<Range<usize>> {
    let found = in_table(table, path)?;
    let range = found.span();
    let whole = match found.get_ref() {
        DeValue::Table(_) => text[range.clone()].starts_with('{'),
        DeValue::Array(entries) => entries.iter().all(|entry| range.contains(&entry.span().start)),
        _ => true,
    };
    whole.then_some(range)
}

/// The value at `path`; of two keys of which one begins as the other does the longer one comes first.
fn in_table<'t>(table: &'t DeTable<'t>, path: &str) -> Option<&'t Spanned<DeValue<'t>>> {
    let mut keys: Vec<(&str, &Spanned<DeValue<'_>>)> =
        table.iter().map(|(key, value)| (key.get_ref().as_ref(), value)).collect();
    keys.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
    keys.into_iter().find_map(|(key, value)| in_value(value, after(path, key)?))
}

fn in_value<'t>(value: &'t Spanned<DeValue<'t>>, rest: &str) -> Option<&'t Spanned<DeValue<'t>>> {
    if rest.is_empty() {
        return Some(value);
    }
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, rest),
        DeValue::Array(entries) => entries.iter().zip(1..).find_map(|(entry, number)| {
            let name = name_of(entry.get_ref());
            let by_name = name.and_then(|name| after(rest, name));
            in_value(entry, by_name.or_else(|| after(rest, &format!("{number}")))?)
        }),
        _ => None,
    }
}

fn name_of<'t>(entry: &'t DeValue<'t>) -> Option<&'t str> {
    entry.as_table()?.get("name")?.get_ref().as_str()
}

/// What follows `key` in a path that begins with it.
fn after<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// So many times a value, as TOML; none where that is no value, as of a word.
fn times(toml: &str, factor: f64) -> Option<String> {
    if let Some(text) = toml.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        let scaled = times_percent(text, factor).or_else(|| times_duration(text, factor))?;
        return Some(format!("\"{scaled}\""));
    }
    if let Ok(count) = toml.parse::<u64>() {
        // Of a count at least one is left.
        let scaled = (count as f64 * factor).round().max(1.0);
        return Some(format!("{scaled}"));
    }
    let number: f64 = toml.parse().ok()?;
    Some(format!("{}", number * factor))
}

fn times_percent(text: &str, factor: f64) -> Option<String> {
    let ratio = Percent::parse(text)?;
    let percent = (ratio.as_f64() * 100.0 * factor).min(100.0);
    let digits = format!("{percent:.9}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    Some(format!("{digits}%"))
}

fn times_duration(text: &str, factor: f64) -> Option<String> {
    let duration = Duration::parse(text).ok()?;
    let ms = (duration.ms as f64 * factor).round().min(Duration::MAX_MS as f64);
    Some(Duration { ms: ms as u64 }.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
name = "x"
[study]
trials = 400
[change]
deploy-time = { lognormal = { median = "4m", sigma = 0.3 } }
bad-probability = "20%"
[[alarm]]
name = "late"
publish-delay = "1h30m"
[[alarm]]
name = "late.too"
publish-delay = "5s"
[[strategy]]
name = "waves"
wave = [{ name = "first", bake = "2d" }, { regions = "rest", bake = "1h" }]
[pipeline]
stage = [{ name = "gamma", scenario = "gamma.toml" }]
"#;

    fn set(path: &str, value: NewValue, stage: Option<&str>) -> (String, bool) {
        let mut done = [None];
        let text = apply(TEXT.to_owned(), &[ValueSetting { path: path.to_owned(), value }], stage, &mut done);
        (text, done[0].is_some())
    }

    fn written(text: &'static str, path: &str) -> Option<&'static str> {
        let table = DeTable::parse(text).expect("valid TOML");
        place(text, table.get_ref(), path).map(|range| &text[range])
    }

    #[test]
    fn a_value_is_one_value() {
        for toml in ["1", "\"30m\"", "true", "[1, 2]", "{ a = 1 }", "[\n1,\n]", "'''a\nb'''", "09:00:00"] {
            assert!(ValueSetting::of_toml("a.b", toml).is_some(), "{toml}");
        }
        let more = ["1 # two", "1\n", "1\n[fleet]\n", "1\nb = 2", "{ a = 1 }\n[value.b]", "1\n[value.b]"];
        for toml in ["", " ", "1 ", " 1", "x", "1, 2"].iter().chain(&more) {
            assert_eq!(ValueSetting::of_toml("a.b", toml), None, "{toml}");
        }
    }

    #[test]
    fn values_are_found_by_keys_names_and_numbers() {
        for (path, value) in [
            ("study.trials", "400"),
            ("change.deploy-time.lognormal.median", "\"4m\""),
            ("change.deploy-time.lognormal", "{ median = \"4m\", sigma = 0.3 }"),
            ("alarm.late.publish-delay", "\"1h30m\""),
            ("alarm.late.too.publish-delay", "\"5s\""),
            ("alarm.2.publish-delay", "\"5s\""),
            ("strategy.waves.wave.first.bake", "\"2d\""),
            ("strategy.waves.wave.2.bake", "\"1h\""),
            ("pipeline.stage.gamma.scenario", "\"gamma.toml\""),
        ] {
            assert_eq!(written(TEXT, path), Some(value), "{path}");
        }
        for path in ["", "study", "study.trial", "alarm", "alarm.early.publish-delay", "alarm.late", "name.x"]
        {
            assert_eq!(written(TEXT, path), None, "{path}");
        }
    }

    #[test]
    fn multiples_keep_their_unit_and_their_bounds() {
        for (value, factor, scaled) in [
            ("400", 0.5, Some("200")),
            ("1", 0.5, Some("1")),
            ("3", 0.5, Some("2")),
            ("0.3", 2.0, Some("0.6")),
            ("\"20%\"", 0.5, Some("\"10%\"")),
            ("\"33.3%\"", 0.5, Some("\"16.65%\"")),
            ("\"60%\"", 2.0, Some("\"100%\"")),
            ("\"1h30m\"", 0.5, Some("\"45m\"")),
            ("\"1h\"", 1.5, Some("\"1h30m\"")),
            ("\"1ms\"", 0.25, Some("\"0s\"")),
            ("\"immediate\"", 2.0, None),
            ("true", 2.0, None),
        ] {
            assert_eq!(times(value, factor).as_deref(), scaled, "{value} {factor}");
        }
    }

    #[test]
    fn several_values_are_set_at_once_and_the_last_word_holds() {
        let set = |path: &str, toml: &str| ValueSetting {
            path: path.to_owned(),
            value: NewValue::Toml(toml.to_owned()),
        };
        let settings = [
            set("change.deploy-time.lognormal.sigma", "0.5"),
            set("study.trials", "7"),
            set("change.deploy-time.lognormal.median", "\"9m\""),
            set("study.trials", "8000"),
            set("alarm.late.publish-delay", "\"1m\""),
        ];
        let mut done = vec![None; settings.len()];
        let text = apply(TEXT.to_owned(), &settings, None, &mut done);
        assert!(done.iter().all(Option::is_some));
        let expected = TEXT
            .replace("sigma = 0.3", "sigma = 0.5")
            .replace("trials = 400", "trials = 8000")
            .replace("median = \"4m\"", "median = \"9m\"")
            .replace("1h30m", "1m");
        assert_eq!(text, expected);
        // A table that is replaced as a whole takes what was set in it along.
        let settings =
            [set("change.deploy-time.lognormal.sigma", "0.5"), set("change.deploy-time", "\"3m\"")];
        let text = apply(TEXT.to_owned(), &settings, None, &mut [None, None]);
        assert!(text.contains("deploy-time = \"3m\"\n"), "{text}");
    }

    #[test]
    fn a_value_is_set_in_place_or_not_at_all() {
        let (text, done) = set("alarm.late.publish-delay", NewValue::Times(2.0), None);
        assert!(done && text.contains("publish-delay = \"3h\""), "{text}");
        let (text, done) = set("strategy.waves.wave.first.bake", NewValue::Toml("\"0s\"".into()), None);
        assert!(done && text.contains("{ name = \"first\", bake = \"0s\" }"), "{text}");
        for path in ["alarm.none.publish-delay", "alarm.late.name", "pipeline.stage.gamma.scenario.change.x"]
        {
            assert_eq!(set(path, NewValue::Times(2.0), None), (TEXT.to_owned(), false), "{path}");
        }
        let inside = "pipeline.stage.gamma.scenario.change.bad-probability";
        let (text, done) = set(inside, NewValue::Toml("\"1%\"".into()), Some("gamma"));
        assert!(done && text.contains("bad-probability = \"1%\""), "{text}");
        assert!(!set(inside, NewValue::Toml("\"1%\"".into()), Some("beta")).1);
    }
}
