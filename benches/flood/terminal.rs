//! A pseudo-terminal.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Outcome;

/// The usual columns and rows.
pub(crate) const SIZE: (u16, u16) = (200, 60);
/// Begins each frame: hides the cursor.
const FRAME: &[u8] = b"\x1b[?25l";
/// A frame has ended if no bytes follow for this time.
const FRAME_END: Duration = Duration::from_millis(3);

/// A terminal with a program on it.
pub(crate) struct Terminal {
    pub(crate) child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    frames: Arc<AtomicU32>,
    screen: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program on a terminal of this size. `rate` limits the bytes that the terminal reads per second.
    pub(crate) fn start(mut command: CommandBuilder, (cols, rows): (u16, u16), rate: Option<u32>) -> Outcome<Self> {
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut master = pair.master.try_clone_reader()?;
        let (read, output) = channel();
        let frames = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&frames);
        std::thread::spawn(move || {
            let mut buffer = vec![0; if rate.is_some() { 1 << 10 } else { 64 << 10 }];
            while let Ok(length @ 1..) = master.read(&mut buffer) {
                let begun = buffer[..length].windows(FRAME.len()).filter(|bytes| *bytes == FRAME).count();
                count.fetch_add(u32::try_from(begun).unwrap_or(0), Ordering::Relaxed);
                if read.send((Instant::now(), buffer[..length].to_vec())).is_err() {
                    return;
                }
                if let (Some(rate), Ok(length)) = (rate, u32::try_from(length)) {
                    std::thread::sleep(Duration::from_secs(1) * length / rate);
                }
            }
        });
        let keyboard = pair.master.take_writer()?;
        let cells = |count| NonZero::new(count).unwrap_or(NonZero::<u16>::MIN);
        let screen = vt100::Parser::new(cells(rows), cells(cols), 0);
        Ok(Self { child, keyboard, output, frames, screen, _master: pair.master })
    }

    /// Types keys, as the bytes that a terminal sends for them.
    pub(crate) fn type_keys(&mut self, keys: &str) -> Outcome<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        Ok(self.keyboard.flush()?)
    }

    /// The text on the screen, after all output so far.
    pub(crate) fn text(&mut self) -> String {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.screen.process(&bytes);
        }
        self.screen.screen().contents()
    }

    /// The number of frames so far.
    pub(crate) fn frames(&self) -> u32 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Waits for a frame. Returns when its last bytes arrived, and the highest sequence number on the screen.
    pub(crate) fn newest_number(&mut self) -> Outcome<(Instant, u64)> {
        let (mut at, bytes) = self.output.recv_timeout(Duration::from_secs(30))?;
        self.screen.process(&bytes);
        // While only a part of a frame is drawn, a row can have digits of two numbers.
        while let Ok((next, bytes)) = self.output.recv_timeout(FRAME_END) {
            self.screen.process(&bytes);
            at = next;
        }
        let text = self.screen.screen().contents();
        let number = |rest: &str| rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok();
        Ok((at, text.split('#').skip(1).filter_map(number).max().unwrap_or(0)))
    }

    /// Waits until the screen satisfies `wanted`. Returns when the last bytes for that arrived.
    pub(crate) fn wait_until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> Outcome<Instant> {
        let deadline = Instant::now() + Duration::from_secs(30);
        if wanted(&self.text()) {
            return Ok(Instant::now());
        }
        while let Ok((at, bytes)) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.screen.process(&bytes);
            if wanted(&self.screen.screen().contents()) {
                return Ok(at);
            }
        }
        Err(format!("{what} did not appear on the screen:\n{}", self.text()).into())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
