//! What a spreadsheet may be at most.
//!
//! It comes from strangers: each limit that is met gives a typed error that names it, before memory is spent on the
//! rest.

/// Bytes in the file.
pub const FILE_BYTES: usize = 20 * 1024 * 1024;
/// Files inside the file.
pub const PARTS: usize = 2_000;
/// Bytes of all files inside the file together, once they are unpacked.
pub const UNPACKED_BYTES: u64 = 96 * 1024 * 1024;
/// Sheets in a workbook.
pub const SHEETS: usize = 100;
/// Rows in a sheet.
pub const ROWS: u32 = 20_000;
/// Columns in a sheet.
pub const COLUMNS: u32 = 500;
/// Characters in a cell: what spreadsheet programs allow.
pub const CELL_CHARS: usize = 32_767;
/// Bytes of text in all cells together.
pub const TEXT_BYTES: usize = 64 * 1024 * 1024;
/// Parentheses and predicates inside each other in an expression.
pub const XPATH_DEPTH: usize = 48;
/// Operators, operands and calls in an expression.
pub const XPATH_NODES: usize = 5_000;
/// Groups and repeats inside each other.
pub const GROUP_DEPTH: usize = 32;
