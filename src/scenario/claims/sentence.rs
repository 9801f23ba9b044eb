//! Parses the sentence of a claim: words and placeholders such as `{harm.times}`.

use crate::plan::claim::{Figure, Piece, Shows};
use crate::scenario::problems::Problems;
use crate::scenario::reader::Written;
use crate::scenario::rules;
use crate::scenario::suggest;
use crate::scenario::value::Text;

/// The pieces; none if a placeholder stands for nothing, or a comparison is not told.
pub(super) fn parse(written: &Written<Text>, shows: &[Shows], problems: &mut Problems) -> Option<Vec<Piece>> {
    let found = pieces(&written.value.0, shows).and_then(|pieces| {
        let is_told = |index: usize| {
            pieces.iter().any(|piece| matches!(piece, Piece::Number(told, _) if *told == index))
        };
        match shows.iter().enumerate().find(|(index, _)| !is_told(*index)) {
            None => Ok(pieces),
            Some((_, untold)) => {
                let message = format!("the sentence does not tell what `{}` shows", untold.name);
                Err((message, help(&untold.name, std::slice::from_ref(untold))))
            }
        }
    });
    let report = |(message, help): (String, String)| {
        problems.report(rules::CLAIM_SENTENCE.at(written.span, message).help(help));
    };
    found.map_err(report).ok()
}

/// The pieces of a sentence, or what is wrong with it and what helps.
fn pieces(sentence: &str, shows: &[Shows]) -> Result<Vec<Piece>, (String, String)> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((words, after)) = rest.split_once('{') {
        pieces.push(Piece::Words(words.to_owned()));
        let closed = after.split_once('}');
        let (placeholder, after) = closed.ok_or_else(|| {
            ("a `{` of the sentence is not closed".to_owned(), "close it with `}`".to_owned())
        })?;
        let (index, figure) = number(placeholder, shows)
            .ok_or_else(|| (format!("`{{{placeholder}}}` stands for nothing"), help(placeholder, shows)))?;
        pieces.push(Piece::Number(index, figure));
        rest = after;
    }
    pieces.push(Piece::Words(rest.to_owned()));
    Ok(pieces)
}

fn number(placeholder: &str, shows: &[Shows]) -> Option<(usize, Figure)> {
    let (name, word) = placeholder.rsplit_once('.')?;
    let index = shows.iter().position(|shows| shows.name == name)?;
    let figure = Figure::ALL.into_iter().find(|figure| figure.word() == word)?;
    shows[index].said.has(figure).then_some((index, figure))
}

fn help(placeholder: &str, shows: &[Shows]) -> String {
    let of_one = |shows: &Shows| -> Vec<String> {
        let figures = Figure::ALL.into_iter().filter(|figure| shows.said.has(*figure));
        figures.map(|figure| format!("{}.{}", shows.name, figure.word())).collect()
    };
    let all: Vec<String> = shows.iter().flat_map(of_one).collect();
    suggest::help(placeholder, all.iter().map(String::as_str), "numbers in braces")
}
