//! What tells a rollout that something is wrong: an alarm, or the rollout itself.
//!
//! Only names it; what follows is the response's.

use crate::ids::{AlarmId, GateId, WaveId};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What a rollout reacts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// An alarm fired.
    Alarm(AlarmId),
    /// More hosts than the strategy allows could not be deployed to.
    FailedHosts,
    /// Nothing was done for longer than the strategy allows.
    Deadline,
    /// What must hold before the rollout goes on did not.
    Gate {
        /// The wave that it is behind.
        wave: WaveId,
        /// Which of the wave's gates.
        gate: GateId,
    },
}

impl Notice {
    /// The alarm, if it is one.
    #[must_use]
    pub fn alarm(self) -> Option<AlarmId> {
        match self {
            Self::Alarm(alarm) => Some(alarm),
            Self::FailedHosts | Self::Deadline | Self::Gate { .. } => None,
        }
    }

    /// What it is, unless it is an alarm, which has a name of its own.
    #[must_use]
    pub fn kind(self) -> Option<&'static str> {
        match self {
            Self::Alarm(_) => None,
            Self::FailedHosts => Some("failed hosts"),
            Self::Deadline => Some("deadline"),
            Self::Gate { .. } => Some("gate"),
        }
    }
}

/// As fields of an event: `alarm`, or `notice` with what it is, and of a gate its `wave` and number.
impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        if let Some(alarm) = self.alarm() {
            fields.serialize_entry("alarm", &alarm)?;
        }
        if let Some(kind) = self.kind() {
            fields.serialize_entry("notice", kind)?;
        }
        if let Self::Gate { wave, gate } = self {
            fields.serialize_entry("wave", wave)?;
            fields.serialize_entry("gate", gate)?;
        }
        fields.end()
    }
}
