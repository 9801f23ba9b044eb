//! What a plan's JSON leaves out: values that are what they are where nothing is said, so that a key that is new moves no
//! digest of a plan without it.

/// Whether a value is what it is where nothing is said.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
