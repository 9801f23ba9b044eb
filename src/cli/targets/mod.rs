//! Result files, written so that a reader sees the old set or the new one, whatever happens to this program: `disk` has the
//! operations, `stage` the hidden folders in which a set becomes whole, `folder` and `moves` the two ways out of them.
//!
//! Targets are opened before any simulation, so that a read-only folder fails in the first second. Until they are published
//! their contents are files without names: a program that is killed before leaves nothing behind. What one killed later left,
//! the next one removes when it opens its targets.

mod disk;
#[cfg(test)]
mod faults;
mod folder;
mod moves;
mod paths;
mod stage;

use super::error::CliError;
use disk::{Disk, Machine};
use folder::ResultFolder;
pub use paths::real;
use paths::{existing, folder_of};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes that are written to a file at once.
const BUFFER: usize = 1 << 18;

/// Files that will be written together, or not at all.
#[derive(Debug)]
pub struct Targets {
    disk: Box<dyn Disk>,
    /// The folder whose files they are; none for files that only happen to be written together.
    place: Option<ResultFolder>,
    /// Where each belongs, and what it will hold.
    files: Vec<(PathBuf, File)>,
}

impl Targets {
    /// Opens `names` in `dir`, which is created with the first result if it does not exist. Links among them are replaced,
    /// and what they lead to stays.
    ///
    /// # Errors
    /// When the folder cannot be created or written to, or a name is taken by a folder.
    pub fn in_dir(dir: &Path, names: &[String]) -> Result<Self, CliError> {
        Self::in_dir_on(Box::new(Machine), dir, names)
    }

    fn in_dir_on(disk: Box<dyn Disk>, dir: &Path, names: &[String]) -> Result<Self, CliError> {
        check_folder(dir)?;
        let mut place = ResultFolder::of(dir);
        place.sweep(&*disk);
        let mut files: Vec<(PathBuf, File)> = Vec::with_capacity(names.len());
        for name in names {
            let path = place.path(name);
            check_replaceable(&dir.join(name), path.symlink_metadata())?;
            check_single(&files, &path, &dir.join(name))?;
            let file = place.scratch(&*disk).map_err(|error| unwritable("write to folder", dir, &error))?;
            files.push((path, file));
        }
        Ok(Self { disk, place: Some(place), files })
    }

    /// Opens `paths`, whose folders are created with the first result. A link stays, and what it leads to is replaced, as
    /// long as that is in the same folder.
    ///
    /// # Errors
    /// As [`Targets::in_dir`], and when a link leads out of its folder.
    pub fn open(paths: Vec<PathBuf>) -> Result<Self, CliError> {
        Self::open_on(Box::new(Machine), paths)
    }

    fn open_on(disk: Box<dyn Disk>, paths: Vec<PathBuf>) -> Result<Self, CliError> {
        let mut files: Vec<(PathBuf, File)> = Vec::with_capacity(paths.len());
        for given in paths {
            let dir = folder_of(&given);
            check_folder(&dir)?;
            let path = followed(real(&dir).join(given.file_name().unwrap_or_default()), &given)?;
            check_replaceable(&given, path.metadata())?;
            check_single(&files, &path, &given)?;
            let folder = folder_of(&path);
            stage::sweep(&*disk, &folder);
            let file = disk.scratch(existing(&folder));
            files.push((path, file.map_err(|error| unwritable("write to folder", &dir, &error))?));
        }
        Ok(Self { disk, place: None, files })
    }

    /// Writes the target of this number where nobody sees it yet.
    ///
    /// # Errors
    /// When it cannot be written; no old file has been touched.
    pub fn fill(
        &mut self,
        index: usize,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CliError> {
        let (path, file) = &mut self.files[index];
        let mut buffered = BufWriter::with_capacity(BUFFER, OnDisk { disk: &*self.disk, file });
        let written = write(&mut buffered).and_then(|()| buffered.flush());
        written.map_err(|error| unwritable("write", path, &error))
    }

    /// A file without a name, on the disk of the target of this number: gone when it is closed, however the
    /// process ends.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn scratch(&self, index: usize) -> Result<File, CliError> {
        let dir = folder_of(&self.files[index].0);
        let dir = existing(&dir);
        self.disk.scratch(dir).map_err(|error| unwritable("write to folder", dir, &error))
    }

    /// The error of a scratch file of the target of this number.
    #[must_use]
    pub fn scratch_error(&self, index: usize, error: &io::Error) -> CliError {
        unwritable("write", &self.files[index].0, error)
    }

