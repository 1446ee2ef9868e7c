//! A listener's position in the stream.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::ledger::known::ServerId;

/// A sequence number and the server that counted it. Store it, and pass it to
/// [`Listener::resume_after`](super::Listener::resume_after) of the next run.
///
/// A number alone does not show whether the counter was reset since then. With the server's id, the missed range is
/// exact if the server is the same, and a lower bound if it is not.
///
/// The text of a position is `1046@RUN_ID/REPLICATION_ID`, or `1046` if the server is unknown. [`FromStr`] parses it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The sequence number.
    pub sequence: u64,
    /// The server that counted it; `None` if it is unknown.
    pub server: Option<Arc<ServerId>>,
}

/// The text is not a [`Position`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position; expected `SEQUENCE` or `SEQUENCE@RUN_ID/REPLICATION_ID`")]
pub struct PositionError;

/// Creates a position whose server is unknown.
impl From<u64> for Position {
    fn from(sequence: u64) -> Self {
        Self { sequence, server: None }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sequence)?;
        match &self.server {
            Some(server) => write!(f, "@{}/{}", server.run_id, server.replication_id),
            None => Ok(()),
        }
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (sequence, server) = match text.split_once('@') {
            Some((sequence, server)) => (sequence, Some(server)),
            None => (text, None),
        };
        let server = match server {
            Some(server) => {
                let (run_id, replication_id) = server.split_once('/').ok_or(PositionError)?;
                Some(Arc::new(ServerId::new(run_id, replication_id).ok_or(PositionError)?))
            }
            None => None,
        };
        Ok(Self { sequence: sequence.parse().map_err(|_| PositionError)?, server })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_parses_back_from_its_text() {
        for text in ["0", "1046", "18446744073709551615@run/replication"] {
            assert_eq!(text.parse::<Position>().map(|position| position.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "@", "1046@", "1046@run", "1046@/replication", "1046@run/", "-1", "x@run/replication"] {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text:?}");
        }
    }
}
