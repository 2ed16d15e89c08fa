//! Splitting the committee's recovery key, so that k of n officers restore it together and fewer learn nothing of it
//! (Shamir, "How to share a secret", Communications of the ACM 22(11), 1979, over GF(2^8), by `blahaj`).
//! A restored key promises to be the one that was split: it is checked against the public half, so a wrong, repeated or
//! invented share gives nothing instead of another key.

use super::sealed_key::SealingKeyPair;
use super::secret::Secret;
use blahaj::{Share, Sharks};
use rand_core::{Infallible, TryCryptoRng, TryRng};
use vigil_protocol::SealingPublicKey;
use zeroize::Zeroizing;

/// Most officers who hold a share.
pub(crate) const MAX_RECOVERY_SHARES: u8 = 15;
/// Fewest officers who restore the key: one alone would be a copy of it.
pub(crate) const MIN_RECOVERY_THRESHOLD: u8 = 2;

/// One officer's share: a number and a value for each byte of the key.
pub(crate) type KeyShare = Secret<33>;

/// Why a key cannot be split so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SplitError {
    #[error("at least {MIN_RECOVERY_THRESHOLD} officers must be needed")]
    TooFewNeeded,
    #[error("more officers would be needed than hold a share")]
    MoreNeededThanShares,
    #[error("at most {MAX_RECOVERY_SHARES} officers can hold a share")]
    TooManyShares,
}

/// The system's random numbers, which must not fail (see [`Secret::random`]).
struct SystemRandom;

