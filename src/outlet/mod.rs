//! Where text leaves: what names, file names and messages become in each medium, one function a medium.
//!
//! Names are the author's, file names anybody's, and what they are shown in acts on some letters: a terminal on escapes, a
//! workflow's log on lines that begin with `::`, a spreadsheet on cells that begin with `=`. Here nothing acts. A letter
//! that cannot be seen is written as TOML and JSON would write it, `\u202E`, so that a reader sees that it is there.
//! Everything that writes text for others asks here; nothing here knows what it writes.

mod letters;
mod look_alikes;
mod media;

pub use letters::{is_hidden, line, shown};
pub use look_alikes::{disguised, look};
pub use media::{
    csv_cell, file_name, file_names, html, json, json_in_html, markdown, shell_word, stream, terminal,
    workflow_data, workflow_property, xml, yaml,
};
