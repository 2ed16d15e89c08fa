//! `cargo xtask dictionary`: trains a compression dictionary on writes of invented records, and says what it is worth on
//! writes that it has not seen. The words that it sees are disjoint from those of the bench.

mod cover;
mod writes;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::committee::Said;
use crate::process;
use cover::Shape;
use std::process::ExitCode;
use vigil::demo::people::Corpus;
use vigil_core::DICTIONARY;
use writes::Write;

pub(crate) use writes::one_field;

/// Records to learn from, and others of the same kind to try the result on.
const LEARNT: (u64, u64) = (11, 2_500);
const TRIED: (u64, u64) = (12, 400);

/// DEFLATE looks back 32,506 bytes; the write's own context and its beginning have to fit behind the dictionary.
const SIZES: [usize; 3] = [16 * 1024, 24 * 1024, 30 * 1024];
const PIECES: [usize; 3] = [96, 200, 400];
const WORDS: [usize; 2] = [6, 8];

/// Trains the dictionary and writes the best one to `target/dictionary.bin`.
pub(crate) fn run(arguments: Arguments) -> Outcome {
    arguments.finish()?;
    println!("recording {} and {} invented screenings", LEARNT.1, TRIED.1);
    let learnt: Vec<Vec<u8>> =
        writes::of_records(Corpus::Training, LEARNT)?.into_iter().map(|write| write.content).collect();
    let tried = writes::of_records(Corpus::Training, TRIED)?;
    let plain: usize = tried.iter().map(|write| write.content.len()).sum();
    println!("{} writes to learn from, {} to try it on ({plain} bytes)", learnt.len(), tried.len());
    println!("  without a dictionary    {:>8} bytes", cost(&tried, &[])?);
    println!("  with the shipped one    {:>8} bytes ({} bytes long)", cost(&tried, DICTIONARY)?, DICTIONARY.len());
    let mut best: Option<(usize, Vec<u8>)> = None;
    for size in SIZES {
        for piece in PIECES {
            for word in WORDS {
                let shape = Shape { size, piece, word };
                let dictionary = cover::choose(&learnt, shape);
                let cost = cost(&tried, &dictionary)?;
                println!(
                    "  size {size:>5} piece {piece:>3} word {word}: {cost:>8} bytes ({} bytes long)",
                    dictionary.len()
                );
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, dictionary));
                }
            }
        }
    }
    let Some((cost, dictionary)) = best else { return Err("there was nothing to train on".to_owned()) };
    let file = process::target().join("dictionary.bin");
    std::fs::write(&file, &dictionary).said()?;
    // Told, and not chosen by: the words of the bench must not have a say in what is shipped.
    let unseen = writes::of_records(Corpus::Bench, TRIED)?;
    let plain: usize = unseen.iter().map(|write| write.content.len()).sum();
    println!("writes with words that it has never seen ({plain} bytes):");
    for (name, dictionary) in [("none", [].as_slice()), ("the shipped one", DICTIONARY), ("the new one", &dictionary)] {
        println!("  {name:<16} {:>8} bytes", self::cost(&unseen, dictionary)?);
    }
    println!("the best has {} bytes and needs {cost}; it is in {}", dictionary.len(), file.display());
    println!("format 1 ships another for ever: a better one becomes a format of its own (CONTRIBUTING.md)");
    Ok(ExitCode::SUCCESS)
}

/// Bytes of all writes, each compressed alone.
fn cost(writes: &[Write], dictionary: &[u8]) -> Result<usize, String> {
    writes.iter().map(|write| compressed(&write.content, &[dictionary, &write.context].concat())).sum()
}

/// As the core compresses, with another dictionary.
fn compressed(content: &[u8], dictionary: &[u8]) -> Result<usize, String> {
    let mut stream = flate2::Compress::new(flate2::Compression::best(), false);
    stream.set_dictionary(dictionary).said()?;
    let mut deflated = Vec::with_capacity(content.len() + 64);
    stream.compress_vec(content, &mut deflated, flate2::FlushCompress::Finish).said()?;
    Ok(deflated.len().min(content.len()) + 1)
}
