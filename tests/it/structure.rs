//! The structure, read from the sources' own imports: no files in a circle, no name for two types, no test forgotten.
//!
//! An import is a `use` line or a path that begins with `crate`, `super` or a child module. It leads to the file that
//! defines what it names: what a module re-exports is looked for where it comes from.

use crate::support::project;
use crate::tidy::{code, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Module = Vec<String>;

/// One module: what its code imports, and what it re-exports under which name ("*" for everything).
#[derive(Default)]
struct Source {
    imports: Vec<Vec<String>>,
    exports: Vec<(String, Vec<String>)>,
}

/// The module that a file is.
fn module(path: &Path) -> Module {
    let inside = path.strip_prefix(project("src")).unwrap().with_extension("");
    let mut segments: Module =
        inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if matches!(segments.last().map(String::as_str), Some("mod" | "lib")) {
        segments.pop();
    }
    segments
}

/// The paths of a `use` tree: `a::{b, c as d}` is `a::b` and `a::c`.
fn paths(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).collect()];
    };
    let prefix: Vec<String> =
        tree[..open].split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let inner = parts.into_iter().filter(|part| !part.trim().is_empty()).flat_map(paths);
    inner.map(|path| [prefix.clone(), path].concat()).collect()
}

/// Code without comments and strings' contents that could look like paths.
fn bare(text: &str) -> String {
    let lines = code(text).lines().map(|line| line.split("//").next().unwrap_or_default());
    // Where something may be seen is no import.
    lines.collect::<Vec<_>>().join("\n").replace("pub(in crate::", "pub(in ")
}

fn read(text: &str) -> Source {
    let (mut source, mut rest) = (Source::default(), String::new());
    for statement in bare(text).split_inclusive(';') {
        let trimmed = statement.trim_start();
        let at = trimmed.find("use ").filter(|at| {
            let before = &trimmed[..*at];
            before.is_empty() || before.ends_with('\n') || before.ends_with("pub ") || before.ends_with(") ")
        });
        match at {
            Some(at) if !trimmed[at..].contains("fn ") => {
                rest.push_str(&trimmed[..at]);
                let tree = trimmed[at + 4..].trim_end_matches(';');
                if trimmed[..at].trim_end().ends_with("pub") || trimmed[..at].trim_end().ends_with(')') {
                    for path in paths(tree) {
                        source.exports.push((path.last().cloned().unwrap_or_default(), path));
                    }
                }
                source.imports.extend(paths(tree));
            }
            _ => rest.push_str(statement),
        }
    }
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in rest.match_indices(start) {
            let own = rest[..at]
                .chars()
                .next_back()
                .is_none_or(|before| !before.is_alphanumeric() && before != ':');
            if own {
                let path = rest[at..]
                    .split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':');
                let path = path.into_iter().next().unwrap_or_default().trim_end_matches(':');
                source.imports.push(path.split("::").map(str::to_owned).collect());
            }
        }
    }
    source
}

/// The module that defines what `path` names, seen from `from`; none for other crates.
fn target(
    modules: &BTreeMap<Module, Source>,
    from: &Module,
    path: &[String],
    depth: usize,
) -> Option<Module> {
    let mut at = from.clone();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => (at, rest) = (Module::new(), &path[1..]),
        Some("self") => rest = &path[1..],
        Some("super") => {
            while rest.first().is_some_and(|part| part == "super") {
                at.pop();
                rest = &rest[1..];
            }
        }
        Some(first) if modules.contains_key(&[from.clone(), vec![first.to_owned()]].concat()) => {}
        _ => return None,
    }
    while let Some(next) = rest.first() {
        let child = [at.clone(), vec![next.clone()]].concat();
        if !modules.contains_key(&child) {
            break;
        }
        (at, rest) = (child, &rest[1..]);
    }
    let item = rest.first()?;
    let exported = modules[&at].exports.iter().find(|(name, _)| name == item);
    match exported {
        Some((_, path)) if depth < 8 => target(modules, &at, path, depth + 1).or(Some(at)),
        _ => Some(at),
    }
}

/// Groups of modules each of which reaches every other of its group.
fn circles(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let reached = |start: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start.clone()]);
        while let Some(module) = open.pop() {
            for next in arrows.get(&module).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<Module>> =
        arrows.keys().map(|module| (module, reached(module))).collect();
    let mut found: Vec<BTreeSet<Module>> = Vec::new();
    for (module, from_here) in reach.iter().filter(|(module, from_here)| from_here.contains(**module)) {
        let group: BTreeSet<Module> = from_here
            .iter()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(*module)))
            .cloned()
            .collect();
        if !found.contains(&group) {
            found.push(group);
        }
    }
    found
}

