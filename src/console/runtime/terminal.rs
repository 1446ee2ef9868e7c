//! The terminal: entered, left as it was, and watched for its end.

use std::io;
use std::io::{BufWriter, IsTerminal as _, Stdout, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

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

/// What one frame may take before it is written in parts.
const OUTPUT: usize = 128 << 10;

/// Whether the terminal is ours at the moment, so that it is given back once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while the console has it; dropping it gives it back.
#[derive(Debug)]
pub struct Terminal {
    inner: Ratatui<CrosstermBackend<BufWriter<Stdout>>>,
    /// What is on the screen is not known.
    unknown: bool,
}

impl Terminal {
    /// Takes the terminal over: raw mode, alternate screen, mouse and bracketed paste. A panic anywhere gives it back
    /// before it is reported.
    ///
    /// # Errors
    /// Where standard input or output is no terminal, or the terminal rejects.
    pub fn enter() -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::other("the console needs a terminal; for scripts and pipes use `aircheck tail`"));
        }
        give_back_on_panic();
        take()?;
        Ok(Self { inner: blank()?, unknown: false })
    }

    /// Draws one frame.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if std::mem::take(&mut self.unknown) {
            self.inner = blank()?;
            queue!(self.inner.backend_mut(), Clear(ClearType::All))?;
        }
        self.inner.draw(render).map(|_| ())
    }

    /// Forgets what is on the screen, so that the next frame draws all of it.
    pub fn redraw(&mut self) {
        self.unknown = true;
    }

    /// Puts text on the terminal's clipboard (OSC 52; the text goes as base64).
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.inner.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings the bell.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn bell(&mut self) -> io::Result<()> {
        let backend = self.inner.backend_mut();
        backend.write_all(b"\x07")?;
        io::Write::flush(backend)
    }

    /// Gives the terminal back, stops the process until it is continued, and takes the terminal again.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        stop()?;
        take()?;
        self.redraw();
        Ok(())
    }

    /// Gives the terminal back for another program, until [`Terminal::take_back`].
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn lend(&mut self) -> io::Result<()> {
        give_back();
        io::stdout().flush()
    }

    /// Takes the terminal again, and draws all of it with the next frame.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn take_back(&mut self) -> io::Result<()> {
        take()?;
        self.redraw();
        Ok(())
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.inner.size().map(|size| (size.width, size.height))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Stops the process until it is continued; the terminal is left as it is.
pub(crate) fn stop() -> io::Result<()> {
    Ok(kill_process(getpid(), Signal::STOP)?)
}

/// A screen of which nothing is known. Ratatui's own `clear` asks the terminal for its cursor, and the answer would go to
/// whoever reads the keys.
fn blank() -> io::Result<Ratatui<CrosstermBackend<BufWriter<Stdout>>>> {
    Ratatui::new(CrosstermBackend::new(BufWriter::with_capacity(OUTPUT, io::stdout())))
}

fn take() -> io::Result<()> {
    ENTERED.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        SetTitle("aircheck"),
        EnableMouseCapture,
        EnableBracketedPaste,
        cursor::Hide
    )
}

/// Each step is tried, whatever became of the others: the terminal may be gone.
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

/// Tells when the terminal goes away. Reading events does not tell, and SIGHUP may be ignored by whoever started us; a
/// poll that waits for nothing still reports a hang-up.
pub(crate) fn watch_for_hang_up() -> Arc<Notify> {
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
