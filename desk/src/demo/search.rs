//! Searches every byte of files and buffers for thousands of strings at once, in each form in which they could lie there.
//! It promises that a string is found wherever it stands, also across the borders of what is read at a time, as UTF-8,
//! UTF-16, base64 at any alignment, hexadecimal, or with non-ASCII letters escaped as in JSON.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// As much of a long string is searched for in every form but the plain one.
const BEGINNING_BYTES: usize = 36;

/// The forms in which a string could lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The bytes as written.
    Utf8,
    /// UTF-16 in either order of bytes, as in some heaps and registries.
    Utf16,
    /// Base64 in either alphabet, whatever the alignment.
    Base64,
    /// Hexadecimal, in either case.
    Hexadecimal,
    /// `\u` escapes, as some JSON writers do.
    Escaped,
}

/// Strings to search for, prepared.
#[derive(Debug)]
pub struct Needles {
    automaton: AhoCorasick,
    /// For each pattern of the automaton: which needle, in which form.
    patterns: Vec<(usize, Form)>,
    count: usize,
    longest: usize,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each needle that was found, by its number, with the form.
    pub hits: BTreeSet<(usize, Form)>,
    /// How often something was found, each place counted once for every form.
    pub occurrences: u64,
    /// How many bytes were searched.
    pub bytes: u64,
    /// How many files were searched.
    pub files: u64,
}

impl Found {
    /// How many different needles were found, in any form.
    #[must_use]
    pub fn needles(&self) -> usize {
        self.hits.iter().map(|(needle, _)| needle).collect::<BTreeSet<_>>().len()
    }

    /// Adds what another search found.
    pub fn add(&mut self, other: &Self) {
        self.hits.extend(&other.hits);
        self.occurrences += other.occurrences;
        self.bytes += other.bytes;
        self.files += other.files;
    }
}

impl Needles {
    /// Prepares a search. Needles are numbered as they come.
    ///
    /// # Errors
    /// If the strings are too many for one automaton.
    pub fn new<'a>(strings: impl IntoIterator<Item = &'a str>) -> Result<Self, BuildError> {
        let (mut patterns, mut bytes, mut count) = (Vec::new(), Vec::new(), 0);
        for (number, string) in strings.into_iter().enumerate() {
            count = number + 1;
            for (form, pattern) in forms(string) {
                patterns.push((number, form));
                bytes.push(pattern);
            }
        }
        let longest = bytes.iter().map(Vec::len).max().unwrap_or(0);
        let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(&bytes)?;
        Ok(Self { automaton, patterns, count, longest })
    }

    /// How many strings are searched for.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Searches one buffer.
    #[must_use]
    pub fn in_bytes(&self, bytes: &[u8]) -> Found {
        let mut found = Found { bytes: bytes.len() as u64, files: 1, ..Found::default() };
        self.mark(bytes, 0, &mut found);
        found
    }

    /// Searches all that a reader gives.
    ///
    /// # Errors
    /// What the reader reports.
    pub fn in_reader(&self, reader: impl Read) -> io::Result<Found> {
        self.in_chunks(reader, CHUNK_BYTES)
    }

    /// Searches every file of a folder and the folders in it. A missing folder is an error: nothing searched is not
    /// nothing found.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn in_folder(&self, folder: &Path) -> io::Result<Found> {
        let mut found = Found::default();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                found.add(&self.in_folder(&entry.path())?);
            } else if kind.is_file() {
                found.add(&self.in_reader(fs::File::open(entry.path())?)?);
            }
        }
        Ok(found)
    }

    fn in_chunks(&self, mut reader: impl Read, chunk_bytes: usize) -> io::Result<Found> {
        let overlap = self.longest.saturating_sub(1);
        let mut found = Found { files: 1, ..Found::default() };
        let mut buffer = vec![0; overlap + chunk_bytes.max(1)];
        let mut kept = 0;
        loop {
            let read = match reader.read(buffer.get_mut(kept..).unwrap_or_default()) {
                Ok(0) => return Ok(found),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            found.bytes += read as u64;
            let end = kept + read;
            self.mark(buffer.get(..end).unwrap_or_default(), kept, &mut found);
            // What could be the beginning of a needle stays in front of the next chunk.
            kept = end.min(overlap);
            buffer.copy_within(end - kept..end, 0);
        }
    }

    /// What ends within the first `counted` bytes was counted with the chunk before.
    fn mark(&self, bytes: &[u8], counted: usize, found: &mut Found) {
        for hit in self.automaton.find_overlapping_iter(bytes).filter(|hit| hit.end() > counted) {
            if let Some(pattern) = self.patterns.get(hit.pattern().as_usize()) {
                found.hits.insert(*pattern);
                found.occurrences += 1;
            }
        }
    }
}

