//! Which files may be part of a scenario, and their bytes: ordinary files of a few MB, in the folder of the scenario or in
//! the repository that it is in. What is in a file is for others to say.
//!
//! A scenario of a stranger names its files itself, so it must not lead to those of the machine: neither with `..` nor
//! with a link.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

/// Bytes of the largest file.
const MAX_BYTES: u64 = 4 << 20;

/// What marks the folder that a scenario may use the files of: a repository, or a file made for that.
const ROOTS: [&str; 5] = [".git", ".hg", ".jj", ".svn", ".wavetank-root"];

/// Where streams are, which the user has named: a scenario that is piped in has no folder.
const STREAMS: &str = "/dev";

/// Which files a scenario may name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// Those in its folder, or in the repository that it is in.
    #[default]
    Inside,
    /// All: for scenarios that are trusted as much as the user.
    Anywhere,
}

/// Where files come from.
pub(super) enum Files<'a> {
    /// The disk; below this folder if there is one.
    Disk(Option<PathBuf>),
    /// The same, but for the scenario itself, which has this text.
    Edited(&'a str, Option<PathBuf>),
    /// Whatever a function reads, which is no file to the machine.
    Given(&'a dyn Fn(&Path) -> io::Result<Vec<u8>>),
}

/// Why a file is not read.
pub(super) enum Unreadable {
    /// It could not be.
    Failed(io::Error),
    /// It is not below the folder of this name.
    Outside(PathBuf),
    /// It is a device, a pipe, or what the system makes up as it is read.
    NoFile,
    /// It has more bytes than any scenario.
    TooLarge,
}

impl Files<'_> {
    /// Those on the disk that the scenario at `path` may name.
    pub fn of(path: &Path, reach: Reach) -> Self {
        Self::Disk(root_of(path, reach))
    }

    /// The bytes of a file. The scenario itself, which the user has named, may be a stream.
    pub fn read(&self, path: &Path, is_scenario: bool) -> Result<Vec<u8>, Unreadable> {
        match self {
            Self::Disk(_) if is_scenario && path.starts_with(STREAMS) => {
                bytes(File::open(path).map_err(Unreadable::Failed)?)
            }
            Self::Edited(text, _) if is_scenario => within_limits(text.as_bytes().to_vec()),
            Self::Disk(root) | Self::Edited(_, root) => on_disk(path, root.as_deref()),
            Self::Given(read) => within_limits(read(path).map_err(Unreadable::Failed)?),
        }
    }

    /// Whether a path is a link to a file that has another name.
    pub fn is_link(&self, path: &Path) -> bool {
        matches!(self, Self::Disk(_)) && path.is_symlink() && !path.starts_with(STREAMS)
    }

    /// The same path for the same file, however it is written.
    pub fn identity(&self, path: &Path) -> PathBuf {
        match self {
            Self::Disk(_) | Self::Edited(..) => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            Self::Given(_) => normalised(path),
        }
    }
}

/// The folder below which the files are that the scenario at `path` may name; none: they may be anywhere.
pub(super) fn root_of(path: &Path, reach: Reach) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let is_root = |folder: &&Path| ROOTS.iter().any(|mark| folder.join(mark).symlink_metadata().is_ok());
    match reach {
        Reach::Anywhere => None,
        Reach::Inside if path.starts_with(STREAMS) => Some(folder),
        Reach::Inside => Some(folder.ancestors().find(is_root).map(Path::to_owned).unwrap_or(folder)),
    }
}

fn within_limits(bytes: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    if bytes.len() as u64 > MAX_BYTES { Err(Unreadable::TooLarge) } else { Ok(bytes) }
}

fn on_disk(path: &Path, root: Option<&Path>) -> Result<Vec<u8>, Unreadable> {
    let real = path.canonicalize().map_err(Unreadable::Failed)?;
    if let Some(root) = root.filter(|root| !real.starts_with(root)) {
        return Err(Unreadable::Outside(root.to_owned()));
    }
    let metadata = real.metadata().map_err(Unreadable::Failed)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(Unreadable::NoFile);
    }
    let bytes = bytes(File::open(&real).map_err(Unreadable::Failed)?)?;
    // What the system makes up has no size.
    if metadata.len() == 0 && !bytes.is_empty() { Err(Unreadable::NoFile) } else { Ok(bytes) }
}

fn bytes(file: File) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Unreadable::Failed)?;
    if bytes.len() as u64 > MAX_BYTES { Err(Unreadable::TooLarge) } else { Ok(bytes) }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Without the error number.
            Self::Failed(error) => match error.kind() {
                io::ErrorKind::NotFound => f.write_str("there is no such file"),
                io::ErrorKind::PermissionDenied => f.write_str("permission denied"),
                io::ErrorKind::IsADirectory => f.write_str("it is a directory"),
                _ => error.fmt(f),
            },
            Self::Outside(root) => write!(f, "it lies outside of {}", root.display()),
            Self::NoFile => f.write_str("it is no ordinary file"),
            Self::TooLarge => write!(f, "it has more than {} MB", MAX_BYTES >> 20),
        }
    }
}

/// The text called `path` among `texts`, which stand for files; the error of one that is not there is `missing`.
pub(super) fn text_of(
    texts: &[(PathBuf, String)],
    path: &Path,
    missing: impl Fn() -> io::Error,
) -> io::Result<Vec<u8>> {
    let wanted = normalised(path);
    let found = texts.iter().find(|(name, _)| normalised(name) == wanted);
    found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(missing)
}

/// The file that is called `named` in the file `path`.
pub(super) fn beside(path: &Path, named: &str) -> PathBuf {
    normalised(&path.parent().unwrap_or(Path::new("")).join(named))
}

/// `a/b/../c` as `a/c`, for display and comparison.
fn normalised(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        let inside = matches!(result.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if inside => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_detours() {
        assert_eq!(normalised(Path::new("a/b/../c.toml")), Path::new("a/c.toml"));
        assert_eq!(normalised(Path::new("./c.toml")), Path::new("c.toml"));
        assert_eq!(normalised(Path::new("../../c.toml")), Path::new("../../c.toml"));
        assert_eq!(normalised(Path::new("/../c.toml")), Path::new("/../c.toml"));
    }
}
