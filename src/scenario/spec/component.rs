//! `[[pipeline.component]]` as written.

use crate::scenario::reader::Written;
use crate::scenario::table::spec;
use crate::scenario::value::Name;

spec! {
    /// One of several things that every revision deploys: in order within each wave, and back in reverse.
    pub struct ComponentSpec {
        /// Unique name, for example "table".
        required name: Name,
        /// Strategy that deploys it, with as many waves as those that are compared. One component has none: the
        /// strategy under study deploys it.
        optional strategy: Name,
        /// Defects that are its own. Default: none; the component without a strategy has all that no other claims.
        optional defects: Vec<Written<Name>>,
        /// The defect of a change of this component and of one before it, where new hosts of this one meet old ones of that.
        /// In order they never do, and such a change is good. Default: none.
        optional unprepared: Name,
    }
}
