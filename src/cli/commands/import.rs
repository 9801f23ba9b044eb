//! `wavetank import`: a scenario of the files of other tools. The scenario is the data asked for; what was kept, changed and
//! lost goes to standard error.

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::input::{self, STDIN_NAME, counted};
use crate::cli::io::{Io, STDIN};
use crate::cli::options::Format;
use crate::cli::targets::Targets;
use crate::import::{ForeignFile, Imported, MAX_BYTES, import};
use crate::outlet::shell_word;
use crate::plan::{Plan, Strategy};
use crate::report::document::Terminal;
use crate::report::imported;
use crate::scenario;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that are read of a file at most, one more than is taken.
const MOST_BYTES: u64 = MAX_BYTES as u64 + 1;

const EXAMPLES: &str = "\
Examples:
  wavetank import rollout.yaml analysis.yaml alerts.yaml -o my.toml
  wavetank import template.yaml --set StageName=prod -o my.toml
  wavetank import canary.yaml --into my.toml     add its strategy to a scenario
  kubectl get rollout web -o yaml | wavetank import - | less
  wavetank import rollout.yaml --format json | jq '.losses[]'

What is understood: docs/import.md. Charts, overlays and programs that make YAML are rendered first:
  helm template CHART | wavetank import -
  kubectl kustomize FOLDER | wavetank import -
  cdk synth | wavetank import -";

/// Arguments of `wavetank import`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Files of other tools, read together; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// File to write the scenario to
    #[arg(short, long, value_name = "FILE", default_value = STDIN, conflicts_with = "into")]
    output: String,
    /// Add strategies and alarms to this scenario
    #[arg(long, value_name = "SCENARIO")]
    into: Option<String>,
    /// What a parameter of the files is (repeatable)
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_given)]
    given: Vec<(String, String)>,
    /// Overwrite the output if it exists
    #[arg(long)]
    force: bool,
    /// Print for people, or the scenario and the report for programs
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn parse_given(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "write NAME=VALUE".to_owned())?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// Imports the files.
///
/// # Errors
/// When a file cannot be read or understood, or what comes of it cannot be written.
pub fn run(args: &Args, io: &mut Io) -> Result<Exit, CliError> {
    let target = args.into.as_deref().unwrap_or(&args.output);
    if args.into.is_none() && target != STDIN && !args.force && Path::new(target).symlink_metadata().is_ok() {
        return Err(CliError::invalid(format!("{target} exists already"))
            .hint("choose another name, overwrite it with --force, or add to it with --into"));
    }
    let existing = args.into.as_deref().map(|path| existing(path, io)).transpose()?;
    let files = read_all(&args.files, io)?;
    let occupied = existing.as_ref().map_or_else(Vec::new, |(plan, _)| names(plan));
    let given: BTreeMap<String, String> = args.given.iter().cloned().collect();
    let imported = import(&files, &given, occupied);
    for name in &imported.idle {
        io.say("warning", format_args!("no file asks for `{name}`, which --set gives"));
    }
    let command = command(args);
    let text = imported.is_sound().then(|| match &existing {
        None => imported.scenario(&command),
        Some((_, text)) => imported.added_to(text, &command),
    });
    if args.format == Format::Json {
        io.data(format!("{:#}\n", imported::json(&imported, text.as_deref())))?;
    }
    let Some(text) = text else { return refused(&imported, args.format, io) };
    // Alone it was held against the rules when it was imported.
    if existing.is_some() {
        check(&text, target, io)?;
    }
    if target != STDIN {
        Targets::open(vec![target.into()])?.commit(&[&text])?;
    } else if args.format == Format::Text {
        io.data(&text)?;
    }
    if args.format == Format::Text {
        tell(&imported, io);
        if let Some((plan, _)) = &existing {
            tell_listeners(plan, &imported, io);
        }
    }
    if target != STDIN {
        io.talk(format_args!("wrote {target}: put in what is true for you at the lines marked <--"));
        io.next(format_args!("wavetank run {}", shell_word(target)));
    }
    Ok(Exit::Ok)
}

