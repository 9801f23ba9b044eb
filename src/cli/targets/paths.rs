//! Folders of files that need not exist yet. It reads names and changes nothing.

use std::path::{Path, PathBuf};

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The folder itself, or the nearest one above it that exists.
pub fn existing(dir: &Path) -> &Path {
    dir.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("."))
}

/// A folder that need not exist, without links as far as it exists.
pub fn real(dir: &Path) -> PathBuf {
    let exists = |dir: &Path| {
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        dir.canonicalize().ok()
    };
    let Some((above, real)) = dir.ancestors().find_map(|above| Some((above, exists(above)?))) else {
        return dir.to_owned();
    };
    match dir.strip_prefix(above) {
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
    }
}
