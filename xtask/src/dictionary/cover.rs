//! Choosing what goes into a dictionary: pieces of the samples that cover as many of their common words as possible.
//! The method is that of Liao, Petri, Moffat and Wirth, "Effective Construction of Relative Lempel-Ziv Dictionaries" (WWW
//! 2016), as zstd's trainer has it, followed by rounds that drop what is hardly used and put the most used last: a distance
//! to the end of the dictionary costs fewer bits.

use std::collections::HashMap;

/// What to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Length of the finished dictionary, in bytes, at most.
    pub(crate) size: usize,
    /// Length of a piece, in bytes.
    pub(crate) piece: usize,
    /// Length of a word, in bytes: the shortest repetition that counts.
    pub(crate) word: usize,
}

/// Rounds of dropping and filling up again.
const ROUNDS: usize = 3;

/// Chooses a dictionary. The same samples and shape give the same bytes.
pub(crate) fn choose(samples: &[Vec<u8>], shape: Shape) -> Vec<u8> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for round in 0..ROUNDS {
        fill(samples, shape, &mut pieces);
        let used = usage(samples, &pieces, shape.word);
        let mut ranked: Vec<(u64, Vec<u8>)> = used.into_iter().zip(std::mem::take(&mut pieces)).collect();
        // Most used last; a stable order keeps the result the same on every machine.
        ranked.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        if round + 1 < ROUNDS {
            let least = ranked.len() / 5;
            ranked.drain(..least);
        }
        pieces = ranked.into_iter().map(|(_, piece)| piece).collect();
    }
    let whole = pieces.concat();
    whole.get(whole.len().saturating_sub(shape.size)..).unwrap_or_default().to_vec()
}

fn words(bytes: &[u8], length: usize) -> impl Iterator<Item = u64> + '_ {
    bytes.windows(length).map(|word| {
        // FNV-1a: two words that meet in it only make a piece look a little better than it is.
        word.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    })
}

/// Adds pieces until the dictionary is full or nothing common is left uncovered.
fn fill(samples: &[Vec<u8>], shape: Shape, pieces: &mut Vec<Vec<u8>>) {
    let common = word_frequencies(samples, shape.word);
    let mut worth = common.clone();
    for piece in pieces.iter() {
        for word in words(piece, shape.word) {
            worth.remove(&word);
        }
    }
    let mut length: usize = pieces.iter().map(Vec::len).sum();
    let wanted = (shape.size.saturating_sub(length) / shape.piece).max(1);
    // Every stretch of the samples gives its best piece in turn, so that all kinds of records are heard.
    let stretch = samples.len().div_ceil(wanted).max(1);
    loop {
        let before = length;
        for stretch in samples.chunks(stretch) {
            if length >= shape.size {
                return;
            }
            let best = stretch.iter().filter_map(|sample| best_piece(sample, shape, &worth)).max_by_key(|best| best.0);
            let Some((_, piece)) = best else { continue };
            let piece = only_common(piece, shape.word, &common);
            for word in words(&piece, shape.word) {
                worth.remove(&word);
            }
            length += piece.len();
            pieces.push(piece);
        }
        if length == before {
            return;
        }
    }
}

/// In how many samples each word stands, for words that stand in several.
fn word_frequencies(samples: &[Vec<u8>], length: usize) -> HashMap<u64, u64> {
    let mut counts: HashMap<u64, (u64, usize)> = HashMap::new();
    for (number, sample) in samples.iter().enumerate() {
        for word in words(sample, length) {
            let (count, last) = counts.entry(word).or_insert((0, usize::MAX));
            if *last != number {
                (*count, *last) = (*count + 1, number);
            }
        }
    }
    // What stands in fewer than one of 200 samples is somebody's name or somebody's story.
    let least = (samples.len() as u64 / 200).max(2);
    counts.into_iter().filter(|(_, (count, _))| *count >= least).map(|(word, (count, _))| (word, count)).collect()
}