/// The command that repeats this import, for the scenario's first line.
fn command(args: &Args) -> String {
    let mut words = vec!["wavetank import".to_owned()];
    words.extend(args.files.iter().map(|file| shell_word(file)));
    words.extend(
        args.given.iter().map(|(name, value)| format!("--set {}", shell_word(&format!("{name}={value}")))),
    );
    words.join(" ")
}

fn read_all(names: &[String], io: &mut Io) -> Result<Vec<ForeignFile>, CliError> {
    if names.iter().filter(|name| *name == STDIN).count() > 1 {
        return Err(CliError::invalid("standard input can be read only once").hint("give `-` once"));
    }
    let mut files = Vec::new();
    for name in names {
        if name == STDIN {
            let bytes = io.read_stdin_bytes(MOST_BYTES)?;
            files.push(ForeignFile { name: STDIN_NAME.to_owned(), bytes });
            continue;
        }
        let path = Path::new(name);
        let read = |file: File| {
            let mut bytes = Vec::new();
            file.take(MOST_BYTES).read_to_end(&mut bytes).map(|_| bytes)
        };
        let bytes = File::open(path).and_then(read).map_err(|error| {
            let error = CliError::at_path("read", path, &error);
            if path.is_dir() { error.hint(format!("name the files: {name}/*.yaml")) } else { error }
        })?;
        files.push(ForeignFile { name: name.clone(), bytes });
    }
    Ok(files)
}

/// The plan and the text of the scenario that is added to.
fn existing(path: &str, io: &mut Io) -> Result<(Plan, String), CliError> {
    if path == STDIN {
        return Err(CliError::invalid("--into needs a file").hint("name the scenario to add to"));
    }
    let plan = input::plan(path, &crate::plan::Restriction::default(), input::Warnings::Counted, io)?;
    let text =
        std::fs::read_to_string(path).map_err(|error| CliError::at_path("read", path.as_ref(), &error))?;
    Ok((plan, text))
}

/// Names that are not free in a scenario.
fn names(plan: &Plan) -> Vec<String> {
    let strategies = plan.strategies.iter().map(|strategy| strategy.name.clone());
    strategies.chain(plan.alarms.iter().map(|alarm| alarm.name.clone())).collect()
}

/// Holds that the scenario `name` is accepted with what is added to it.
fn check(text: &str, name: &str, io: &mut Io) -> Result<(), CliError> {
    let loaded = scenario::load_with(Path::new(name), &|path| {
        if path == Path::new(name) { Ok(text.as_bytes().to_vec()) } else { std::fs::read(path) }
    });
    if loaded.plan.is_some() {
        return Ok(());
    }
    io.talk(loaded.problems.render(io.stderr_color()).trim_end());
    Err(CliError::invalid("what these files say together is no scenario: see above; nothing was written")
        .hint("import the files one by one, or correct what is said above in them"))
}

/// Tells what was kept, changed and lost.
fn tell(imported: &Imported, io: &mut Io) {
    let terminal = Terminal { width: io.width, color: io.stderr_color() };
    io.talk(terminal.readable().render(&imported::document(imported)).trim_end());
}

fn refused(imported: &Imported, format: Format, io: &mut Io) -> Result<Exit, CliError> {
    if format == Format::Text {
        if !imported.losses.is_empty() {
            tell(imported, io);
        }
        io.talk(imported.render(io.stderr_color()).trim_end());
    }
    let errors = counted(imported.problems.len(), "error");
    Err(CliError::invalid(format!("nothing was imported: {errors}"))
        .hint("correct what is said above; `wavetank explain RULE` tells more about a rule"))
}

/// Strategies that list no alarms listen to the new ones, too, which their author may not expect.
fn tell_listeners(plan: &Plan, imported: &Imported, io: &mut Io) {
    let new = imported.alarms().count();
    // As many as there are: either they are all listed, or none is.
    let all = |strategy: &&Strategy| strategy.alarms.len() == plan.alarms.len();
    let listeners: Vec<&str> =
        plan.strategies.iter().filter(all).map(|strategy| strategy.name.as_str()).collect();
    if new > 0 && !listeners.is_empty() {
        io.say(
            "note",
            format_args!(
                "strategies that do not list their `alarms` listen to the new ones, too; check {}",
                listeners.join(", ")
            ),
        );
    }
}