    /// Writes `contents` in the order the targets were opened in, then publishes all of them.
    ///
    /// # Errors
    /// When a file cannot be written. Then the old files are there, as far as that is possible.
    pub fn commit<C: AsRef<[u8]>>(mut self, contents: &[C]) -> Result<(), CliError> {
        assert_eq!(contents.len(), self.files.len(), "invariant: one content for each target");
        for (index, content) in contents.iter().enumerate() {
            self.fill(index, |file| file.write_all(content.as_ref()))?;
        }
        self.publish()
    }

    /// Lets everybody see all targets.
    ///
    /// # Errors
    /// As [`Targets::commit`].
    pub fn publish(mut self) -> Result<(), CliError> {
        let Some((first, _)) = self.files.first() else { return Ok(()) };
        let shown = self.place.as_ref().map_or_else(|| first.clone(), |place| place.folder().to_owned());
        let mut made = Vec::new();
        let published = self.make_folders(&mut made).and_then(|()| self.show());
        if published.is_err() {
            // A folder that somebody has put something into stays.
            made.iter().rev().for_each(|dir| drop(self.disk.remove_folder(dir)));
        }
        published.map_err(|error| unwritable("write", &shown, &error))
    }

    /// Makes the folders that are missing, but for that of the results, and tells which those were.
    fn make_folders(&self, made: &mut Vec<PathBuf>) -> io::Result<()> {
        let folders = match &self.place {
            Some(place) => vec![folder_of(place.folder())],
            None => moves::folders(&self.files),
        };
        for folder in folders {
            let missing: Vec<&Path> = folder.ancestors().take_while(|dir| !dir.exists()).collect();
            for dir in missing.into_iter().rev() {
                match self.disk.make_folder(dir) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
                    done => {
                        done?;
                        made.push(dir.to_owned());
                    }
                }
            }
        }
        Ok(())
    }

    fn show(&mut self) -> io::Result<()> {
        let disk = &*self.disk;
        self.files.iter().try_for_each(|(_, file)| disk.sync(file))?;
        match &self.place {
            Some(place) => place.publish(disk, &mut self.files),
            None => {
                let folders = moves::folders(&self.files);
                let locks: io::Result<Vec<Option<File>>> =
                    folders.iter().map(|folder| disk.lock(folder, true)).collect();
                let _locks = locks?;
                moves::publish(disk, &mut self.files)
            }
        }
    }
}

/// A file that is written through a disk.
struct OnDisk<'a> {
    disk: &'a dyn Disk,
    file: &'a mut File,
}