impl TryRng for SystemRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(super::secret::random_bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(super::secret::random_bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        super::secret::fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for SystemRandom {}

/// Splits a key into `count` shares of which any `threshold` restore it.
pub(crate) fn split(key: &Secret<32>, threshold: u8, count: u8) -> Result<Vec<KeyShare>, SplitError> {
    if threshold < MIN_RECOVERY_THRESHOLD {
        return Err(SplitError::TooFewNeeded);
    }
    if count > MAX_RECOVERY_SHARES {
        return Err(SplitError::TooManyShares);
    }
    if threshold > count {
        return Err(SplitError::MoreNeededThanShares);
    }
    let dealer = Sharks(threshold);
    let shares = dealer.dealer_rng(key.expose(), &mut SystemRandom).take(usize::from(count)).collect::<Vec<Share>>();
    Ok(shares.iter().filter_map(|share| KeyShare::from_slice(&Zeroizing::new(Vec::from(share)))).collect())
}

/// Restores the key whose public half is `public`, from any `threshold` of the shares: one that its holder made up does not
/// keep the others from it. `None` if too few are of this key.
pub(crate) fn combine(shares: &[KeyShare], threshold: u8, public: &SealingPublicKey) -> Option<SealingKeyPair> {
    if shares.len() > usize::from(MAX_RECOVERY_SHARES) {
        return None;
    }
    let shares: Vec<Share> =
        shares.iter().filter_map(|share| Share::try_from(share.expose().as_slice()).ok()).collect();
    // At most C(15, 7) = 6,435 sets, each joined in microseconds.
    (0..1u32 << shares.len()).filter(|set| set.count_ones() == u32::from(threshold)).find_map(|set| {
        let chosen: Vec<&Share> =
            shares.iter().enumerate().filter(|(number, _)| set & (1 << number) != 0).map(|(_, share)| share).collect();
        // The number 0 is where the key itself stands: nobody was dealt it.
        if chosen.iter().any(|share| share.x.0 == 0) {
            return None;
        }
        let dealer = Sharks(threshold);
        let key = Zeroizing::new(dealer.recover(chosen).ok()?);
        SealingKeyPair::from_private(Secret::from_slice(&key)?).filter(|pair| pair.public() == *public)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(shares: &[KeyShare], set: u32) -> Vec<KeyShare> {
        let is_in = |number: &usize| set & (1 << number) != 0;
        (0..shares.len()).filter(is_in).map(|number| shares[number].clone()).collect()
    }

    #[test]
    fn any_k_of_n_officers_restore_the_key_and_fewer_do_not() {
        for (threshold, count) in [(2, 2), (2, 3), (3, 5), (5, 5)] {
            let pair = SealingKeyPair::generate();
            let shares = split(pair.private(), threshold, count).unwrap();
            assert_eq!(shares.len(), usize::from(count));
            for set in 0..1u32 << count {
                let restored = combine(&chosen(&shares, set), threshold, &pair.public());
                let enough = set.count_ones() >= u32::from(threshold);
                assert_eq!(restored.is_some(), enough, "{threshold} of {count}, set {set:b}");
                if let Some(restored) = restored {
                    assert_eq!(restored.private().expose(), pair.private().expose());
                }
            }
        }
    }

    #[test]
    fn fewer_shares_fit_every_key_alike() {
        // With one share short, each byte of the missing share gives another key: no value of the key is ruled out.
        let pair = SealingKeyPair::generate();
        let shares = split(pair.private(), 2, 2).unwrap();
        let mut first_bytes = std::collections::BTreeSet::new();
        for guess in 0..=255u8 {
            let mut invented = *shares[1].expose();
            invented[1] = guess;
            let pieces =
                [shares[0].expose().as_slice(), invented.as_slice()].map(|bytes| Share::try_from(bytes).unwrap());
            first_bytes.insert(Sharks(2).recover(&pieces).unwrap()[0]);
        }
        assert_eq!(first_bytes.len(), 256);
    }

    #[test]
    fn a_wrong_share_gives_nothing_instead_of_another_key() {
        let pair = SealingKeyPair::generate();
        let shares = split(pair.private(), 2, 3).unwrap();
        for byte in 0..33 {
            let mut changed = *shares[1].expose();
            changed[byte] ^= 1;
            let mixed = [shares[0].clone(), Secret::take(&mut changed)];
            assert!(combine(&mixed, 2, &pair.public()).is_none(), "byte {byte}");
        }
        let of_another = split(SealingKeyPair::generate().private(), 2, 3).unwrap();
        assert!(combine(&[shares[0].clone(), of_another[1].clone()], 2, &pair.public()).is_none());
        assert!(combine(&[shares[0].clone(), shares[0].clone()], 2, &pair.public()).is_none());
        assert!(combine(&shares[..2], 2, &SealingKeyPair::generate().public()).is_none());
    }

    #[test]
    fn one_holder_who_makes_a_share_up_does_not_keep_the_others_from_the_key() {
        let pair = SealingKeyPair::generate();
        let mut shares = split(pair.private(), 3, 5).unwrap();
        shares[1] = Secret::random();
        shares[4] = shares[0].clone();
        let restored = combine(&shares, 3, &pair.public()).unwrap();
        assert_eq!(restored.private().expose(), pair.private().expose());
        shares[2] = Secret::random();
        assert!(combine(&shares, 3, &pair.public()).is_none());
    }

    #[test]
    fn as_many_shares_as_may_be_dealt_restore_the_key_and_more_are_not_tried() {
        let pair = SealingKeyPair::generate();
        let mut shares = split(pair.private(), 2, MAX_RECOVERY_SHARES).unwrap();
        assert!(combine(&shares, 2, &pair.public()).is_some());
        for _ in 0..2 {
            shares.push(shares[0].clone());
            assert!(combine(&shares, 2, &pair.public()).is_none(), "{}", shares.len());
        }
    }

    #[test]
    fn the_key_itself_is_not_taken_for_a_share() {
        let pair = SealingKeyPair::generate();
        let mut at_zero = [0; 33];
        at_zero[1..].copy_from_slice(pair.private().expose());
        let shares = split(pair.private(), 2, 2).unwrap();
        assert!(combine(&[Secret::take(&mut at_zero), shares[0].clone()], 2, &pair.public()).is_none());
    }

    #[test]
    fn a_key_is_not_split_so_that_one_person_restores_it_or_nobody_can() {
        let key = Secret::random();
        assert_eq!(split(&key, 1, 3).err(), Some(SplitError::TooFewNeeded));
        assert_eq!(split(&key, 0, 3).err(), Some(SplitError::TooFewNeeded));
        assert_eq!(split(&key, 4, 3).err(), Some(SplitError::MoreNeededThanShares));
        assert_eq!(split(&key, 2, MAX_RECOVERY_SHARES + 1).err(), Some(SplitError::TooManyShares));
        assert_eq!(split(&key, MAX_RECOVERY_SHARES, MAX_RECOVERY_SHARES).unwrap().len(), 15);
    }

    #[test]
    fn two_splits_of_one_key_share_nothing() {
        let pair = SealingKeyPair::generate();
        let (one, other) = (split(pair.private(), 2, 3).unwrap(), split(pair.private(), 2, 3).unwrap());
        assert!(one.iter().zip(&other).all(|(a, b)| a.expose() != b.expose()));
    }
}
