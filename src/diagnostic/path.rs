//! File names as other programs want them: a path in a repository, or a URI. It looks at no file system.

use std::path::MAIN_SEPARATOR;

/// The path as the user wrote it, with forward slashes and without a `./` in front, so that one file
/// has one name in every run and on every machine.
#[must_use]
pub fn portable(name: &str) -> String {
    let path = if MAIN_SEPARATOR == '\\' { name.replace('\\', "/") } else { name.to_owned() };
    let mut rest = path.as_str();
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    if rest.is_empty() { path } else { rest.to_owned() }
}

/// As [`portable`], as a URI reference: relative if the user's path is.
pub(super) fn uri(name: &str) -> String {
    let path = portable(name);
    let mut letters = path.chars();
    let drive = letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && path[1..].starts_with(":/");
    let encoded = encode(&path);
    match (path.starts_with('/'), drive) {
        (true, _) => format!("file://{encoded}"),
        (_, true) => format!("file:///{}:{}", &path[..1], encode(&path[2..])),
        _ => encoded,
    }
}

/// Percent-encodes what may not stand in a path, and colons, which would make a scheme of a name.
fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_encoded_and_stay_relative() {
        let cases = [
            ("plans/a.toml", "plans/a.toml"),
            ("././/plans/a.toml", "plans/a.toml"),
            ("../a.toml", "../a.toml"),
            ("plans/hands off 50%.toml", "plans/hands%20off%2050%25.toml"),
            ("größe#1?.toml", "gr%C3%B6%C3%9Fe%231%3F.toml"),
            ("a:b.toml", "a%3Ab.toml"),
            ("/srv/a b.toml", "file:///srv/a%20b.toml"),
            ("C:/x y.toml", "file:///C:/x%20y.toml"),
            ("", ""),
        ];
        for (name, want) in cases {
            assert_eq!(uri(name), want, "{name}");
        }
    }

    #[test]
    fn names_that_are_only_dots_survive() {
        assert_eq!(portable("./"), "./");
        assert_eq!(portable("ä"), "ä");
    }
}
