//! A folder of results, which changes as a whole: the new one is made beside it and both change names in one instant.
//!
//! What others keep in the folder moves along, as a second name for the same file. Where a folder cannot change its name
//! (it is mounted, is being worked in, has folders in it, or the system knows no such exchange) its files move one by one.

use super::disk::Disk;
use super::moves;
use super::paths::{existing, folder_of, real};
use super::stage::{OutputStage, StageUse, is_at, is_same, sweep};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Files of others that get a second name; a folder with more is no folder of results.
const MOST_OTHERS: usize = 64;
/// Times that others may be faster.
const MOST: usize = 100;

/// Where a folder stands.
#[derive(Debug)]
pub struct ResultFolder {
    /// The folder, without links.
    folder: PathBuf,
    /// The folder it is in.
    parent: PathBuf,
    /// Whether it may change its name with another one.
    may_move: bool,
}

impl ResultFolder {
    /// Of a folder that need not exist.
    pub fn of(folder: &Path) -> Self {
        let folder = real(folder);
        let parent = folder_of(&folder);
        let may_move = match (fs::metadata(&folder), fs::metadata(&parent)) {
            (Ok(own), Ok(beside)) => {
                !is_mounted(&own, &beside) && !is_worked_in(&folder) && !has_attributes(&folder)
            }
            _ => true,
        };
        Self { folder, parent, may_move }
    }

    /// The folder, without links.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of this name belongs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Removes what dead programs left in it and beside it.
    pub fn sweep(&self, disk: &dyn Disk) {
        sweep(disk, &self.folder);
        sweep(disk, &self.parent);
    }

    /// A nameless file from where it can get into the folder.
    ///
    /// # Errors
    /// When neither the folder nor the one it is in, or will be in, can be written to.
    pub fn scratch(&mut self, disk: &dyn Disk) -> io::Result<File> {
        let exists = self.folder.is_dir();
        if exists {
            // What is read-only stays as it is, even where another folder could take its place.
            disk.scratch(&self.folder)?;
        }
        let beside = disk.scratch(existing(if exists { &self.parent } else { &self.folder }));
        if beside.is_err() && exists {
            self.may_move = false;
        }
        if self.may_move { beside } else { disk.scratch(&self.folder) }
    }

