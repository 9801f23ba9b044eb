//! What the new version has served, as who keeps it tells who weighs it.

/// Requests to the new version so far, on average.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Served {
    /// All of them.
    pub requests: f64,
    /// Those that an impaired host served, each weighed by how strong the fault was there.
    pub met_fault: f64,
}

impl Served {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { requests: self.requests + other.requests, met_fault: self.met_fault + other.met_fault }
    }
}
