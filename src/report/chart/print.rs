//! What pixels and print share: textures as lines, because neither has patterns of ours.

use super::canvas::Point;
use super::pen::Texture;
use super::svg::TEXTURE_GAP;

/// Lines of a texture within a box: left, top, right, bottom.
pub(super) fn texture_lines(
    (left, top, right, bottom): (i32, i32, i32, i32),
    texture: Texture,
) -> Vec<(Point, Point)> {
    // Diagonals are farther apart along the edges than across.
    let (straight, slanted) = (TEXTURE_GAP as usize, (TEXTURE_GAP * 3 / 2 - 1) as usize);
    let (width, height) = (right - left, bottom - top);
    match texture {
        Texture::Plain => Vec::new(),
        Texture::Upright => (left + 1..right).step_by(straight).map(|x| ((x, top), (x, bottom))).collect(),
        Texture::Level => (top + 1..bottom).step_by(straight).map(|y| ((left, y), (right, y))).collect(),
        // x + y is constant along a line; what is outside is cut off.
        Texture::Rising => (1..width + height)
            .step_by(slanted)
            .map(|sum| {
                let (low, high) = ((sum - height).max(0), sum.min(width));
                ((left + low, top + sum - low), (left + high, top + sum - high))
            })
            .collect(),
        Texture::Falling => (1 - height..width)
            .step_by(slanted)
            .map(|shift| {
                let (low, high) = (shift.max(0), (shift + height).min(width));
                ((left + low, top + low - shift), (left + high, top + high - shift))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_their_box_and_have_their_slope() {
        for corners in [(10, 20, 60, 32), (0, 0, 5, 90), (3, 3, 4, 4)] {
            for texture in [Texture::Rising, Texture::Falling, Texture::Upright, Texture::Level] {
                for ((x, y), (to_x, to_y)) in texture_lines(corners, texture) {
                    let (left, top, right, bottom) = corners;
                    assert!((left..=right).contains(&x) && (left..=right).contains(&to_x), "{texture:?}");
                    assert!((top..=bottom).contains(&y) && (top..=bottom).contains(&to_y), "{texture:?}");
                    match texture {
                        Texture::Rising => assert_eq!(to_x - x, y - to_y),
                        Texture::Falling => assert_eq!(to_x - x, to_y - y),
                        Texture::Upright => assert_eq!(x, to_x),
                        _ => assert_eq!(y, to_y),
                    }
                }
            }
        }
        assert!(texture_lines((0, 0, 9, 9), Texture::Plain).is_empty());
    }
}
