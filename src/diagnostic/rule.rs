//! A kind of problem and the page that documents it. It knows no single problem, and no rule by name.

/// How bad a problem is; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably does not mean what its author thinks.
    Warning,
}

impl Severity {
    /// `error` or `warning`: the words of every format that knows severities.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A kind of problem. [`crate::scenario::rules`] has them all.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable identifier, for example `WT002`; never reused.
    pub id: &'static str,
    /// Stable kebab-case name, for example `unknown-key`.
    pub name: &'static str,
    /// Severity of every problem of this kind.
    pub severity: Severity,
    /// The rule's page of `docs/rules`, in Markdown: what it says, why, and how a scenario should and should not look.
    pub page: &'static str,
}

impl Rule {
    /// The rule whose page is the file `stem` of `docs/rules`, for example `WT002-unknown-key`.
    #[must_use]
    pub const fn new(stem: &'static str, severity: Severity, page: &'static str) -> Self {
        let (id, rest) = stem.split_at("WT002".len());
        let (_, name) = rest.split_at("-".len());
        Self { id, name, severity, page }
    }

    /// What the rule says, in one sentence: the page's second paragraph without the severity.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.page.lines().nth(2).and_then(|line| line.split_once(": ")).map_or("", |(_, summary)| summary)
    }

    /// Why it matters and what to do, on one line: what follows until the first example.
    #[must_use]
    pub fn why(&self) -> String {
        let paragraphs = self.page.split("\n\n").skip(2).take_while(|paragraph| *paragraph != "Not so:");
        paragraphs.map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join(" ")
    }

    /// Part of a scenario that breaks the rule.
    #[must_use]
    pub fn bad_example(&self) -> &'static str {
        self.block(0)
    }

    /// The same part as it should be.
    #[must_use]
    pub fn good_example(&self) -> &'static str {
        self.block(2)
    }

    /// The text between a pair of fences: the bad example, what `check` says of it, the good example.
    fn block(&self, index: usize) -> &'static str {
        let block = self.page.split("```").skip(1).step_by(2).nth(index).unwrap_or_default();
        block.split_once('\n').map_or("", |(_language, text)| text)
    }
}
