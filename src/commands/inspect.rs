//! `inspect`: checks the signatures of payloads, and prints which check fails and why.

use std::io::{self, BufReader};
use std::os::unix::ffi::OsStrExt as _;

use base64_simd::STANDARD;

use super::cli::{Encoding, InspectArgs};
use super::{ExitStatus, Failure, input};
use crate::config::Profile;
use crate::output::summary::Inspected;
use crate::redis::subscription::now_micros;
use crate::stdout::Printer;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// Checks the payload of the command line, or each line of standard input.
///
/// # Errors
/// Fails if the input cannot be read, or if it does not have the encoding of `--encoding`.
pub(super) fn run(args: &InspectArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let mut inspection = Inspection { args, profile, printer: Printer::new(args.format), status: ExitStatus::Success };
    if let Some(payload) = &args.payload {
        inspection.check(payload.as_bytes())?;
    } else {
        let mut input = BufReader::new(io::stdin().lock());
        let mut number = 0;
        while let Some(line) = input::next_line(&mut input)? {
            number += 1;
            let payload = line.strip_suffix(b"\n").unwrap_or(&line);
            inspection.check(payload).map_err(|failure| failure.at(&format!("line {number}")))?;
        }
    }
    Ok(inspection.status)
}

struct Inspection<'a> {
    args: &'a InspectArgs,
    profile: &'a Profile,
    printer: Printer,
    status: ExitStatus,
}

impl Inspection<'_> {
    fn check(&mut self, text: &[u8]) -> Result<(), Failure> {
        let decoded;
        let payload = match self.args.encoding {
            Encoding::Raw => text,
            Encoding::Base64 => {
                decoded = STANDARD
                    .decode_to_vec(text.trim_ascii())
                    .map_err(|_| Failure::usage("invalid Base64; for a raw payload, omit --encoding"))?;
                &decoded[..]
            }
        };
        let at = self.args.now.map_or_else(now_micros, |seconds| seconds.saturating_mul(1_000_000));
        let now = self.args.now.unwrap_or(at / 1_000_000);
        let envelope = Envelope::parse(payload);
        let verification = self.profile.keyring.verify(&envelope, now);
        if matches!(verification.verdict, Verdict::Rejected(_)) {
            self.status = ExitStatus::Found;
        }
        let checks = self.profile.keyring.explain(&envelope, now);
        self.printer.inspected(&Inspected { at, payload, verification, checks: &checks });
        self.printer.flush()?;
        Ok(())
    }
}
