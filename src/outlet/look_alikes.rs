//! Letters of other scripts that look like Latin ones. Names that a reader cannot tell apart are different to a program, and
//! a review does not see the difference. The table is the part of Unicode's list of confusables (UTS 39) in which Cyrillic,
//! Greek and full-width letters have the shape of a Latin one; who writes in one script is never in its way.

/// Letters of Cyrillic and Greek with the Latin letter whose shape they have.
const SHAPES: [(&str, &str); 4] = [
    ("АВЕКМНОРСТУХЅІЈԌԚԜҮ", "ABEKMHOPCTYXSIJGQWY"),
    ("аеорсухѕіјһԁԛԝӏҽү", "aeopcyxsijhdqwley"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϳ", "ABEZHIKMNOPTYXCj"),
    ("ονριυχκγϲ", "ovpiuxkyc"),
];

/// The letter whose shape this one has; itself in most cases.
#[must_use]
pub fn shape(letter: char) -> char {
    match letter {
        _ if letter.is_ascii() => letter,
        // Full-width forms follow ASCII in its order.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        _ => {
            let known = SHAPES.iter().flat_map(|(letters, latin)| letters.chars().zip(latin.chars()));
            known.into_iter().find(|(other, _)| *other == letter).map_or(letter, |(_, latin)| latin)
        }
    }
}

/// What a text looks like: two texts of one look are hard to tell apart.
#[must_use]
pub fn look(text: &str) -> String {
    text.chars().map(shape).collect()
}

/// A letter that passes for a Latin one: among Latin letters, or in a word of nothing but such letters beside Latin words.
/// In `сервис-api` and `β-test` nothing passes for anything else.
#[must_use]
pub fn disguised(text: &str) -> Option<char> {
    let is_latin = |letter: char| letter.is_ascii_alphabetic();
    let has_latin = text.contains(is_latin);
    text.split(|letter: char| !letter.is_alphabetic()).find_map(|word| {
        let passes = |letter: &char| shape(*letter) != *letter;
        let first = word.chars().find(passes)?;
        let is_disguised = word.contains(is_latin) || has_latin && word.chars().all(|letter| passes(&letter));
        is_disguised.then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_apart_looks_alike_and_the_rest_does_not() {
        for (letters, latin) in SHAPES {
            assert_eq!(letters.chars().count(), latin.chars().count(), "{letters}");
            assert!(
                letters.chars().all(|letter| !letter.is_ascii() && shape(letter).is_ascii()),
                "{letters}"
            );
        }
        assert_eq!(look("сосо ｗａｖｅ"), "coco wave");
        assert_ne!(look("сервис"), look("service"));
        for (name, letter) in
            [("w\u{430}ve", '\u{430}'), ("wave-\u{430}", '\u{430}'), ("us\u{3bf}", '\u{3bf}')]
        {
            assert_eq!(disguised(name), Some(letter), "{name}");
        }
        for name in ["wave-a", "größe 東京 5 %", "сервис-api", "β-test", "сосо", "Δt", "µ-service", "naïve"]
        {
            assert_eq!(disguised(name), None, "{name}");
        }
    }
}
