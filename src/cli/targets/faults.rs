//! Outputs on a disk that fails, or whose program dies, at every single operation: what a reader finds then, and what the
//! next program makes of it.

use super::disk::{Disk, Machine};
use super::{CliError, Targets};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What happens at the operation of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DiskFault {
    /// It fails, and later ones work.
    Full,
    /// The program is killed: nothing of it happens any more. What was locked is free.
    Killed,
}

/// The real disk until its fault.
#[derive(Debug, Clone)]
struct FaultyDisk {
    fault: DiskFault,
    at: usize,
    can_exchange: bool,
    done: Arc<AtomicUsize>,
}

impl FaultyDisk {
    /// One without a fault.
    fn sound() -> Box<dyn Disk> {
        Box::new(Self { fault: DiskFault::Full, at: usize::MAX, can_exchange: true, done: Arc::default() })
    }

    /// Counts an operation and says whether it works.
    fn step(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::Relaxed);
        let fails = match self.fault {
            DiskFault::Full => number == self.at,
            DiskFault::Killed => number >= self.at,
        };
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// Whether the fault has happened.
    fn is_over(&self) -> bool {
        self.done.load(Ordering::Relaxed) > self.at
    }
}

impl Disk for FaultyDisk {
    fn scratch(&self, folder: &Path) -> io::Result<File> {
        self.step().and_then(|()| Machine.scratch(folder))
    }
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        self.step().inspect_err(|_| drop(Machine.write(file, &bytes[..bytes.len() / 2])))?;
        Machine.write(file, bytes)
    }
    // Nobody cuts the power in a test, and waiting for the disk takes long.
    fn sync(&self, _: &File) -> io::Result<()> {
        self.step()
    }
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.step()
    }
    fn name(&self, file: &mut File, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.name(file, path))
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.link(from, to))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.rename(from, to))
    }
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        if !self.can_exchange {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.step().and_then(|()| Machine.exchange(one, other))
    }
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.make_folder(path))
    }
    fn copy_mode(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.copy_mode(from, to))
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.remove_file(path))
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| Machine.remove_folder(path))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        self.step().and_then(|()| Machine.list(folder))
    }
    fn lock(&self, folder: &Path, wait: bool) -> io::Result<Option<File>> {
        self.step().and_then(|()| Machine.lock(folder, wait))
    }
}

const NAMES: [&str; 3] = ["trials.csv", "duration.svg", "summary.json"];

/// A folder that outputs go to, and how.
struct Case {
    /// What others keep in the folder: a file, or a folder.
    others: &'static [&'static str],
    /// Whether there are old results.
    has_old: bool,
    can_exchange: bool,
    /// Written one beside the other instead of as a folder, the last of them alone or all.
    loose: Option<usize>,
    /// Whether all or nothing is promised, rather than parts of one set.
    is_whole: bool,
}

impl Case {
    fn targets(&self, disk: Box<dyn Disk>, root: &Path) -> Result<Targets, CliError> {
        let dir = root.join("made/out");
        match self.loose {
            None => Targets::in_dir_on(disk, &dir, &NAMES.map(str::to_owned)),
            Some(first) => Targets::open_on(disk, NAMES[first..].iter().map(|name| dir.join(name)).collect()),
        }
    }

    fn write(&self, disk: Box<dyn Disk>, root: &Path, content: &str) -> Result<(), CliError> {
        let targets = self.targets(disk, root)?;
        let contents = vec![content; targets.files.len()];
        targets.commit(&contents)
    }