fn forms(string: &str) -> Vec<(Form, Vec<u8>)> {
    let mut forms = vec![(Form::Utf8, string.as_bytes().to_vec())];
    // In the other forms the beginning of a long note stands for the whole: it is there if the whole is.
    let string = string.get(..string.floor_char_boundary(BEGINNING_BYTES)).unwrap_or(string);
    let bytes = string.as_bytes();
    forms.push((Form::Utf16, string.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    forms.push((Form::Utf16, string.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    for before in 0..3 {
        let pattern = base64_middle(bytes, before);
        // What is left of a very short string would be found in noise.
        if pattern.len() >= 6 {
            let url_safe: Vec<u8> = pattern
                .iter()
                .map(|c| {
                    if *c == b'+' {
                        b'-'
                    } else if *c == b'/' {
                        b'_'
                    } else {
                        *c
                    }
                })
                .collect();
            if url_safe != pattern {
                forms.push((Form::Base64, url_safe));
            }
            forms.push((Form::Base64, pattern));
        }
    }
    let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = lower.to_uppercase();
    if lower != upper {
        forms.push((Form::Hexadecimal, upper.into_bytes()));
    }
    forms.push((Form::Hexadecimal, lower.into_bytes()));
    if !string.is_ascii() {
        let escape = |unit: u16| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        };
        forms.push((Form::Escaped, string.encode_utf16().map(escape).collect::<String>().into_bytes()));
    }
    forms
}

/// The characters of a string's base64 that do not depend on what stands around it, if `before` bytes of the first
/// group of three belong to something else.
fn base64_middle(bytes: &[u8], before: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |index: usize| bytes.get(index / 8).map_or(0, |byte| usize::from(byte >> (7 - index % 8) & 1));
    // The first group of six bits that lies wholly inside the string.
    let first = (6 - before * 8 % 6) % 6;
    (first..(bytes.len() * 8).saturating_sub(5))
        .step_by(6)
        .map(|start| (start..start + 6).fold(0, |value, index| value << 1 | bit(index)))
        .filter_map(|value| ALPHABET.get(value).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["Sumnima Rai", "सुम्निमा राई", "+977-9812345678"];

    fn needles() -> Needles {
        Needles::new(NAMES).unwrap()
    }

    fn base64(bytes: &[u8]) -> String {
        // A whole number of groups, so that the plain encoder needs no padding.
        assert_eq!(bytes.len() % 3, 0);
        String::from_utf8(base64_middle(bytes, 0)).unwrap()
    }

    #[test]
    fn the_encoder_agrees_with_the_standard() {
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64(b"\xff\xef\xfe"), "/+/+");
    }

    #[test]
    fn each_form_is_found_and_noise_is_not() {
        let needles = needles();
        for (number, name) in NAMES.iter().enumerate() {
            let hex: String = name.bytes().map(|b| format!("{b:02x}")).collect();
            let mut planted = vec![
                (Form::Utf8, name.as_bytes().to_vec()),
                (Form::Utf16, name.encode_utf16().flat_map(u16::to_le_bytes).collect()),
                (Form::Utf16, name.encode_utf16().flat_map(u16::to_be_bytes).collect()),
                (Form::Hexadecimal, hex.clone().into_bytes()),
                (Form::Hexadecimal, hex.to_uppercase().into_bytes()),
            ];
            for before in 0..3 {
                let mut bytes = vec![b'x'; before];
                bytes.extend_from_slice(name.as_bytes());
                bytes.resize(bytes.len().next_multiple_of(3), b'y');
                planted.push((Form::Base64, base64(&bytes).into_bytes()));
            }
            for (form, bytes) in planted {
                let found = needles.in_bytes(&[b"noise ".as_slice(), &bytes, b" noise"].concat());
                assert!(found.hits.contains(&(number, form)), "{name} {form:?}");
                assert_eq!(found.needles(), 1);
            }
        }
        assert_eq!(needles.in_bytes(b"Sumnima Rau +977-9812345679").needles(), 0);
        let escaped: String =
            NAMES[1].encode_utf16().map(|u| if u == 32 { " ".into() } else { format!("\\u{u:04x}") }).collect();
        assert!(needles.in_bytes(escaped.as_bytes()).hits.contains(&(1, Form::Escaped)));
    }

    #[test]
    fn a_needle_is_found_across_every_border_of_a_chunk() {
        let needles = needles();
        for chunk in [1, 2, 7, 16, 64] {
            for offset in 0..80 {
                let mut bytes = vec![b'.'; offset];
                bytes.extend_from_slice(NAMES[1].as_bytes());
                bytes.extend(vec![b'.'; 100]);
                let found = needles.in_chunks(bytes.as_slice(), chunk).unwrap();
                assert!(found.hits.contains(&(1, Form::Utf8)), "chunk {chunk}, offset {offset}");
                assert_eq!((found.bytes, found.occurrences), (bytes.len() as u64, 1));
            }
        }
    }

    #[test]
    fn folders_are_searched_with_the_folders_in_them_and_a_missing_one_is_an_error() {
        let folder = std::env::temp_dir().join(format!("vigil-search-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/file"), "x".repeat(CHUNK_BYTES - 3) + NAMES[0]).unwrap();
        fs::write(folder.join("other"), "nothing").unwrap();
        let found = needles().in_folder(&folder).unwrap();
        assert_eq!((found.needles(), found.files), (1, 2));
        fs::remove_dir_all(&folder).unwrap();
        assert!(needles().in_folder(&folder).is_err());
    }

    #[test]
    fn needles_inside_needles_are_both_found() {
        let needles = Needles::new(["Maya Rai met Sita Rai", "Sita Rai"]).unwrap();
        assert_eq!(needles.in_bytes(b"Maya Rai met Sita Rai").needles(), 2);
    }
}
