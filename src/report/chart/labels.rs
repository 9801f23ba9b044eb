//! Greedy label placement: no label over another label, a marker or the edge, if it can be helped.

use super::canvas::Point;

/// A box in pixels: left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area(pub i32, pub i32, pub i32, pub i32);

impl Area {
    /// Pixels that two boxes share.
    pub(super) fn overlap(self, other: Self) -> i64 {
        let width = i64::from(self.2.min(other.2) - self.0.max(other.0)).max(0);
        let height = i64::from(self.3.min(other.3) - self.1.max(other.1)).max(0);
        width * height
    }

    fn size(self) -> i64 {
        i64::from(self.2 - self.0) * i64::from(self.3 - self.1)
    }
}

/// A box that labels should keep off, and how much covering a pixel of it costs.
pub type Obstacle = (Area, i64);

/// Cost of a pixel of another label.
const LABEL_COST: i64 = 4;

/// Places a label of `width` by `height` pixels near each of `points` and returns its top left corner.
/// `bounds` is where labels may be, `taken` what they should not cover.
pub fn place(points: &[(Point, i32, i32)], bounds: Area, taken: &[Obstacle]) -> Vec<Point> {
    let mut taken = taken.to_vec();
    points
        .iter()
        .map(|&(at, width, height)| {
            let cost = |corner: &Point| {
                let area = Area(corner.0, corner.1, corner.0 + width, corner.1 + height);
                let covered: i64 = taken.iter().map(|(other, weight)| weight * area.overlap(*other)).sum();
                // Outside is worse than on top of something: it may be cut off.
                covered + 4 * (area.size() - area.overlap(bounds))
            };
            let best = candidates(at, width, height)
                .into_iter()
                .min_by_key(|(corner, gap)| cost(corner) + 4 * i64::from(*gap))
                .map_or(at, |(corner, _)| corner);
            // What lies on something else can be told, what is cut off cannot.
            let best =
                (best.0.min(bounds.2 - width).max(bounds.0), best.1.min(bounds.3 - height).max(bounds.1));
            taken.push((Area(best.0 - 3, best.1 - 2, best.0 + width + 3, best.1 + height + 2), LABEL_COST));
            best
        })
        .collect()
}

/// Corners to try and their distance, best first: beside the point, diagonal, above and below, then
/// the same farther out.
fn candidates((x, y): Point, width: i32, height: i32) -> Vec<(Point, i32)> {
    [14, 26, 42, 64, 92]
        .into_iter()
        .flat_map(|gap| {
            let (left, right, middle) = (x - gap - width, x + gap, x - width / 2);
            let (above, below, level) = (y - gap - height, y + gap, y - height / 2);
            let (rising, falling) = (y - height - 5, y + 5);
            [
                (right, level),
                (right, rising),
                (right, falling),
                (left, level),
                (left, rising),
                (left, falling),
                (middle, above),
                (middle, below),
            ]
            .map(|corner| (corner, gap))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crowded_points_keep_their_labels_apart_and_inside() {
        let bounds = Area(0, 0, 600, 400);
        let points: Vec<(Point, i32, i32)> =
            [(590, 200), (580, 210), (300, 5), (305, 12), (10, 390)].map(|at| (at, 120, 30)).to_vec();
        let placed = place(&points, bounds, &[]);
        let areas: Vec<Area> = placed.iter().map(|p| Area(p.0, p.1, p.0 + 120, p.1 + 30)).collect();
        for (index, area) in areas.iter().enumerate() {
            assert_eq!(area.overlap(bounds), area.size(), "label {index} leaves the chart");
            assert!(areas[..index].iter().all(|other| area.overlap(*other) == 0), "label {index} overlaps");
        }
    }
}
