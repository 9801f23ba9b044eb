//! Reading an accepted study back from the bytes of its file.

use super::baseline::{Baseline, SCHEMA_VERSION};
use std::path::PathBuf;

/// Why bytes are no baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaselineError {
    /// They do not have its form; says where.
    Malformed(String),
    /// They have another layout than [`SCHEMA_VERSION`].
    OtherLayout(u64),
}

impl Baseline {
    /// Reads the JSON that a baseline is kept as.
    ///
    /// # Errors
    /// When it is not JSON, has another layout, or lacks something.
    pub fn parse(bytes: &[u8]) -> Result<Self, BaselineError> {
        let malformed = |error: serde_json::Error| BaselineError::Malformed(error.to_string());
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
        let layout = value.get("schema_version").and_then(serde_json::Value::as_u64);
        match layout {
            None => Err(BaselineError::Malformed("it has no schema_version".to_owned())),
            Some(layout) if layout != u64::from(SCHEMA_VERSION) => Err(BaselineError::OtherLayout(layout)),
            Some(_) => serde_json::from_value(value).map_err(malformed),
        }
    }

    /// The texts of the scenario by path, the scenario itself first: what a scenario is read from again.
    #[must_use]
    pub fn texts(&self) -> Vec<(PathBuf, String)> {
        self.files.iter().map(|file| (PathBuf::from(&file.path), file.text.clone())).collect()
    }
}
