//! The terminal: takes it over, restores it, and notices when it disappears.

use std::io;
use std::io::{BufWriter, IsTerminal as _, Stdout, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal as Ratatui};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::Notify;

/// The output buffer in bytes. Larger frames are written in parts.
const OUTPUT: usize = 128 << 10;

/// Whether the console has the terminal, so that it is restored only once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while the console has it. Dropping this restores it.
#[derive(Debug)]
pub struct Terminal {
    inner: Ratatui<CrosstermBackend<BufWriter<Stdout>>>,
    /// The content of the screen is unknown.
    unknown: bool,
    /// Whether it reports the mouse.
    mouse: bool,
}

impl Terminal {
    /// Takes over the terminal: raw mode, alternate screen, bracketed paste and, if wanted, the mouse. A panic restores it before the
    /// report.
    ///
    /// # Errors
    /// If standard input or output is not a terminal, or does not support this.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::other("the console needs a terminal; for scripts and pipes use `aircheck tail`"));
        }
        give_back_on_panic();
        take(mouse)?;
        Ok(Self { inner: blank()?, unknown: false, mouse })
    }

    /// Draws one frame.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if std::mem::take(&mut self.unknown) {
            self.inner = blank()?;
            queue!(self.inner.backend_mut(), Clear(ClearType::All))?;
        }
        self.inner.draw(render).map(|_| ())
    }

    /// Makes the next frame draw the whole screen.
    pub(crate) fn redraw(&mut self) {
        self.unknown = true;
    }

    /// Puts text on the terminal's clipboard (OSC 52; the text goes as base64).
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.inner.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings the bell.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn bell(&mut self) -> io::Result<()> {
        let backend = self.inner.backend_mut();
        backend.write_all(b"\x07")?;
        io::Write::flush(backend)
    }

    /// Restores the terminal, stops the process until it is continued, and takes over the terminal again.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        stop()?;
        take(self.mouse)?;
        self.redraw();
        Ok(())
    }

    /// Restores the terminal for another program, until `Terminal::take_back`.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn lend(&mut self) -> io::Result<()> {
        give_back();
        io::stdout().flush()
    }

    /// Takes over the terminal again. The next frame draws the whole screen.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub(crate) fn take_back(&mut self) -> io::Result<()> {
        take(self.mouse)?;
        self.redraw();
        Ok(())
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.inner.size().map(|size| (size.width, size.height))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Stops the process until it is continued, without touching the terminal.
pub(crate) fn stop() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::STOP)?)
}

/// A screen with unknown content. Ratatui's `clear` asks the terminal for its cursor, and the thread for the keys
/// would receive the answer.
fn blank() -> io::Result<Ratatui<CrosstermBackend<BufWriter<Stdout>>>> {
    Ratatui::new(CrosstermBackend::new(BufWriter::with_capacity(OUTPUT, io::stdout())))
}

fn take(mouse: bool) -> io::Result<()> {
    ENTERED.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, SetTitle("aircheck"), EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Every step is tried even if another one fails, because the terminal may be gone.
fn give_back() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

fn give_back_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
    });
}

/// Notifies when the terminal disappears. Reading events does not report this, and SIGHUP may be ignored. A poll still
/// reports a hang-up. All consoles of this process share one thread.
pub(crate) fn watch_for_hang_up() -> Arc<Notify> {
    static GONE: OnceLock<Arc<Notify>> = OnceLock::new();
    Arc::clone(GONE.get_or_init(poll_for_hang_up))
}

fn poll_for_hang_up() -> Arc<Notify> {
    let gone = Arc::new(Notify::new());
    let notify = Arc::clone(&gone);
    std::thread::spawn(move || {
        let stdin = io::stdin();
        loop {
            let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
        notify.notify_one();
    });
    gone
}
