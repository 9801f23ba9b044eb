//! Files that move from stages to their places: the way of outputs that are no folder of their own, and of folders that
//! cannot change places.
//!
//! One file takes the place of the old one in an instant. Several cannot, so the old ones leave first, the last of them
//! before all others, and the new ones come in order: whoever looks meanwhile finds a part of the old set or of the new
//! one, never of both, and the last file only with all others.

use super::disk::Disk;
use super::paths::folder_of;
use super::stage::{OutputStage, StageUse};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Puts each file at its path; the folders exist and are locked.
///
/// # Errors
/// When something fails; then what was there before is there again, as far as that is possible.
pub fn publish(disk: &dyn Disk, files: &mut [(PathBuf, File)]) -> io::Result<()> {
    let mut stages = Stages::default();
    let moved = stages.fill(disk, files).and_then(|moves| put(disk, &moves));
    stages.clear();
    moved?;
    folders(files).into_iter().try_for_each(|folder| disk.sync_folder(&folder))
}

/// The folders of files, each once, in an order in which nobody waits for anybody in a circle.
pub fn folders(files: &[(PathBuf, File)]) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = files.iter().map(|(path, _)| folder_of(path)).collect();
    all.sort();
    all.dedup();
    all
}

/// Two stages a folder: one for what comes, one for what goes.
#[derive(Default)]
struct Stages<'d> {
    by_folder: BTreeMap<PathBuf, [OutputStage<'d>; 2]>,
}

/// A file that is ready, where it belongs, and where what is there steps aside to.
struct FileMove {
    from: PathBuf,
    to: PathBuf,
    aside: PathBuf,
}

impl<'d> Stages<'d> {
    fn fill(&mut self, disk: &'d dyn Disk, files: &mut [(PathBuf, File)]) -> io::Result<Vec<FileMove>> {
        let mut moves = Vec::with_capacity(files.len());
        for folder in folders(files) {
            let open = || OutputStage::open(disk, &folder, StageUse::Files);
            let come = open()?;
            match open() {
                Ok(go) => drop(self.by_folder.insert(folder, [come, go])),
                Err(error) => {
                    come.clear();
                    return Err(error);
                }
            }
        }
        for (to, file) in files {
            let [come, go] = &self.by_folder[&folder_of(to)];
            let name = to.file_name().unwrap_or_default();
            let (from, aside) = (come.path().join(name), go.path().join(name));
            disk.name(file, &from)?;
            moves.push(FileMove { from, to: to.clone(), aside });
        }
        for [come, _] in self.by_folder.values() {
            disk.sync_folder(come.path())?;
        }
        Ok(moves)
    }

    fn clear(self) {
        for [come, go] in self.by_folder.into_values() {
            come.clear();
            go.clear();
        }
    }
}

fn put(disk: &dyn Disk, moves: &[FileMove]) -> io::Result<()> {
    if let [FileMove { from, to, .. }] = moves {
        return disk.rename(from, to);
    }
    let mut done: Vec<(&Path, &Path)> = Vec::with_capacity(2 * moves.len());
    let olds = moves.iter().rev().filter(|old| old.to.symlink_metadata().is_ok());
    let steps = olds.map(|old| (old.to.as_path(), old.aside.as_path()));
    let steps = steps.chain(moves.iter().map(|new| (new.from.as_path(), new.to.as_path())));
    for (from, to) in steps.collect::<Vec<_>>() {
        if let Err(error) = disk.rename(from, to) {
            for (from, to) in done.into_iter().rev() {
                let _ = disk.rename(to, from);
            }
            return Err(error);
        }
        done.push((from, to));
    }
    Ok(())
}
