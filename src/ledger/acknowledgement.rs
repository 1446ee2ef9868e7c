//! Acknowledgements: records that a person has dealt with a finding.

use std::collections::HashMap;

use super::finding::Finding;

/// The acknowledgement of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When the finding was acknowledged, in microseconds since the epoch.
    pub at: i64,
    /// The person's note, not escaped. It can be empty.
    pub note: String,
}

/// The acknowledged findings of one server. A finding is identified by all its fields, including its time in microseconds. A
/// later finding about the same sequence numbers is not acknowledged.
pub type Acknowledgements = HashMap<Finding, Acknowledgement>;
