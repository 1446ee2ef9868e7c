//! Acknowledgements: records that a person has dealt with a finding.

use std::collections::HashMap;

use super::finding::Finding;

/// The acknowledgement of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When the finding was acknowledged, in microseconds since the epoch.
    pub at: i64,
    /// What the person noted, not escaped; may be empty.
    pub note: String,
}

/// The acknowledged findings of one server. All fields of a finding identify it, including its time in microseconds. So another
/// finding about the same sequence numbers is not acknowledged.
pub type Acknowledgements = HashMap<Finding, Acknowledgement>;
