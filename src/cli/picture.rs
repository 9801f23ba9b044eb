//! Where a picture goes, and as what: a file whose ending says its form, or SVG on standard output.

use super::error::CliError;
use super::io::{Io, STDIN};
use super::targets::Targets;
use crate::report::chart::{Picture, Theme};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// How a picture is made, and where it goes.
#[derive(Debug, Clone, clap::Args)]
pub struct PictureArgs {
    /// Write to this file, whose ending says the form: .svg, .png or .pdf [default: SVG to standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Draw on this paper; a PNG or PDF is light unless dark is asked for
    #[arg(long, value_enum, default_value_t)]
    theme: ThemeName,
    /// Shape it for a document or for a slide, which is 16 to 9
    #[arg(long, value_enum, default_value_t)]
    size: Sheet,
    /// Pixels of a PNG for each of the picture's 1,200 across
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0, value_parser = scale)]
    scale: f32,
}

/// The paper of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ThemeName {
    /// As the reader prefers
    #[default]
    Auto,
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

/// What a picture is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Sheet {
    /// As high as what it shows
    #[default]
    Document,
    /// 16 to 9
    Slide,
}

/// Forms of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Svg,
    Png,
    Pdf,
}

/// A factor of `--scale`.
fn scale(text: &str) -> Result<f32, String> {
    let factor: f32 = text.parse().map_err(|_| "write a number, as in 2".to_owned())?;
    if (0.1..=8.0).contains(&factor) { Ok(factor) } else { Err("write a number from 0.1 to 8".to_owned()) }
}

fn form_of(path: &Path) -> Result<Form, CliError> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("svg") => Ok(Form::Svg),
        Some("png") => Ok(Form::Png),
        Some("pdf") => Ok(Form::Pdf),
        _ => {
            let message = format!("`{}` does not say by its ending what picture it is", path.display());
            Err(CliError::invalid(message).hint("end the name in .svg, .png or .pdf"))
        }
    }
}

/// Where a picture will go, opened before anything is simulated.
pub struct PictureFile<'a> {
    args: &'a PictureArgs,
    file: Option<(&'a Path, Form, Targets)>,
}

impl PictureArgs {
    /// Opens the file.
    ///
    /// # Errors
    /// When its ending says no form, it cannot be written, or a terminal would be flooded.
    pub fn open(&self, io: &Io) -> Result<PictureFile<'_>, CliError> {
        let named = self.output.as_deref().filter(|path| path.as_os_str() != STDIN);
        if self.output.is_none() && io.stdout_is_terminal {
            return Err(CliError::invalid("a picture on a terminal is a page of markup")
                .hint("say where to: `--output chart.svg`, or .png or .pdf; `--output -` insists"));
        }
        let file = match named {
            None => None,
            Some(path) => Some((path, form_of(path)?, Targets::open(vec![path.to_owned()])?)),
        };
        Ok(PictureFile { args: self, file })
    }
}

impl PictureFile<'_> {
    /// Writes the picture.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn publish(self, picture: Picture, io: &mut Io) -> Result<(), CliError> {
        let picture = match self.args.size {
            Sheet::Document => picture,
            Sheet::Slide => picture.fitted(16, 9),
        };
        let (theme, is_dark) = match self.args.theme {
            ThemeName::Auto => (Theme::Auto, false),
            ThemeName::Light => (Theme::Light, false),
            ThemeName::Dark => (Theme::Dark, true),
        };
        let Some((path, form, targets)) = self.file else { return io.data(picture.svg(theme)) };
        let bytes = match form {
            Form::Svg => picture.svg(theme).into_bytes(),
            Form::Png => picture.png(is_dark, self.args.scale),
            Form::Pdf => picture.pdf(is_dark),
        };
        targets.commit(&[bytes])?;
        io.talk(format_args!("wrote {}: {}", path.display(), picture.title()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_form() {
        assert_eq!(form_of(Path::new("a/b.SVG")), Ok(Form::Svg));
        assert_eq!(form_of(Path::new("b.x.png")), Ok(Form::Png));
        for path in ["b", "b.jpg", "png"] {
            let error = form_of(Path::new(path)).expect_err(path);
            assert!(error.hints[0].contains(".svg, .png or .pdf"), "{error:?}");
        }
    }

    #[test]
    fn scales_are_within_reason() {
        assert_eq!(scale("1.5"), Ok(1.5));
        assert!(["0", "9", "x", "NaN", "-1"].into_iter().all(|text| scale(text).is_err()));
    }
}
