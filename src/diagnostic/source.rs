//! The texts that diagnostics point into, and positions in them. It reads no file.

/// A file of [`Sources`]. Files are numbered in the order they were first mentioned: the scenario
/// itself is the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(u32);

/// A byte range of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// A position as editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Character within the line, from 1.
    pub column: usize,
}

/// Every text that was read, under the name the user knows it by.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// Begins every name that is shown.
    prefix: String,
}

#[derive(Debug, Clone)]
struct Source {
    /// The path it was read from.
    path: String,
    /// Its name for people: the prefix and the path.
    shown: String,
    text: String,
    /// Where its lines begin.
    lines: Vec<usize>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let (path, text) = (name.into(), text.into());
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(Source { shown: format!("{}{path}", self.prefix), path, text, lines });
        FileId(u32::try_from(self.files.len() - 1).expect("invariant: fewer files than 2^32"))
    }

    /// Name of a file as the user wrote it.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].shown
    }

    /// Text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// Names of all files, the scenario first and then its includes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|source| source.shown.as_str())
    }

    /// Path and text of all files, in the same order: what [`crate::scenario::load_texts`] takes to read
    /// the scenario again. A prefix is not part of the path.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|source| (source.path.as_str(), source.text.as_str()))
    }

    /// Puts `prefix` before every name, to say where the files are when they are not on the disk.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        for source in &mut self.files {
            source.shown = format!("{prefix}{}", source.path);
        }
        self
    }

    /// Line and column of byte `offset`; offsets past the end mean the end.
    #[must_use]
    pub fn position(&self, file: FileId, offset: usize) -> Position {
        let Source { text, lines, .. } = &self.files[file.0 as usize];
        let end = char_boundary(text, offset);
        let line = lines.partition_point(|begins| *begins <= end);
        Position { line, column: text[lines[line - 1]..end].chars().count() + 1 }
    }
}

/// The last character boundary of `text` at or before `offset`.
pub(super) fn char_boundary(text: &str, offset: usize) -> usize {
    let end = offset.min(text.len());
    (end.saturating_sub(3)..=end).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("x", "a\nµ = 1\n");
        assert_eq!(sources.position(file, 0), Position { line: 1, column: 1 });
        assert_eq!(sources.position(file, 4), Position { line: 2, column: 2 });
        assert_eq!(sources.position(file, 99), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_prefix_is_shown_and_belongs_to_no_path() {
        let mut sources = Sources::default();
        sources.add("a.toml", "1");
        let mut sources = sources.with_prefix("git:main:");
        sources.add("b.toml", "2");
        assert_eq!(sources.names().collect::<Vec<_>>(), ["git:main:a.toml", "git:main:b.toml"]);
        assert_eq!(sources.texts().collect::<Vec<_>>(), [("a.toml", "1"), ("b.toml", "2")]);
    }
}