impl Write for OnDisk<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.write(self.file, bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a link leads to, which must be in the folder of the link: a link of somebody else could lead to any file.
fn followed(path: PathBuf, given: &Path) -> Result<PathBuf, CliError> {
    if !path.is_symlink() {
        return Ok(path);
    }
    // A link that leads nowhere is replaced itself.
    let Ok(target) = path.canonicalize() else { return Ok(path) };
    if target.starts_with(folder_of(&path)) {
        return Ok(target);
    }
    Err(CliError::invalid(format!(
        "cannot write {}: it is a link that leads out of its folder",
        given.display()
    ))
    .hint(format!("remove the link, or name what it leads to: {}", target.display())))
}

/// A folder that exists, or can be made.
fn check_folder(dir: &Path) -> Result<(), CliError> {
    let in_the_way = dir.ancestors().find(|above| above.symlink_metadata().is_ok());
    match in_the_way.map(fs::metadata) {
        Some(Ok(metadata)) if !metadata.is_dir() => {
            Err(unwritable("create folder", dir, &io::ErrorKind::NotADirectory.into()))
        }
        Some(Err(error)) => Err(unwritable("create folder", dir, &error)),
        _ => Ok(()),
    }
}

/// Folders, devices and pipes cannot give way to a file; `/dev/null` had better not.
fn check_replaceable(given: &Path, metadata: io::Result<fs::Metadata>) -> Result<(), CliError> {
    let what = match metadata {
        Ok(metadata) if metadata.is_dir() => "a folder",
        Ok(metadata) if !metadata.is_file() && !metadata.is_symlink() => "not an ordinary file",
        _ => return Ok(()),
    };
    Err(CliError::invalid(format!("cannot write {}: it is {what}", given.display()))
        .hint("choose another output"))
}

fn check_single(files: &[(PathBuf, File)], path: &Path, given: &Path) -> Result<(), CliError> {
    if files.iter().all(|(other, _)| other != path) {
        return Ok(());
    }
    Err(CliError::invalid(format!("two outputs would be written to {}", given.display()))
        .hint("give them two names"))
}

fn unwritable(doing: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::at_path(doing, path, error).hint("choose a place you can write to")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    fn entries(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .expect("listed")
            .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn commit_replaces_all_files_and_leaves_no_temporary() {
        let root = tempfile::tempdir().expect("dir");
        let dir = root.path().join("a/b");
        Targets::in_dir(&dir, &names(&["x", "y"])).expect("open").commit(&["1", "2"]).expect("commit");
        Targets::in_dir(&dir, &names(&["x", "y"])).expect("open").commit(&["3", "4"]).expect("commit");
        assert_eq!(entries(&dir), ["x", "y"]);
        assert_eq!(fs::read_to_string(dir.join("x")).expect("x"), "3");
        assert_eq!(fs::read_to_string(dir.join("y")).expect("y"), "4");
    }

    #[test]
    fn dropped_targets_leave_no_trace() {
        let root = tempfile::tempdir().expect("dir");
        drop(Targets::in_dir(&root.path().join("a/b"), &names(&["x"])).expect("open"));
        assert_eq!(entries(root.path()), Vec::<String>::new());
        fs::write(root.path().join("x"), "old").expect("write");
        drop(Targets::in_dir(root.path(), &names(&["x"])).expect("open"));
        assert_eq!(entries(root.path()), ["x"]);
        assert_eq!(fs::read_to_string(root.path().join("x")).expect("x"), "old");
    }

    #[test]
    fn a_file_or_folder_in_the_way_is_an_error_before_anything_is_written() {
        let root = tempfile::tempdir().expect("dir");
        fs::write(root.path().join("file"), "").expect("write");
        let error =
            Targets::in_dir(&root.path().join("file/sub"), &names(&["x"])).expect_err("a file is in the way");
        assert!(error.message.starts_with("cannot create folder"), "{error}");
        fs::create_dir(root.path().join("y")).expect("mkdir");
        let error = Targets::in_dir(root.path(), &names(&["x", "y"])).expect_err("a folder is in the way");
        assert!(error.message.ends_with("it is a folder"), "{error}");
        assert_eq!(entries(root.path()), ["file", "y"]);
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_refused_and_links_stay() {
        let root = tempfile::tempdir().expect("dir");
        let error = Targets::open(vec!["/dev/null".into()]).expect_err("a device");
        assert_eq!(error.message, "cannot write /dev/null: it is not an ordinary file");
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        fs::write(&file, "old").expect("write");
        std::os::unix::fs::symlink("file", &link).expect("link");
        Targets::open(vec![link.clone()]).expect("open").commit(&["new"]).expect("commit");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("file"), "new");
        assert!(Targets::open(vec![file, link]).is_err(), "both are the same file");
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_no_output_out_of_its_folder() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().expect("dir");
        let (dir, outside) = (root.path().join("dir"), root.path().join("outside"));
        fs::create_dir(&dir).expect("mkdir");
        fs::write(&outside, "theirs").expect("write");
        symlink(&outside, dir.join("x")).expect("link");
        let error = Targets::open(vec![dir.join("x")]).expect_err("it leads out");
        assert!(error.message.ends_with("it is a link that leads out of its folder"), "{error}");
        // One of a set gives way to its file, whether or not the folder can move.
        for other in ["notes", "kept"] {
            Targets::in_dir(&dir, &names(&["x", "y"])).expect("open").commit(&["1", "2"]).expect("commit");
            assert!(!dir.join("x").is_symlink());
            assert_eq!(fs::read_to_string(dir.join("x")).expect("x"), "1");
            fs::remove_file(dir.join("x")).expect("removed");
            symlink(&outside, dir.join("x")).expect("link");
            fs::create_dir(dir.join(other)).expect("mkdir");
        }
        assert_eq!(fs::read_to_string(&outside).expect("outside"), "theirs");
    }

    #[cfg(unix)]
    #[test]
    fn files_get_the_permissions_of_ordinary_new_files() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("dir");
        fs::write(root.path().join("plain"), "").expect("write");
        Targets::in_dir(root.path(), &names(&["x"])).expect("open").commit(&["1"]).expect("commit");
        let mode = |name: &str| fs::metadata(root.path().join(name)).expect("metadata").permissions().mode();
        assert_eq!(mode("x"), mode("plain"));
    }
}
