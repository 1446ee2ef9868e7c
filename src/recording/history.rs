//! A bounded text file that only its owner can read. Several processes can append to it at the same time.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::own_file;
use crate::wire::escape::escape;

/// The number of bytes that are read from the end of a longer file.
const MAX_BYTES: u64 = 8 << 20;

/// A history file.
#[derive(Debug, Clone)]
pub struct History {
    path: PathBuf,
    most: usize,
}

/// Why the file cannot be used. The text contains the file name and is escaped for a terminal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HistoryError(String);

impl History {
    /// Creates a history with at most `most` lines. The file may be missing.
    #[must_use]
    pub fn new(path: PathBuf, most: usize) -> Self {
        Self { path, most }
    }

    /// Reads the last lines, oldest first. Returns no lines if the file is missing. If the file has more lines, or more than 8 MiB,
    /// its first lines are removed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(&self) -> Result<Vec<String>, HistoryError> {
        self.read().map_err(|error| self.failed(&error))
    }

    /// Appends a line. It must not contain a newline.
    ///
    /// # Errors
    /// The file cannot be created or written.
    pub fn append(&self, line: &str) -> Result<(), HistoryError> {
        self.write(line).map_err(|error| self.failed(&error))
    }

    fn read(&self) -> io::Result<Vec<String>> {
        if !self.path.try_exists()? {
            return Ok(Vec::new());
        }
        let mut file = self.open()?;
        let length = file.metadata()?.len();
        let skipped = length.saturating_sub(MAX_BYTES);
        file.seek(SeekFrom::Start(skipped))?;
        let mut bytes = Vec::new();
        (&file).take(MAX_BYTES).read_to_end(&mut bytes)?;
        // The first line may be cut. The last line is incomplete if a process was killed while writing it.
        let text = String::from_utf8_lossy(&bytes);
        let mut lines: Vec<String> = text.lines().skip(usize::from(skipped > 0)).map(str::to_owned).collect();
        let surplus = lines.len().saturating_sub(self.most);
        lines.drain(..surplus);
        if surplus > 0 || skipped > 0 {
            self.replace(&lines)?;
        }
        Ok(lines)
    }

    fn write(&self, line: &str) -> io::Result<()> {
        if let Some(directory) = self.path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let mut file = self.open()?;
        // Ends a line that another process did not finish. Reading the last byte leaves the position at the end of the file.
        let length = file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.seek(SeekFrom::Start(length - 1))?;
            file.read_exact(&mut last)?;
        }
        let before = if last == [b'\n'] { "" } else { "\n" };
        file.write_all(format!("{before}{line}\n").as_bytes())
    }

    /// Opens and locks the file. It is created for its owner only. If another process has replaced it in the meantime, the new
    /// file is opened.
    fn open(&self) -> io::Result<File> {
        loop {
            let file = own_file::open(&self.path)?;
            file.lock()?;
            let opened = file.metadata()?;
            if std::fs::metadata(&self.path).is_ok_and(|now| now.ino() == opened.ino()) {
                if opened.permissions().mode() & 0o077 != 0 {
                    file.set_permissions(PermissionsExt::from_mode(0o600))?;
                }
                return Ok(file);
            }
        }
    }

    /// Replaces the file atomically. If the process is killed, the file has either the old or the new lines.
    fn replace(&self, lines: &[String]) -> io::Result<()> {
        let directory =
            self.path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        for line in lines {
            writeln!(file, "{line}")?;
        }
        file.persist(&self.path)?;
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> HistoryError {
        let path = escape(self.path.as_os_str().as_encoded_bytes());
        HistoryError(format!("{path}: {}", escape(error.to_string().as_bytes())))
    }
}
