//! The language: whatever a team runs can be said, and comes out as it does there. A small scenario each in
//! `tests/plans/language`, with its right value; one file a topic.

mod hosts;
mod places;
mod sick_fleet;
