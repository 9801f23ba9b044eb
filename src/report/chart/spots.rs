//! Points that share a spot: one keeps it, the others step aside, as near as there is room.

use super::canvas::Point;
use super::labels::Area;

/// Most steps aside, to each side and up or down.
const REACH: i32 = 12;

/// Where points are drawn so that no two are nearer than `apart` pixels: where they are, or beside it, level if possible,
/// within `bounds`. In crowds without any room points stay where they are.
pub fn apart(points: &[Point], apart: i32, bounds: Area) -> Vec<Point> {
    let mut steps: Vec<Point> =
        (-REACH..=REACH).flat_map(|up| (-REACH..=REACH).map(move |aside| (aside, up))).collect();
    // Level steps first: what is read off the axis on the left stays right.
    steps.sort_by_key(|(aside, up)| (up.abs() * 4 + aside.abs(), up.abs(), -aside, *up));
    let mut placed: Vec<Point> = Vec::new();
    for &(x, y) in points {
        let is_free = |(px, py): Point| {
            let far = |(ox, oy): &Point| (px - ox).abs() >= apart || (py - oy).abs() >= apart;
            let inside = px >= bounds.0 && px <= bounds.2 && py >= bounds.1 && py <= bounds.3;
            (inside || (px, py) == (x, y)) && placed.iter().all(far)
        };
        let candidates = steps.iter().map(|(aside, up)| (x + aside * apart, y + up * apart));
        placed.push(candidates.into_iter().find(|at| is_free(*at)).unwrap_or((x, y)));
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_points_stand_side_by_side_and_lonely_ones_stay() {
        let points = [(100, 100), (100, 100), (103, 101), (300, 50), (100, 100)];
        let placed = apart(&points, 16, Area(0, 0, 400, 200));
        assert_eq!((placed[0], placed[3]), ((100, 100), (300, 50)));
        for (index, one) in placed.iter().enumerate() {
            for other in &placed[..index] {
                assert!((one.0 - other.0).abs() >= 16 || (one.1 - other.1).abs() >= 16, "{placed:?}");
            }
        }
        assert!(placed[..3].iter().all(|at| (at.1 - 100).abs() <= 1), "level: {placed:?}");
        let corner = apart(&[(0, 0); 60], 16, Area(0, 0, 400, 200));
        assert!(corner.iter().all(|at| at.0 >= 0 && at.1 >= 0));
    }
}