/// The piece of a sample that covers most, trimmed to where it does.
fn best_piece<'s>(sample: &'s [u8], shape: Shape, worth: &HashMap<u64, u64>) -> Option<(u64, &'s [u8])> {
    let values: Vec<(u64, u64)> =
        words(sample, shape.word).map(|word| (word, worth.get(&word).copied().unwrap_or(0))).collect();
    let span = shape.piece.saturating_sub(shape.word).max(1).min(values.len());
    let (mut inside, mut sum): (HashMap<u64, u32>, u64) = (HashMap::new(), 0);
    let mut best: Option<(u64, usize)> = None;
    for (end, (word, value)) in values.iter().enumerate() {
        let count = inside.entry(*word).or_insert(0);
        *count += 1;
        if *count == 1 {
            sum += value;
        }
        if let Some(start) = (end + 1).checked_sub(span) {
            if best.is_none_or(|(most, _)| sum > most) {
                best = Some((sum, start));
            }
            let (word, value) = values[start];
            let count = inside.entry(word).or_insert(1);
            *count -= 1;
            if *count == 0 {
                inside.remove(&word);
                sum -= value;
            }
        }
    }
    let (sum, start) = best.filter(|(sum, _)| *sum > 0)?;
    let window = values.get(start..start + span)?;
    let first = window.iter().position(|(_, value)| *value > 0)?;
    let last = window.iter().rposition(|(_, value)| *value > 0)?;
    Some((sum, sample.get(start + first..start + last + shape.word)?))
}

/// The piece without what is not common in it: times, links, somebody's name.
fn only_common(piece: &[u8], word: usize, common: &HashMap<u64, u64>) -> Vec<u8> {
    let mut kept = vec![false; piece.len()];
    for (start, found) in words(piece, word).enumerate() {
        if common.contains_key(&found)
            && let Some(covered) = kept.get_mut(start..start + word)
        {
            covered.fill(true);
        }
    }
    piece.iter().zip(kept).filter(|(_, kept)| *kept).map(|(byte, _)| *byte).collect()
}

/// How many bytes of the samples each piece stands for, when every sample is cut greedily into the longest pieces.
fn usage(samples: &[Vec<u8>], pieces: &[Vec<u8>], word: usize) -> Vec<u64> {
    let mut places: HashMap<&[u8], Vec<(usize, usize)>> = HashMap::new();
    for (number, piece) in pieces.iter().enumerate() {
        for (start, found) in piece.windows(word).enumerate() {
            places.entry(found).or_default().push((number, start));
        }
    }
    let mut used = vec![0; pieces.len()];
    for sample in samples {
        let mut at = 0;
        while let Some(found) = sample.get(at..at + word) {
            let longest = places
                .get(found)
                .into_iter()
                .flatten()
                .map(|(number, start)| {
                    let rest = pieces.get(*number).and_then(|piece| piece.get(*start..)).unwrap_or_default();
                    let same = rest.iter().zip(&sample[at..]).take_while(|(a, b)| a == b).count();
                    (same, *number)
                })
                .max_by_key(|(same, _)| *same);
            match longest {
                Some((same, number)) => {
                    used[number] += same as u64;
                    at += same;
                }
                None => at += 1,
            }
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { size: 200, piece: 24, word: 6 };

    fn samples() -> Vec<Vec<u8>> {
        (0..400u32)
            .map(|number| {
                let name: String =
                    (0..9).map(|place| char::from(b'a' + ((number * 7 + place * number) % 26) as u8)).collect();
                format!("{number:05}station:{name};instrument:border_interception").into_bytes()
            })
            .collect()
    }

    #[test]
    fn what_is_common_is_in_it_and_it_is_no_longer_than_asked() {
        let dictionary = choose(&samples(), SHAPE);
        let text = String::from_utf8_lossy(&dictionary).into_owned();
        assert!(text.contains("instrument") && text.contains("station:"), "{text}");
        assert!(dictionary.len() <= SHAPE.size);
    }

    #[test]
    fn the_same_samples_give_the_same_dictionary() {
        assert_eq!(choose(&samples(), SHAPE), choose(&samples(), SHAPE));
    }

    #[test]
    fn no_samples_give_an_empty_dictionary() {
        assert_eq!(choose(&[], SHAPE), Vec::<u8>::new());
        assert_eq!(choose(&[Vec::new(), vec![1]], SHAPE), Vec::<u8>::new());
    }
}
