//! What a scenario is to show: claims in sentences, each with the comparisons that make it, and the variants that they hold
//! the scenario against. It judges nothing.

use super::study::Statistic;
use super::whole::Plan;
use crate::outcome::measures::Measure;
use serde::Serialize;

/// What is claimed of a plan.
#[derive(Debug, Clone)]
pub struct Claims {
    /// What the plan is held against, beside itself.
    pub variants: Vec<Variant>,
    /// The claims, in the order of the file.
    pub list: Vec<Claim>,
}

/// The plan with other values, or another plan.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// The plan.
    pub plan: Plan,
}

/// One claim.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The sentence, in pieces.
    pub sentence: Vec<Piece>,
    /// Whose claim it is; may be empty.
    pub source: String,
    /// What of it is not modelled, and what would have to be true; may be empty.
    pub unsupported: String,
    /// Paths of the values that it rests on.
    pub carried_by: Vec<String>,
    /// What makes it; all must hold.
    pub shows: Vec<Shows>,
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Words.
    Words(String),
    /// A number of a comparison (an index).
    Number(usize, Figure),
}

/// A number of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Of the side that is spoken of.
    Of,
    /// Of the other side.
    Than,
    /// How many times the smaller side the larger one is.
    Times,
    /// By how much they differ.
    Difference,
    /// In how many changes it is so.
    Share,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Of, Self::Than, Self::Times, Self::Difference, Self::Share];

    /// The word in a placeholder.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Of => "of",
            Self::Than => "than",
            Self::Times => "times",
            Self::Difference => "difference",
            Self::Share => "share",
        }
    }
}

/// A comparison of a claim.
#[derive(Debug, Clone)]
pub struct Shows {
    /// Its name in the sentence.
    pub name: String,
    /// The side that is spoken of.
    pub of: ClaimSide,
    /// What is said of it.
    pub said: Assertion,
}

/// What a comparison says.
#[derive(Debug, Clone)]
pub enum Assertion {
    /// It lies between these ends, as far as there are such, in the unit of its metric.
    Between(Option<f64>, Option<f64>),
    /// It is less, or more, than another side.
    Than(Relation, ClaimSide),
    /// In so many changes at least, a share, its value is less, or more, than that of another side.
    InMost(Relation, ClaimSide, f64),
}

impl Assertion {
    /// The other side, if there is one.
    #[must_use]
    pub fn other(&self) -> Option<&ClaimSide> {
        match self {
            Self::Between(..) => None,
            Self::Than(_, side) | Self::InMost(_, side, _) => Some(side),
        }
    }

    /// Whether a comparison that says this has such a number.
    #[must_use]
    pub fn has(&self, figure: Figure) -> bool {
        match (self, figure) {
            (_, Figure::Of) => true,
            (Self::Between(..), _) => false,
            (_, Figure::Than) => true,
            (Self::Than(..), Figure::Times | Figure::Difference) => true,
            (Self::Than(..), Figure::Share) => false,
            (Self::InMost(..), Figure::Times | Figure::Difference) => false,
            (Self::InMost(..), Figure::Share) => true,
        }
    }
}

/// Which of two numbers is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The first.
    Less,
    /// The second.
    More,
}

/// A statistic of a metric of a strategy of the plan or of a variant.
#[derive(Debug, Clone)]
pub struct ClaimSide {
    /// The variant (an index); none: the plan itself.
    pub variant: Option<usize>,
    /// The strategy, an index in that plan.
    pub strategy: usize,
    /// What is measured.
    pub metric: &'static Measure,
    /// Which statistic of it.
    pub statistic: Statistic,
}

impl Claims {
    /// The plan of a side, where the scenario's own is `plan`.
    #[must_use]
    pub fn plan_of<'p>(&'p self, plan: &'p Plan, side: &ClaimSide) -> &'p Plan {
        side.variant.map_or(plan, |variant| &self.variants[variant].plan)
    }
}
