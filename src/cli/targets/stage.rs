//! Stages: hidden folders in which outputs become whole before anybody sees them, and the removal of those that dead
//! programs left.
//!
//! A stage is locked by the program that made it. The lock ends with the program, however that ends, so a stage without
//! one is nobody's. A stage never holds the only copy of what somebody else wrote.

use super::disk::Disk;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What the names of all stages begin with.
const PREFIX: &str = ".wavetank-";
/// Names tried before giving up; each is taken by a program that lives.
const MOST: usize = 1_000;

/// What becomes of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageUse {
    /// Its files move out of it: whatever is in it was written for it.
    Files,
    /// It changes places with a folder, and may then hold what others wrote there.
    Exchange,
}

impl StageUse {
    fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Exchange => "folder",
        }
    }
}

/// A stage of this program.
pub struct OutputStage<'d> {
    disk: &'d dyn Disk,
    path: PathBuf,
    _lock: Option<File>,
}

impl<'d> OutputStage<'d> {
    /// An empty stage in the folder `base`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(disk: &'d dyn Disk, base: &Path, usage: StageUse) -> io::Result<Self> {
        for number in 0..MOST {
            let path = base.join(format!("{PREFIX}{}-{}-{number}", usage.word(), std::process::id()));
            match disk.make_folder(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            // Until it is locked, somebody who clears up may take it for dead.
            match disk.lock(&path, false) {
                Ok(lock) if lock.as_ref().is_none_or(|lock| is_at(lock, &path)) => {
                    return Ok(Self { disk, path, _lock: lock });
                }
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotFound) => {
                }
                Err(error) => {
                    let _ = disk.remove_folder(&path);
                    return Err(error);
                }
            }
        }
        Err(io::Error::other("there are too many unfinished outputs in it"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with all files in it, as far as that is possible.
    pub fn clear(self) {
        empty(self.disk, &self.path, |_, _| true);
    }
}

/// Removes the stages in `base` whose programs are gone. What cannot be removed is left for the next one.
pub fn sweep(disk: &dyn Disk, base: &Path) {
    for name in disk.list(base).unwrap_or_default() {
        let Some(usage) = usage(&name) else { continue };
        let path = base.join(&name);
        if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            continue;
        }
        // Where nothing can be locked nobody can tell who is dead.
        let Ok(Some(_lock)) = disk.lock(&path, false) else { continue };
        empty(disk, &path, |name, metadata| match usage {
            StageUse::Files => true,
            StageUse::Exchange => is_copy(metadata) || is_result(name),
        });
    }
}

/// Removes the files in `stage` that may go, and the stage if that leaves nothing in it.
fn empty(disk: &dyn Disk, stage: &Path, may_go: impl Fn(&OsStr, &Metadata) -> bool) {
    for name in disk.list(stage).unwrap_or_default() {
        let path = stage.join(&name);
        let metadata = fs::symlink_metadata(&path);
        if metadata.is_ok_and(|metadata| !metadata.is_dir() && may_go(&name, &metadata)) {
            let _ = disk.remove_file(&path);
        }
    }
    let _ = disk.remove_folder(stage);
}

fn usage(name: &OsStr) -> Option<StageUse> {
    let rest = name.to_str()?.strip_prefix(PREFIX)?;
    [StageUse::Files, StageUse::Exchange]
        .into_iter()
        .find(|usage| rest.strip_prefix(usage.word()).is_some_and(|rest| rest.starts_with('-')))
}

/// Whether this program writes files of this name into folders of results.
fn is_result(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.ends_with("scenario.json")
        || matches!(name.as_ref(), "trials.csv" | "summary.json" | "pipeline.csv" | "pipeline.json")
        || [".svg", ".1"].iter().any(|end| name.ends_with(end))
}

/// Whether a file has another name, too.
#[cfg(unix)]
fn is_copy(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn is_copy(_: &Metadata) -> bool {
    false
}

/// Whether an open file or folder is what has this name now.
pub fn is_at(open: &File, path: &Path) -> bool {
    match (open.metadata(), fs::metadata(path)) {
        (Ok(one), Ok(other)) => is_same(&one, &other),
        _ => false,
    }
}

/// Whether both are one file.
#[cfg(unix)]
pub fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
pub fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}
