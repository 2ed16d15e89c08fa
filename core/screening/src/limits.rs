//! What an instrument file and an answer may be at most.
//!
//! Both come from strangers: a limit that is met gives a typed error, and scoring stays cheap within all of them.

/// Bytes in an instrument file.
pub const FILE_BYTES: usize = 4 * 1024 * 1024;
/// Brackets inside brackets in an instrument file.
pub const FILE_DEPTH: usize = 16;
/// Objects in an instrument file, each of which costs far more memory than its bytes.
pub const FILE_OBJECTS: usize = 100_000;
/// Items in an instrument, the safety page's included.
pub const ITEMS: usize = 2_000;
/// Sections, and derived values, in an instrument.
pub const SECTIONS: usize = 500;
/// Options in one list, and lists.
pub const OPTIONS: usize = 2_000;
/// Options in all lists and items together.
pub const ALL_OPTIONS: usize = 20_000;
/// Entries in any other list of an instrument: groups, bands, rules, lines of a card.
pub const LIST: usize = 64;
/// Languages in an instrument.
pub const LANGUAGES: usize = 64;
/// Characters in one text in one language.
pub const TEXT_CHARS: usize = 4_000;
/// Bytes in an id.
pub const ID_BYTES: usize = 64;
/// Points that one answer may carry, and the highest threshold of a band.
pub const POINTS: u16 = 1_000;
/// Signs that one pattern of a strength count may ask for.
pub const PATTERN_SIGNS: usize = 8;
/// How often a repeated section may be asked.
pub const ROUNDS: u16 = 50;
/// Bytes that the patterns of all expressions of an instrument may compile to.
pub const PATTERNS_WEIGHT: usize = 1024 * 1024;
/// Parts of all expressions of an instrument.
pub const EXPRESSION_PARTS: usize = 200_000;
/// Bytes in the code of one answer.
pub const ANSWER_BYTES: usize = 8 * 1024;
/// Characters of a parser's own message that an error repeats.
pub(crate) const ERROR_CHARS: usize = 200;

/// Letters that no text may contain: they show as nothing or turn the reading direction, and could make a text read as
/// another. The joiners U+200C and U+200D shape words in Nepali and Hindi and are none of them.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}
