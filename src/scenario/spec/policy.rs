//! `[pipeline.emergency]` and `[pipeline.error-budget]` as written.

use crate::plan::pipeline::EntryPolicy;
use crate::scenario::table::spec;
use crate::scenario::value::{DistributionText, Duration, Percent};

spec! {
    /// A lane for changes that cannot wait. A revision is in it while one of them rides with it.
    pub struct EmergencySpec {
        /// Share of the source's changes that are emergencies.
        required share: Percent,
        /// Share of each production bake that is kept: "0%" skips them. Default: "100%".
        optional bakes: Percent,
        /// From ready for review until merged. Default: as for others.
        optional review: DistributionText,
        /// Probability that review sees a defect. Default: as for others.
        optional review_catches: Percent,
        /// Waves and regions begin outside their windows. Default: false.
        optional ignores_windows: bool,
        /// What it does that reaches production while another revision is there. Default: as for others.
        optional entry: EntryPolicy,
    }

    /// While the harm of the last weeks is more than is allowed, only fixes and emergencies enter production.
    pub struct ErrorBudgetSpec {
        /// Share of all host-minutes that are not to be impaired, for example "99.95%".
        required objective: Percent,
        /// Length of the rolling window. Default: "28d".
        optional window: Duration,
    }
}
