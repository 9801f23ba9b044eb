//! The version of the model: what makes results of two programs comparable.

/// Version of the simulated model: two runs with the same scenario, seed and model version print
/// the same bytes. Any change that moves a number for an existing scenario and seed bumps it and is
/// written in CHANGELOG.md.
pub const MODEL_VERSION: u32 = 6;
