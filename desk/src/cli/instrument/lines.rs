//! One value a line from a stream that nobody vouches for.
//! Reading promises to hold at most one line of the longest length in memory, however long a line is.

use std::io::{self, BufRead};

/// Longest line, without its end.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// A line of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its words, without the end of the line.
    Words(String),
    /// Longer than any line may be; all of it was skipped.
    TooLong,
    /// Not UTF-8 from this byte on.
    NotText(usize),
}

/// The next line; none at the end of the stream.
pub(super) fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let (mut line, mut too_long, mut started) = (Vec::new(), false, false);
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if chunk.is_empty() {
            return Ok(started.then(|| ended(line, too_long)));
        }
        started = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
        too_long |= line.len() + part.len() > MOST_BYTES;
        match too_long {
            true => line = Vec::new(),
            false => line.extend_from_slice(part),
        }
        let taken = part.len() + usize::from(end.is_some());
        input.consume(taken);
        if end.is_some() {
            return Ok(Some(ended(line, too_long)));
        }
    }
}

fn ended(mut line: Vec<u8>, too_long: bool) -> Line {
    if too_long {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    match String::from_utf8(line) {
        Ok(words) => Line::Words(words),
        Err(error) => Line::NotText(error.utf8_error().valid_up_to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Line> {
        // Small chunks, so that lines cross them.
        let mut input = io::BufReader::with_capacity(7, bytes);
        std::iter::from_fn(|| next(&mut input).unwrap()).collect()
    }

    #[test]
    fn every_line_is_one_line_whatever_it_holds() {
        let words = |words: &str| Line::Words(words.to_owned());
        assert_eq!(all(b""), []);
        assert_eq!(all(b"one\r\n\ntwo\n"), [words("one"), words(""), words("two")]);
        assert_eq!(all(b"no end"), [words("no end")]);
        assert_eq!(all(b"ab\xff\nc\n"), [Line::NotText(2), words("c")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_is_read() {
        let longest = "a".repeat(MOST_BYTES);
        let lines = all(format!("{longest}\n{longest}b\nnext\n").as_bytes());
        assert_eq!(lines, [Line::Words(longest), Line::TooLong, Line::Words("next".to_owned())]);
    }
}
