//! Edits the data in `$EDITOR`. The editor has the terminal and the keys meanwhile.

use std::fs::{OpenOptions, Permissions};
use std::io;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command};

use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::event::Event;
use crate::wire::escape::escape;

/// The maximum size of the edited file in bytes.
const MAX: u64 = 4 << 20;

/// The default editor, which POSIX requires.
const DEFAULT: &str = "vi";

/// A running editor. Dropping it removes the temporary directory.
pub(crate) struct Editing {
    _directory: TempDir,
}

/// Starts the editor; the answer is [`Event::Edited`]. The editor does not get the variables in `secret`.
pub(crate) fn begin(text: &str, secret: &[String], results: UnboundedSender<Event>) -> io::Result<Editing> {
    let owner_only = Permissions::from_mode(0o700);
    let directory = tempfile::Builder::new().prefix("aircheck-").permissions(owner_only).tempdir()?;
    let path = directory.path().join("data.json");
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    // Some editors warn if the last line has no newline.
    if !text.is_empty() && !text.ends_with('\n') {
        file.write_all(b"\n")?;
    }
    drop(file);
    let mut child = spawn(&path, secret)?;
    std::thread::spawn(move || {
        let result = ended(&mut child, &path);
        let _ = results.send(Event::Edited(result));
    });
    Ok(Editing { _directory: directory })
}

/// The variable may contain arguments and quotes, so a shell parses it, as in git.
fn spawn(path: &Path, secret: &[String]) -> io::Result<Child> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os).find(|editor| !editor.is_empty());
    let mut script = named.unwrap_or_else(|| DEFAULT.into());
    script.push(" \"$@\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("aircheck").arg(path);
    for name in secret {
        command.env_remove(name);
    }
    command.spawn()
}

fn ended(child: &mut Child, path: &Path) -> Result<String, String> {
    let status = child.wait().map_err(|error| words(&error))?;
    if !status.success() {
        return Err(format!("the editor failed ({status}), so the text is as it was; $VISUAL or $EDITOR names it"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| words(&error))?;
    file.take(MAX).read_to_end(&mut bytes).map_err(|error| words(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| String::from("not loaded: the edited text is not UTF-8"))?;
    Ok(text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(&text).to_owned())
}

fn words(error: &io::Error) -> String {
    format!("the text cannot be edited: {}", escape(error.to_string().as_bytes()))
}
