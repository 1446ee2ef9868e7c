//! A pseudo-terminal of 200x60.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Outcome;

/// The columns and rows.
pub(crate) const SIZE: (u16, u16) = (200, 60);

/// A terminal with a program on it.
pub(crate) struct Terminal {
    pub(crate) child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    pub(crate) fn start(mut command: CommandBuilder) -> Outcome<Self> {
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        let (cols, rows) = SIZE;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut master = pair.master.try_clone_reader()?;
        let (read, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(length @ 1..) = master.read(&mut buffer) {
                if read.send((Instant::now(), buffer[..length].to_vec())).is_err() {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer()?;
        let cells = |count| NonZero::new(count).unwrap_or(NonZero::<u16>::MIN);
        let screen = vt100::Parser::new(cells(rows), cells(cols), 0);
        Ok(Self { child, keyboard, output, screen, _master: pair.master })
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