/// Which module imports from which others.
fn arrows(modules: &BTreeMap<Module, Source>) -> BTreeMap<Module, BTreeSet<Module>> {
    let arrow = |(module, source): (&Module, &Source)| {
        let targets = source.imports.iter().filter_map(|path| {
            // A module named itself, as in `use crate::report;`, is what its own items are.
            target(modules, module, path, 0).or_else(|| {
                let whole = [path.clone(), vec!["self".to_owned()]].concat();
                target(modules, module, &whole, 0)
            })
        });
        (module.clone(), targets.filter(|target| target != module).collect())
    };
    modules.iter().map(arrow).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = sources("src");
    let modules: BTreeMap<Module, Source> = files
        .iter()
        .filter(|(path, _)| !path.ends_with("main.rs"))
        .map(|(path, text)| (module(path), read(text)))
        .collect();
    let arrows = arrows(&modules);
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 300, "the imports are read");
    let said: Vec<String> = circles(&arrows)
        .iter()
        .map(|circle| circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(", "))
        .collect();
    assert!(said.is_empty(), "{} circles of files:\n{}", said.len(), said.join("\n"));
}

#[test]
fn a_circle_would_be_found() {
    let of = |text: &str| read(text);
    let modules = BTreeMap::from([
        (Module::new(), of("pub mod a;\npub mod b;\npub use a::Thing;\n")),
        (vec!["a".to_owned()], of("use crate::b;\npub struct Thing(b::Other);\n")),
        (vec!["b".to_owned()], of("use super::Thing;\nfn f() { crate::a::g() }\n")),
    ]);
    let found = circles(&arrows(&modules));
    assert_eq!(found, [BTreeSet::from([vec!["a".to_owned()], vec!["b".to_owned()]])]);
    assert_eq!(paths("a::{b, c::{d, e as f}}").len(), 3);
}

/// Names that every file of one kind gives to its own part.
const EVERYWHERE: [&str; 1] = ["Args"];

#[test]
fn no_two_types_share_a_name() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in
        sources("src").iter().filter(|(path, _)| !path.to_string_lossy().ends_with("tests.rs"))
    {
        for line in bare(text).lines() {
            let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let declares = |word: &str| matches!(word, "struct" | "enum" | "trait" | "type");
            let indented = line.starts_with(' ');
            if indented || !words.clone().take(3).any(declares) {
                continue;
            }
            words.by_ref().find(|word| declares(word));
            let name = words.find(|word| !word.is_empty()).unwrap_or_default();
            if name.starts_with(char::is_uppercase) && !EVERYWHERE.contains(&name) {
                homes.entry(name.to_owned()).or_default().push(module(path).join("/"));
            }
        }
    }
    let twice: Vec<String> = homes
        .iter()
        .filter(|(_, homes)| homes.len() > 1)
        .map(|(name, homes)| format!("{name}: {}", homes.join(", ")))
        .collect();
    assert!(homes.len() > 300, "the declarations are read");
    assert!(twice.is_empty(), "{} names of more than one type:\n{}", twice.len(), twice.join("\n"));
}

#[test]
fn no_test_file_is_forgotten() {
    let main = std::fs::read_to_string(project("tests/it/main.rs")).unwrap();
    let mut faults = Vec::new();
    for (path, text) in sources("tests/it") {
        let stem = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
        // A topic of several files is named by its folder, and names its files itself.
        let (folder, is_mod) = (path.parent().unwrap(), stem(&path) == "mod");
        let name = if is_mod { stem(folder) } else { stem(&path) };
        let holder = if is_mod { folder.parent().unwrap() } else { folder };
        if holder != project("tests/it") {
            let named = std::fs::read_to_string(holder.join("mod.rs")).unwrap_or_default();
            if !named.contains(&format!("mod {name};")) {
                faults.push(format!("{} does not name {name}", holder.join("mod.rs").display()));
            }
            continue;
        }
        if name != "main" && !main.contains(&format!("mod {name};")) {
            faults.push(format!("tests/it/main.rs does not name {name}"));
        }
        // A folder's topics have tests of their own.
        if name != "main" && name != "support" && !is_mod && !text.contains("#[test]") {
            faults.push(format!("{} tests nothing", path.display()));
        }
    }
    for (path, _) in sources("src") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with("tests.rs") {
            faults
                .push(format!("{}: unit tests stand at the end of the file that they test", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn properties_take_their_cases_from_one_place() {
    let mut blocks = 0;
    for (path, text) in ["src", "tests"].into_iter().flat_map(sources) {
        let macro_call = concat!("proptest", "! {");
        for (at, _) in text.match_indices(macro_call).filter(|(at, _)| text[..*at].ends_with(['\n', ' '])) {
            let head: String = text[at + macro_call.len()..].chars().take(80).collect();
            assert!(head.contains("::cases("), "{} does not say how many cases it looks at", path.display());
            blocks += 1;
        }
    }
    assert!(blocks > 5, "the properties are found");
}
