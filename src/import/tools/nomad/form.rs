//! The two forms of a Nomad job, HCL and the JSON of its API, read alike. It knows nothing of updates.

use crate::import::cursor::Cursor;

/// A block of a job.
#[derive(Clone)]
pub(super) struct JobBlock<'d> {
    /// Where it is written.
    pub cursor: Cursor<'d>,
    /// The whole file, which has the variables.
    root: Cursor<'d>,
    is_json: bool,
}

impl<'d> JobBlock<'d> {
    /// The job blocks of a file, each with its name.
    pub fn jobs(root: &Cursor<'d>) -> Vec<(String, Self)> {
        let block = |cursor, is_json| Self { cursor, root: root.clone(), is_json };
        if let Some(job) = root.get("job") {
            return named(&job).into_iter().map(|(name, cursor)| (name, block(cursor, false))).collect();
        }
        let job = block(root.get("Job").unwrap_or_else(|| root.clone()), true);
        let id = ["ID", "Name"].iter().find_map(|key| job.cursor.get(key)).and_then(|id| id.text());
        vec![(id.unwrap_or("job").to_owned(), job)]
    }

    /// The blocks below it that are called `hcl` or, in JSON, `json`, each with its name.
    pub fn blocks(&self, hcl: &str, json: &str) -> Vec<(String, Self)> {
        let block = |(name, cursor)| (name, Self { cursor, root: self.root.clone(), is_json: self.is_json });
        if !self.is_json {
            return self
                .cursor
                .get(hcl)
                .map_or_else(Vec::new, |list| named(&list))
                .into_iter()
                .map(block)
                .collect();
        }
        let name = |cursor: Cursor<'d>| {
            let name = cursor.get("Name").and_then(|name| name.text()).unwrap_or("unnamed").to_owned();
            (name, cursor)
        };
        self.cursor.list(json).into_iter().map(name).map(block).collect()
    }

    /// The value of a key as HCL calls it; a variable is its default, unless the user says otherwise.
    pub fn get(&self, key: &str) -> Option<Cursor<'d>> {
        let cursor = self.cursor.get(&self.called(key))?;
        let Some(variable) = cursor.tree().text().filter(|_| cursor.tag() == Some("expression")) else {
            return Some(cursor);
        };
        let (variable, desk) = (variable.trim(), cursor.desk());
        let name = variable.strip_prefix("var.").filter(|_| desk.given(variable).is_none());
        let default = name.and_then(|name| {
            let all = self.root.get("variable").map_or_else(Vec::new, |list| named(&list));
            let (_, variable) = all.into_iter().find(|(known, _)| known == name)?;
            variable.get("default")
        });
        if default.is_some() {
            desk.take_all(cursor.tree());
            self.cursor.beside_the_point(&[&self.called(key)]);
        }
        Some(default.unwrap_or(cursor))
    }

    /// The only block of that name below it.
    pub fn block(&self, key: &str) -> Option<Self> {
        let cursor = self.cursor.get(&self.called(key))?.items().into_iter().next()?;
        Some(Self { cursor, root: self.root.clone(), is_json: self.is_json })
    }

    /// Keys that say nothing about rollouts.
    pub fn beside_the_point(&self, keys: &[&str]) {
        for key in keys {
            self.cursor.beside_the_point(&[&self.called(key)]);
        }
    }

    fn called(&self, key: &str) -> String {
        if self.is_json { of_json(key) } else { key.to_owned() }
    }
}

/// A duration in milliseconds; a bare number is in nanoseconds, as in Go.
pub(super) fn duration_ms(cursor: &Cursor<'_>) -> Option<u64> {
    let text = cursor.text()?;
    match text.trim().parse::<u64>() {
        Ok(nanoseconds) => Some(nanoseconds / 1_000_000),
        Err(_) => cursor.duration_ms(0),
    }
}

/// Blocks with their labels: of HCL by their tags, of its JSON by their keys.
fn named<'d>(list: &Cursor<'d>) -> Vec<(String, Cursor<'d>)> {
    let items = list.items();
    if items.iter().any(|item| item.tag().is_some()) {
        return items.into_iter().map(|item| (item.tag().unwrap_or("unnamed").to_owned(), item)).collect();
    }
    let entries = items.iter().flat_map(Cursor::entries);
    entries.filter_map(|(name, value)| Some((name.to_owned(), value.items().into_iter().next()?))).collect()
}

/// A key of HCL as the API calls it: `max_parallel` is `MaxParallel`.
fn of_json(key: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    };
    key.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_api_are_those_of_hcl() {
        assert_eq!(of_json("max_parallel"), "MaxParallel");
        assert_eq!(of_json("update"), "Update");
        assert_eq!(of_json("count"), "Count");
    }
}
