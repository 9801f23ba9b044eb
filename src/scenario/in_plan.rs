//! Values that stand in the plan by themselves: a key of one is read with its default in one word. It knows no value in
//! particular, and reports nothing.

use super::reader::Field;

/// A value that stands in the plan by itself.
pub trait InPlan {
    /// As the plan has it.
    type Plain;

    /// The same in the plan.
    fn plain(&self) -> Self::Plain;
}

impl<T: InPlan> Field<T> {
    /// What was written; none where it was left out or reported.
    pub fn given(&self) -> Option<T::Plain> {
        self.value().map(T::plain)
    }

    /// What was written, or `default` where it was left out or reported.
    pub fn or(&self, default: T::Plain) -> T::Plain {
        self.given().unwrap_or(default)
    }

    /// What was written, or nothing: 0, no, no time, an empty text.
    pub fn or_default(&self) -> T::Plain
    where
        T::Plain: Default,
    {
        self.given().unwrap_or_default()
    }
}
