//! Result files, written so that a reader sees the old set or the new one: every file is first
//! written under a temporary name in its own folder, and only complete sets are renamed.
//!
//! Targets are opened before any simulation, so that a read-only folder fails in the first second.

use super::error::CliError;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Bytes that are written to a file at once.
const BUFFER: usize = 1 << 18;

/// Files that will be written together, or not at all.
#[derive(Debug)]
pub struct Targets {
    files: Vec<(PathBuf, NamedTempFile)>,
    /// Folders made for them, outermost first; removed again when nothing is written.
    made: Vec<PathBuf>,
}

impl Targets {
    /// Opens `names` in `dir`, which is created if it does not exist.
    ///
    /// # Errors
    /// When the folder cannot be created or written to, or a name is taken by a folder.
    pub fn in_dir(dir: &Path, names: &[String]) -> Result<Self, CliError> {
        Self::open(names.iter().map(|name| dir.join(name)).collect())
    }

    /// Opens `paths`, creating the folders they are in.
    ///
    /// # Errors
    /// As [`Targets::in_dir`].
    pub fn open(paths: Vec<PathBuf>) -> Result<Self, CliError> {
        let mut targets = Self { files: Vec::new(), made: Vec::new() };
        for path in paths {
            let dir = folder_of(&path);
            targets.make_dirs(&dir).map_err(|error| unwritable("create folder", &dir, &error))?;
            // A link stays: what it points to is replaced.
            let path = if path.is_symlink() { path.canonicalize().unwrap_or(path) } else { path };
            check_replaceable(&path)?;
            if targets.files.iter().any(|(other, _)| same_place(other, &path)) {
                return Err(CliError::invalid(format!("two outputs would be written to {}", path.display()))
                    .hint("give them two names"));
            }
            let dir = folder_of(&path);
            let file = temporary_in(&dir).map_err(|error| unwritable("write to folder", &dir, &error))?;
            targets.files.push((path, file));
        }
        Ok(targets)
    }

    /// Writes the target of this number under its temporary name.
    ///
    /// # Errors
    /// When it cannot be written; no old file has been touched.
    pub fn fill(
        &mut self,
        index: usize,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CliError> {
        let (path, file) = &mut self.files[index];
        let mut buffered = BufWriter::with_capacity(BUFFER, file);
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
        tempfile::tempfile_in(&dir).map_err(|error| unwritable("write to folder", &dir, &error))
    }

    /// The error of a scratch file of the target of this number.
    #[must_use]
    pub fn scratch_error(&self, index: usize, error: &io::Error) -> CliError {
        unwritable("write", &self.files[index].0, error)
    }

    /// Writes `contents` in the order the targets were opened in, then renames all of them.
    ///
    /// # Errors
    /// When a file cannot be written; then no old file has been touched. When a rename fails, which
    /// after a successful write takes a folder that changed meanwhile.
    pub fn commit<C: AsRef<[u8]>>(mut self, contents: &[C]) -> Result<(), CliError> {
        assert_eq!(contents.len(), self.files.len(), "invariant: one content for each target");
        for (index, content) in contents.iter().enumerate() {
            self.fill(index, |file| file.write_all(content.as_ref()))?;
        }
        self.publish()
    }

    /// Renames all targets.
    ///
    /// # Errors
    /// When a rename fails, which after a successful write takes a folder that changed meanwhile.
    pub fn publish(mut self) -> Result<(), CliError> {
        self.made.clear();
        for (path, file) in self.files.drain(..) {
            file.persist(&path).map_err(|error| unwritable("write", &path, &error.error))?;
        }
        Ok(())
    }

    /// Creates `dir` and what is missing above it, and remembers what it created.
    fn make_dirs(&mut self, dir: &Path) -> io::Result<()> {
        let mut missing: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
        missing.retain(|dir| !dir.as_os_str().is_empty());
        for dir in missing.into_iter().rev() {
            match fs::create_dir(dir) {
                Ok(()) => self.made.push(dir.to_owned()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        self.files.clear();
        for dir in self.made.iter().rev() {
            // A folder that somebody else has put something into stays.
            let _ = fs::remove_dir(dir);
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Folders, devices and pipes cannot give way to a file; `/dev/null` had better not.
fn check_replaceable(path: &Path) -> Result<(), CliError> {
    let what = match path.metadata() {
        Ok(metadata) if metadata.is_dir() => "a folder",
        Ok(metadata) if !metadata.is_file() => "not an ordinary file",
        _ => return Ok(()),
    };
    Err(CliError::invalid(format!("cannot write {}: it is {what}", path.display()))
        .hint("choose another output"))
}

/// Whether two paths name one file of a folder that exists.
fn same_place(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| folder_of(path).canonicalize().ok();
    one.file_name() == other.file_name() && folder(one) == folder(other)
}

/// A hidden file next to its target, with the permissions of any new file instead of private ones.
fn temporary_in(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wavetank-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(dir)
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
    fn files_get_the_permissions_of_ordinary_new_files() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("dir");
        fs::write(root.path().join("plain"), "").expect("write");
        Targets::in_dir(root.path(), &names(&["x"])).expect("open").commit(&["1"]).expect("commit");
        let mode = |name: &str| fs::metadata(root.path().join(name)).expect("metadata").permissions().mode();
        assert_eq!(mode("x"), mode("plain"));
    }
}
