//! When an alarm was in alarm: what composites that need several at once ask of their parts. Who the parts are, and
//! where, is not known here.

/// Datapoints from one on that an alarm was in alarm at, until another one; none: for good.
type InAlarm = (u64, Option<u64>);

/// The spans in which one instance of an alarm is in alarm, in order, as far as it has looked.
#[derive(Debug, Clone, Default)]
pub struct AlarmSpans(Vec<InAlarm>);

impl AlarmSpans {
    /// It is in alarm from datapoint `from` on until, as things stand, `until`.
    pub fn add(&mut self, from: u64, until: Option<u64>) {
        match self.0.last_mut() {
            Some((_, end)) if end.is_none_or(|end| end >= from) => {
                *end = end.zip(until).map(|(end, until)| end.max(until));
            }
            Some(_) | None => self.0.push((from, until)),
        }
    }

    /// Whether it is in alarm at datapoint `k`.
    pub fn contains(&self, k: u64) -> bool {
        let mut latest_first = self.0.iter().rev();
        let found = latest_first.find(|(from, _)| *from <= k);
        found.is_some_and(|(_, until)| until.is_none_or(|until| k < until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_are_one_and_the_last_may_last() {
        let mut spans = AlarmSpans::default();
        spans.add(3, Some(5));
        spans.add(5, Some(6));
        spans.add(4, Some(5));
        spans.add(9, Some(10));
        let known: Vec<u64> = (0..12).filter(|k| spans.contains(*k)).collect();
        assert_eq!(known, [3, 4, 5, 9]);
        spans.add(11, None);
        assert!(!spans.contains(10) && spans.contains(11) && spans.contains(1 << 60));
        assert_eq!(spans.0.len(), 3);
    }
}