    /// Replaces the `files`, whose paths are in the folder, and nothing else in it.
    ///
    /// # Errors
    /// When something fails. Then the old files are there, as far as that is possible.
    pub fn publish(&self, disk: &dyn Disk, files: &mut [(PathBuf, File)]) -> io::Result<()> {
        for _ in 0..MOST {
            if !self.folder.exists() {
                match self.appear(disk, files) {
                    // Somebody else has made it meanwhile.
                    Err(error) if is_taken(&error) => continue,
                    done => return done,
                }
            }
            let lock = match disk.lock(&self.folder, true) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                lock => lock?,
            };
            // While we waited it may have become the old one.
            if lock.as_ref().is_some_and(|lock| !is_at(lock, &self.folder)) {
                continue;
            }
            if self.may_move
                && let Some(done) = self.exchange(disk, files)
            {
                return done;
            }
            return moves::publish(disk, files);
        }
        Err(io::Error::other("others write to it all the time"))
    }

    /// The folder comes into being with its files in it.
    fn appear(&self, disk: &dyn Disk, files: &mut [(PathBuf, File)]) -> io::Result<()> {
        let stage = OutputStage::open(disk, &self.parent, StageUse::Files)?;
        let renamed = fill(disk, &stage, files).and_then(|()| disk.rename(stage.path(), &self.folder));
        if renamed.is_err() {
            stage.clear();
            return renamed;
        }
        disk.sync_folder(&self.parent)
    }

    /// The folder changes its name with one that has the new files and everything else that is in it; none if that cannot
    /// be done.
    fn exchange(&self, disk: &dyn Disk, files: &mut [(PathBuf, File)]) -> Option<io::Result<()>> {
        let own: Vec<OsString> =
            files.iter().filter_map(|(path, _)| Some(path.file_name()?.to_owned())).collect();
        let others = self.others(disk, &own)?;
        let stage = OutputStage::open(disk, &self.parent, StageUse::Exchange).ok()?;
        // A folder of somebody else stays theirs.
        if !same_owner(stage.path(), &self.folder) {
            stage.clear();
            return None;
        }
        let exchanged = fill(disk, &stage, files)
            .and_then(|()| {
                others
                    .iter()
                    .try_for_each(|name| disk.link(&self.folder.join(name), &stage.path().join(name)))
            })
            .and_then(|()| disk.copy_mode(&self.folder, stage.path()))
            .and_then(|()| disk.sync_folder(stage.path()))
            .and_then(|()| disk.exchange(stage.path(), &self.folder));
        if exchanged.is_err() {
            stage.clear();
            return None;
        }
        let synced = disk.sync_folder(&self.parent);
        self.retire(disk, &stage, &own);
        Some(synced)
    }

    /// What is in the folder beside the files called `own`; none if there is something that cannot have a second name.
    fn others(&self, disk: &dyn Disk, own: &[OsString]) -> Option<Vec<OsString>> {
        let mut names = disk.list(&self.folder).ok()?;
        names.retain(|name| !own.contains(name));
        let can = |name: &OsString| {
            let kind = fs::symlink_metadata(self.folder.join(name)).map(|metadata| metadata.file_type());
            kind.is_ok_and(|kind| kind.is_file() || kind.is_symlink())
        };
        (names.len() <= MOST_OTHERS && names.iter().all(can)).then_some(names)
    }

    /// Removes what was the folder. What somebody has put into it in its last moment moves to the new one.
    fn retire(&self, disk: &dyn Disk, old: &OutputStage<'_>, own: &[OsString]) {
        for name in disk.list(old.path()).unwrap_or_default() {
            let (from, to) = (old.path().join(&name), self.folder.join(&name));
            let _ = if own.contains(&name) || is_one_file(&from, &to) {
                disk.remove_file(&from)
            } else {
                disk.rename(&from, &to)
            };
        }
        let _ = disk.remove_folder(old.path());
    }
}

fn fill(disk: &dyn Disk, stage: &OutputStage<'_>, files: &mut [(PathBuf, File)]) -> io::Result<()> {
    for (path, file) in files {
        let name: &OsStr = path.file_name().unwrap_or_default();
        disk.name(file, &stage.path().join(name))?;
    }
    disk.sync_folder(stage.path())
}

fn is_one_file(one: &Path, other: &Path) -> bool {
    match (fs::symlink_metadata(one), fs::symlink_metadata(other)) {
        (Ok(one), Ok(other)) => is_same(&one, &other),
        _ => false,
    }
}

fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists)
}

/// Whether somebody's shell would find itself in a folder that is gone: this program's own working directory.
fn is_worked_in(folder: &Path) -> bool {
    std::env::current_dir().and_then(|here| here.canonicalize()).is_ok_and(|here| here.starts_with(folder))
}

/// Whether a folder is another file system than the folder it is in, or the root of all.
#[cfg(unix)]
fn is_mounted(own: &Metadata, parent: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    own.dev() != parent.dev() || is_same(own, parent)
}

/// Nothing is known of it, so nothing is tried.
#[cfg(not(unix))]
fn is_mounted(_: &Metadata, _: &Metadata) -> bool {
    true
}

/// Whether a folder has access lists or notes of somebody, which a new one would not have. Those of the security system
/// come from where the folder is.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn has_attributes(folder: &Path) -> bool {
    let mut names = [0_u8; 1024];
    match rustix::fs::listxattr(folder, &mut names) {
        Ok(length) => names[..length]
            .split(|byte| *byte == 0)
            .any(|name| !name.is_empty() && !name.starts_with(b"security.")),
        Err(error) => error == rustix::io::Errno::RANGE,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn has_attributes(_: &Path) -> bool {
    false
}

/// Whether two folders have one owner and one group.
#[cfg(unix)]
fn same_owner(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| fs::metadata(path).map(|metadata| (metadata.uid(), metadata.gid())).ok();
    owner(one).is_some_and(|owner_of_one| Some(owner_of_one) == owner(other))
}

#[cfg(not(unix))]
fn same_owner(_: &Path, _: &Path) -> bool {
    false
}
