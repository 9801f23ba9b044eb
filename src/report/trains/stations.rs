//! The places that trains pass: stages, the wait before the first wave, waves. Their names, letters and windows.

use super::TimeSpan;
use crate::plan::pipeline::{Calendar, Holds, WaveCalendar};
use crate::plan::{Pipeline, Strategy};

/// The places of one strategy's pipeline, by number: stages, the wait before the first wave, waves.
#[derive(Debug, Clone, Copy)]
pub struct Stations<'p> {
    pub pipeline: &'p Pipeline,
    pub strategy: &'p Strategy,
}

impl<'p> Stations<'p> {
    /// Number of stages: the place before production.
    pub fn stages(&self) -> usize {
        self.pipeline.line.stages.len()
    }

    /// Number of places.
    pub fn places(&self) -> usize {
        self.stages() + 1 + self.strategy.waves.len()
    }

    /// The wave that a place is.
    pub fn wave(&self, place: usize) -> Option<usize> {
        place.checked_sub(self.stages() + 1)
    }

    /// What a place is called.
    pub fn name(&self, place: usize) -> &'p str {
        match (self.pipeline.line.stages.get(place), self.wave(place)) {
            (Some(stage), _) => &stage.name,
            (None, Some(wave)) => &self.strategy.waves[wave].name,
            (None, None) => "before production",
        }
    }

    /// What a component is called, where there are several.
    pub fn component(&self, index: usize) -> Option<&'p str> {
        self.pipeline.components.get(index).map(|component| component.name.as_str())
    }

    fn calendar(&self, place: usize) -> Option<&'p Calendar> {
        let index = match self.pipeline.line.stages.get(place) {
            Some(stage) => stage.window.map(|window| window.calendar),
            None => {
                let wave = self.strategy.waves.get(self.wave(place).unwrap_or(0))?;
                match self.pipeline.calendar_of(wave) {
                    WaveCalendar::One(calendar) => Some(*calendar),
                    // With local hours a wave has no hours of its own to show.
                    WaveCalendar::Always | WaveCalendar::Local(_) => None,
                }
            }
        };
        index.map(|index| &self.pipeline.line.calendars[index])
    }

    /// Whether a stage's work rests while its calendar is closed.
    pub fn rests(&self, place: usize) -> bool {
        let stage = self.pipeline.line.stages.get(place);
        stage.is_some_and(|stage| stage.window.is_some_and(|window| window.holds == Holds::Work))
    }

    /// When a place is closed, within `span`.
    pub fn closed(&self, place: usize, span: TimeSpan) -> Vec<TimeSpan> {
        let Some(calendar) = self.calendar(place) else { return Vec::new() };
        let mut closed = Vec::new();
        let mut from_ms = span.from_ms;
        for (opens, closes) in calendar.intervals() {
            if *opens > from_ms && from_ms < span.to_ms {
                closed.push(TimeSpan { from_ms, to_ms: (*opens).min(span.to_ms) });
            }
            from_ms = from_ms.max(*closes);
        }
        if from_ms < span.to_ms {
            closed.push(TimeSpan { from_ms, to_ms: span.to_ms });
        }
        closed
    }

    /// One letter a place, none twice: a small one of its name for a stage, a digit or a capital for a wave; nothing
    /// for the wait before production.
    pub fn letters(&self) -> Vec<char> {
        let mut taken = Vec::new();
        (0..self.places())
            .map(|place| {
                let named = self.name(place).to_lowercase();
                let wanted: String = match self.wave(place) {
                    _ if place == self.stages() => return ' ',
                    Some(_) => ('1'..='9').chain('A'..='Z').collect(),
                    None => named.chars().filter(char::is_ascii_lowercase).chain('a'..='z').collect(),
                };
                let letter = wanted.chars().find(|letter| !taken.contains(letter)).unwrap_or('?');
                taken.push(letter);
                letter
            })
            .collect()
    }
}
