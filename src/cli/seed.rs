//! Seeds as people have them: a number, a hex number, or the commit that is being deployed.

/// Hex digits in a git commit.
const COMMIT_DIGITS: usize = 40;
/// Hex digits of a commit that make the seed: 64 bits.
const SEED_DIGITS: usize = 16;

/// Parses `42`, `0x2a`, or a 40-digit commit, of which the first 16 digits count.
///
/// # Errors
/// A sentence for clap when the text is none of these.
pub fn parse(text: &str) -> Result<u64, String> {
    let seed = if text.len() == COMMIT_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u64::from_str_radix(&text[..SEED_DIGITS], 16).ok()
    } else if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u64::from_str_radix(digits, 16).ok())
            .flatten()
    } else {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    seed.ok_or_else(|| {
        "write a number from 0 to 18446744073709551615, hex like 0x2a, or a full 40-digit git commit"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn three_notations() {
        assert_eq!(parse("42"), Ok(42));
        assert_eq!(parse("0x2a"), Ok(42));
        assert_eq!(parse("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse("00000000000000ff123456789012345678901234"), Ok(255));
        assert_eq!(parse("deadbeefdeadbeef123456789012345678901234"), Ok(0xdead_beef_dead_beef));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in ["", "0x", "-1", "+1", "0x+1", "1_000", "deadbeef", "18446744073709551616", "4 2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
