//! What holds of every picture: all of it is on the sheet, no words lie on other words, and it is said in words too.

use crate::report::chart::Picture;
use crate::report::chart::canvas::Font;
use crate::report::chart::labels::Area;
use crate::report::chart::pen::{Item, Side};

/// The words of a picture with their boxes.
pub fn words(picture: &Picture) -> Vec<(String, Area)> {
    let found = picture.items.iter().filter_map(|item| match item {
        Item::Words { at: (x, y), words, size, is_bold, is_turned, side, .. } => {
            let font = if *is_bold { Font::new(*size).bold() } else { Font::new(*size) };
            let width = font.width(words);
            let before = match side {
                Side::Start => 0,
                Side::Middle => width / 2,
                Side::End => width,
            };
            let (up, down) = ((size * 0.72) as i32, (size * 0.2) as i32);
            let area = if *is_turned {
                Area(x - up, y - width + before, x + down, y + before)
            } else {
                Area(x - before, y - up, x - before + width, y + down)
            };
            Some((words.clone(), area))
        }
        _ => None,
    });
    found.filter(|(words, _)| !words.is_empty()).collect()
}

/// All that is said in a picture, a line each.
pub fn text(picture: &Picture) -> String {
    words(picture).into_iter().map(|(words, _)| words).collect::<Vec<_>>().join("\n")
}

fn extent(item: &Item) -> Option<Area> {
    let of = |points: &[(i32, i32)]| {
        let (xs, ys) = (points.iter().map(|p| p.0), points.iter().map(|p| p.1));
        Some(Area(xs.clone().min()?, ys.clone().min()?, xs.max()?, ys.max()?))
    };
    match item {
        Item::Line { points, .. } | Item::Area { points, .. } => of(points),
        Item::Rect { corners: (left, top, right, bottom), .. } => Some(Area(*left, *top, *right, *bottom)),
        Item::Disc { centre: (x, y), radius, .. } => {
            let r = *radius as i32;
            Some(Area(x - r, y - r, x + r, y + r))
        }
        Item::Words { .. } | Item::Open(_) | Item::Close => None,
    }
}

/// Checks a picture: it is whole, and no words lie on other words.
pub fn sound(picture: &Picture) {
    whole(picture);
    let words = words(picture);
    for (index, (said, area)) in words.iter().enumerate() {
        let hit = words[..index].iter().find(|(_, other)| area.overlap(*other) > 0);
        assert!(hit.is_none(), "{}: {said:?} lies on {hit:?}", picture.title());
    }
}

/// Checks that all of a picture is on its sheet, that marks are closed, and that it is said in words too.
pub fn whole(picture: &Picture) {
    let (width, height) = picture.size();
    let is_on = |area: Area| area.0 >= 0 && area.1 >= 0 && area.2 <= width && area.3 <= height;
    for item in &picture.items {
        assert!(extent(item).is_none_or(is_on), "{}: off the sheet: {item:?}", picture.title());
    }
    for (said, area) in words(picture) {
        assert!(is_on(area), "{}: {said:?} is cut off at {area:?}", picture.title());
    }
    let opened = picture.items.iter().filter(|item| matches!(item, Item::Open(_))).count();
    let closed = picture.items.iter().filter(|item| matches!(item, Item::Close)).count();
    assert_eq!(opened, closed);
    assert!(!picture.title().is_empty() && !picture.id().is_empty());
    assert!(picture.description().len() > 20, "{:?}", picture.description());
}

/// How many marks a picture has of the strategy at `index`.
pub fn marks(picture: &Picture, index: usize) -> usize {
    let own = ("s", index.to_string());
    picture.items.iter().filter(|item| matches!(item, Item::Open(mark) if mark.data.contains(&own))).count()
}
