//! Bytes as text: UTF-8, or an error that says what they seem to be. It converts nothing, as nobody should guess an encoding.

use crate::diagnostic::Diagnostic;
use crate::scenario::rules;

/// The text of a file, without the mark of its byte order.
///
/// # Errors
/// Where the bytes are no UTF-8 text.
pub(super) fn text<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, Diagnostic> {
    if let Some((what, help)) = other_than_text(bytes) {
        return Err(refused(format!("{name} seems to be {what}"), help));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        Ok(text) => {
            let line = text.split('\0').next().map_or(1, |before| before.matches('\n').count() + 1);
            let message = format!("{name} is not text: there is a NUL byte in line {line}");
            Err(refused(message, "give the file as the tool reads it"))
        }
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = format!("{name} is not UTF-8 text: line {line} has a byte that begins no letter");
            let help =
                "Latin-1 and Windows-1252 look like that; convert it with `iconv -f WINDOWS-1252 -t UTF-8`";
            Err(refused(message, help))
        }
    }
}

fn refused(message: String, help: &str) -> Diagnostic {
    Diagnostic::new(&rules::FOREIGN_SYNTAX, message).help(help)
}

/// What bytes are by how they begin, and what to do about it.
fn other_than_text(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const UTF_16: &str =
        "convert it with `iconv -f UTF-16 -t UTF-8`; PowerShell writes it so unless told otherwise";
    let marks: [(&[u8], &str, &str); 9] = [
        (b"\xff\xfe\0\0", "UTF-32", "convert it with `iconv -f UTF-32 -t UTF-8`"),
        (b"\0\0\xfe\xff", "UTF-32", "convert it with `iconv -f UTF-32 -t UTF-8`"),
        (b"\xff\xfe", "UTF-16", UTF_16),
        (b"\xfe\xff", "UTF-16", UTF_16),
        (b"\x1f\x8b", "compressed with gzip", "unpack it with `gunzip`"),
        (b"PK\x03\x04", "a ZIP archive", "unpack it, and give the files that hold the policy"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it with `unzstd`"),
        (b"\x89PNG", "a picture", "give the file that holds the policy"),
        (b"\x7fELF", "a program", "give the file that holds the policy"),
    ];
    let known = marks.iter().find(|(mark, ..)| bytes.starts_with(mark)).map(|(_, what, help)| (*what, *help));
    known.or_else(|| half_nothing(bytes).then_some(("UTF-16", UTF_16)))
}

/// Whether every other byte at the beginning is 0, as in UTF-16 without a mark.
fn half_nothing(bytes: &[u8]) -> bool {
    let pairs: Vec<&[u8]> = bytes.chunks_exact(2).take(16).collect();
    let all = |first: bool| pairs.iter().all(|pair| (pair[0] == 0) == first && (pair[1] == 0) != first);
    !pairs.is_empty() && (all(true) || all(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        text("x", bytes).unwrap_err().message
    }

    #[test]
    fn what_is_no_utf_8_is_named() {
        let wide = |text: &str, big: bool| -> Vec<u8> {
            let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            text.encode_utf16().flat_map(unit).collect()
        };
        for big in [true, false] {
            assert!(refusal(&wide("\u{feff}kind: x", big)).contains("UTF-16"));
            assert!(refusal(&wide("kind: Deployment", big)).contains("UTF-16"));
        }
        assert!(refusal(b"\xff\xfe\0\0k\0\0\0").contains("UTF-32"));
        assert!(refusal(b"\x1f\x8b\x08").contains("gzip"));
        assert!(refusal(b"a: 1\nb: \xfc\n").contains("line 2"));
        assert!(refusal(b"a: 1\nb: \0\n").contains("NUL byte in line 2"));
        assert!(refusal(&[0; 100]).contains("NUL byte in line 1"));
        assert_eq!(text("x", b"\xef\xbb\xbfa: 1").unwrap(), "a: 1");
        assert_eq!(text("x", b"").unwrap(), "");
    }
}
