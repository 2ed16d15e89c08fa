//! Unpacks an `.xlsx` file within bounds and hands it on unpacked, so that no reader behind this has to trust a size.
//!
//! A declared size that is too large is refused before anything is unpacked, a false one while unpacking.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::error::XlsFormError;
use crate::limits;

const FILE: &str = "file";

/// The same workbook with every part that a form can need unpacked and checked.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<u8>, XlsFormError> {
    if bytes.len() > limits::FILE_BYTES {
        return Err(over(FILE, "bytes", limits::FILE_BYTES as u64));
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(unreadable(FILE, &"an old .xls or an encrypted file; save it as a plain .xlsx"));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|why| unreadable(FILE, &why))?;
    if archive.len() > limits::PARTS {
        return Err(over(FILE, "parts", limits::PARTS as u64));
    }
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let (mut left, mut seen) = (limits::UNPACKED_BYTES, BTreeSet::new());
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|why| unreadable(FILE, &why))?;
        let name = entry.name().map_err(|why| unreadable(FILE, &why))?.into_owned();
        if !is_needed(&name) {
            continue;
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(unreadable(&name, &"a part is there twice"));
        }
        if entry.size() > left {
            return Err(over(&name, "bytes unpacked", limits::UNPACKED_BYTES));
        }
        let mut part = Vec::new();
        let read = entry.take(left + 1).read_to_end(&mut part).map_err(|why| unreadable(&name, &why))?;
        left = left.checked_sub(read as u64).ok_or_else(|| over(&name, "bytes unpacked", limits::UNPACKED_BYTES))?;
        check_markup(&name, &mut part)?;
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        out.start_file(name.as_str(), stored).map_err(|why| unreadable(&name, &why))?;
        out.write_all(&part).map_err(|why| unreadable(&name, &why))?;
    }
    Ok(out.finish().map_err(|why| unreadable(FILE, &why))?.into_inner())
}

/// Pictures, macros and printer settings are never unpacked.
fn is_needed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".xml") || name.ends_with(".rels")
}

/// The reader behind this sets memory aside for as many strings as the table of strings says it has: the number is
/// taken out. It looks for names in ASCII, so encodings in which a name can be written otherwise are refused.
fn check_markup(name: &str, part: &mut [u8]) -> Result<(), XlsFormError> {
    const COUNT: &[u8] = b"uniqueCount";
    if part.iter().any(|byte| matches!(byte, 0 | 0x1b)) {
        return Err(unreadable(name, &"not XML in UTF-8"));
    }
    if name.to_ascii_lowercase().ends_with("strings.xml") {
        let mut from = 0;
        while let Some(at) = part.get(from..).and_then(|rest| rest.windows(COUNT.len()).position(|w| w == COUNT)) {
            from += at + COUNT.len();
            // Only where it is followed by `=`, as an attribute is: a label may contain the word.
            let is_attribute = part[from..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'=');
            if is_attribute {
                part[from - COUNT.len()] = b'n';
            }
        }
    }
    Ok(())
}

fn over(place: &str, what: &'static str, max: u64) -> XlsFormError {
    XlsFormError::OverLimit { place: place.to_owned(), what, max }
}

/// The message of a library, without more of the file's own content than a person would read.
pub(crate) fn unreadable(place: &str, why: &dyn std::fmt::Display) -> XlsFormError {
    let short = |text: String| text.chars().filter(|c| !c.is_control()).take(200).collect();
    XlsFormError::NotAWorkbook { place: short(place.to_owned()), why: short(why.to_string()) }
}
