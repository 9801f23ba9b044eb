//! The file operations that outputs are made of, one method for each that can fail or be a program's last. Tests put a
//! failing disk in place of the real one; nothing here knows what is written.

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::Path;

/// A file system, or a test's idea of one.
pub trait Disk: Debug + Send + Sync {
    /// A file without a name on the disk of `folder`, which is gone when it is closed, however the process ends.
    fn scratch(&self, folder: &Path) -> io::Result<File>;
    /// Appends to a file.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()>;
    /// Waits until the content of a file would survive a power cut.
    fn sync(&self, file: &File) -> io::Result<()>;
    /// Waits until the names in a folder would survive a power cut.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Makes a nameless file appear at `path`, where nothing is.
    fn name(&self, file: &mut File, path: &Path) -> io::Result<()>;
    /// A second name for a file.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Moves a file or folder; a file at `to` gives way in the same instant.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Two folders take each other's name in one instant.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;
    /// Makes a folder.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Gives the folder `to` the permissions of `from`.
    fn copy_mode(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file, or a link without what it leads to.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Names in a folder, sorted.
    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>>;
    /// Locks a folder against other processes until the file is closed or the process ends; none where folders cannot be
    /// locked. Unless it shall `wait`, a locked folder is [`io::ErrorKind::WouldBlock`].
    fn lock(&self, folder: &Path, wait: bool) -> io::Result<Option<File>>;
}

/// The real one.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl Disk for Machine {
    fn scratch(&self, folder: &Path) -> io::Result<File> {
        // One that can be named later; where there is none, one that has to be copied.
        nameless(folder).or_else(|_| tempfile::tempfile_in(folder))
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        match File::open(folder)?.sync_all() {
            // Some file systems cannot, and none of those promises anything.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn name(&self, file: &mut File, path: &Path) -> io::Result<()> {
        match give_name(file, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let mut named = OpenOptions::new().write(true).create_new(true).open(path)?;
                file.rewind()?;
                io::copy(file, &mut named)?;
                named.sync_all()
            }
            named => named,
        }
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        exchange(one, other)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn copy_mode(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::set_permissions(to, fs::metadata(from)?.permissions())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let names: io::Result<Vec<OsString>> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect();
        names.map(|mut names| {
            names.sort();
            names
        })
    }

    #[cfg(unix)]
    fn lock(&self, folder: &Path, wait: bool) -> io::Result<Option<File>> {
        use rustix::fs::{FlockOperation, flock};
        let file = match File::open(folder) {
            // One that cannot be read may be written to all the same.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
            file => file?,
        };
        let how = if wait { FlockOperation::LockExclusive } else { FlockOperation::NonBlockingLockExclusive };
        match flock(&file, how).map_err(io::Error::from) {
            Ok(()) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            Err(_) => Ok(None),
        }
    }

    #[cfg(not(unix))]
    fn lock(&self, _: &Path, _: bool) -> io::Result<Option<File>> {
        Ok(None)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn nameless(folder: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(open(folder, flags, Mode::from_raw_mode(0o666)).map(File::from)?)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn give_name(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd;
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, open.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn nameless(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn give_name(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