    fn prepare(&self) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("dir");
        if self.has_old {
            self.write(FaultyDisk::sound(), root.path(), "old").expect("written");
        }
        for other in self.others {
            let path = root.path().join("made/out").join(other);
            match other.strip_suffix('/') {
                Some(_) => fs::create_dir_all(path).expect("made"),
                None => fs::write(path, "theirs").expect("written"),
            }
        }
        root
    }

    /// What a reader finds under the names of the set.
    fn seen(&self, root: &Path) -> Vec<Option<String>> {
        let dir = root.join("made/out");
        let names = &NAMES[self.loose.unwrap_or(0)..];
        names.iter().map(|name| fs::read_to_string(dir.join(name)).ok()).collect()
    }

    fn judge(&self, root: &Path, when: &str) {
        let seen = self.seen(root);
        let contents: Vec<&String> = seen.iter().flatten().collect();
        assert!(contents.windows(2).all(|pair| pair[0] == pair[1]), "a mixture {when}: {seen:?}");
        assert!(
            contents.iter().all(|content| ["old", "new"].contains(&content.as_str())),
            "{when}: {seen:?}"
        );
        let is_all = contents.len() == seen.len();
        if self.is_whole {
            assert!(is_all || contents.is_empty() && !self.has_old, "a part {when}: {seen:?}");
        }
        assert!(is_all || seen.last() == Some(&None), "sealed and not whole {when}: {seen:?}");
        self.others_are_there(root, when);
    }

    fn others_are_there(&self, root: &Path, when: &str) {
        for other in self.others {
            let path = root.join("made/out").join(other);
            let is_theirs = path.is_dir() || fs::read_to_string(&path).is_ok_and(|text| text == "theirs");
            assert!(is_theirs, "{other} is gone {when}");
        }
    }

    /// All paths below `root`.
    fn entries(root: &Path) -> Vec<PathBuf> {
        let mut all = Vec::new();
        let mut open = vec![root.to_owned()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).expect("listed") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    open.push(path.clone());
                }
                all.push(path);
            }
        }
        all.sort();
        all
    }

    /// Lets the fault happen at every operation, and returns how many there are.
    fn at_every_operation(&self, fault: DiskFault) -> usize {
        for at in 0.. {
            let root = self.prepare();
            let before = Self::entries(root.path());
            let done = Arc::new(AtomicUsize::new(0));
            let disk = FaultyDisk { fault, at, can_exchange: self.can_exchange, done };
            let result = self.write(Box::new(disk.clone()), root.path(), "new");
            let when = format!("with {fault:?} at {at}, {result:?}");
            self.judge(root.path(), &when);
            if fault == DiskFault::Full
                && result.is_err()
                && self.seen(root.path()).contains(&Some("old".into()))
            {
                assert_eq!(Self::entries(root.path()), before, "left {when}");
            }
            // The next one finds its way, and clears up.
            self.write(FaultyDisk::sound(), root.path(), "new").expect("written");
            let others = self.others.iter().map(|other| other.trim_end_matches('/'));
            let names = NAMES[self.loose.unwrap_or(0)..].iter().copied().chain(others);
            let inside = names.map(|name| root.path().join("made/out").join(name));
            let mut expected: Vec<PathBuf> =
                inside.chain(["made", "made/out"].map(|dir| root.path().join(dir))).collect();
            expected.sort();
            assert_eq!(Self::entries(root.path()), expected, "after the next one, {when}");
            self.judge(root.path(), &when);
            if !disk.is_over() {
                result.expect("nothing failed");
                return at;
            }
        }
        unreachable!()
    }

    fn test(&self) {
        for fault in [DiskFault::Full, DiskFault::Killed] {
            let operations = self.at_every_operation(fault);
            assert!(operations > 8, "{operations} operations");
        }
    }
}

const FOLDER: Case = Case { others: &[], has_old: true, can_exchange: true, loose: None, is_whole: true };

#[test]
fn a_new_folder_appears_whole() {
    Case { has_old: false, ..FOLDER }.test();
}

#[test]
fn an_old_folder_changes_as_a_whole() {
    FOLDER.test();
}

#[test]
fn files_of_others_move_along() {
    Case { others: &["baseline.json", "notes"], ..FOLDER }.test();
}

#[test]
fn where_folders_cannot_be_exchanged_no_two_sets_are_seen_together() {
    Case { can_exchange: false, is_whole: false, ..FOLDER }.test();
    Case { others: &["kept/", "notes"], is_whole: false, ..FOLDER }.test();
}

#[test]
fn a_single_file_is_old_or_new() {
    Case { loose: Some(NAMES.len() - 1), ..FOLDER }.test();
    Case { loose: Some(NAMES.len() - 1), has_old: false, ..FOLDER }.test();
}

#[test]
fn files_beside_each_other_are_of_one_set() {
    Case { loose: Some(0), is_whole: false, others: &["notes", "kept/"], ..FOLDER }.test();
}

#[test]
fn the_last_of_several_writers_wins_whole() {
    let root = tempfile::tempdir().expect("dir");
    let dir = root.path().join("out");
    let write = |content: &str| {
        let targets = Targets::in_dir_on(FaultyDisk::sound(), &dir, &NAMES.map(str::to_owned)).expect("open");
        targets.commit(&[content; 3]).expect("written");
    };
    write("0");
    let read = |name: &str| fs::read_to_string(dir.join(name)).ok();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (1..4)
            .map(|writer| scope.spawn(move || (0..20).for_each(|round| write(&format!("{writer}.{round}")))))
            .collect();
        while writers.iter().any(|writer| !writer.is_finished()) {
            // Each content is written once: the same before and after is the same meanwhile.
            let (first, other, again) = (read(NAMES[2]), read(NAMES[0]), read(NAMES[2]));
            assert!(first != again || first == other, "{first:?} {other:?}");
        }
    });
    assert_eq!(read(NAMES[0]), read(NAMES[2]));
    assert_eq!(Case::entries(root.path()).len(), 4, "{:?}", Case::entries(root.path()));
}
