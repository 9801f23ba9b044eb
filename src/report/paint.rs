//! Colour in terminal texts, which only repeats what words say. Applied after layout: an escape has no width.

/// Adds colours, or not.
pub(super) struct Paint {
    /// Whether to use ANSI colours.
    pub color: bool,
}

impl Paint {
    pub fn bold(&self, text: &str) -> String {
        self.color("1", text)
    }

    pub fn color(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
