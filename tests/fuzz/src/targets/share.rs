//! What comes from another space by hand: cards, shares, recalls and answers, and what was sealed inside a share.

use crate::Target;
use vigil_core::hostile_share;

pub(super) const TARGET: Target =
    Target { name: "share", max_len: 16 * 1024, catches_panics: false, run, seeds: hostile_share::seeds };

fn run(data: &[u8]) {
    assert!(hostile_share::has_one_encoding(data), "one meaning, one encoding");
}
