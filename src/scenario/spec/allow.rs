//! `[[allow]]` as written.

use crate::scenario::table::spec;
use crate::scenario::value::{Name, Text};

spec! {
    /// A warning of `check` that is known and accepted.
    pub struct AllowSpec {
        /// Which rule: "WT064" or its name. Errors cannot be allowed.
        required rule: Text,
        /// Why it is right here, for whoever reads the file next.
        required reason: Text,
        /// Only where the warning points at this strategy. Default: everywhere.
        optional strategy: Name,
        /// Only where the warning points at this alarm. Default: everywhere.
        optional alarm: Name,
    }
}
