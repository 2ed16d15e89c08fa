//! Breaks that no test notices, each with the reason why none could or should.
//! A break that is not in this list promises nothing: it wants a test, or its code wants to go.

/// File and break (without line and column, which move), and why it is not noticed.
const KNOWN: [(&str, &str, &str); 4] = [
    (
        "core/vigil/src/keys/key_file.rs",
        "replace > with >= in AnyKeyFile::from_bytes",
        "the same: the present version is read by the line before",
    ),
    (
        "core/vigil/src/keys/folder_vault.rs",
        "replace match guard error.kind() != ErrorKind::NotFound with false in <impl HardwareVault for FolderVault>::delete",
        "takes a disk that refuses to write down that a name is gone",
    ),
    (
        "core/vigil/src/keys/shares.rs",
        "replace <impl TryRng for SystemRandom>::try_fill_bytes -> Result<(), Infallible> with Ok(())",
        "the trait asks for it; whoever deals shares draws numbers and never calls it",
    ),
    (
        "core/vigil/src/keys/shares.rs",
        "replace <impl TryRng for SystemRandom>::try_next_u64 -> Result<u64, Infallible> with Ok(0)",
        "the trait asks for it; whoever deals shares does not call it",
    ),
];

/// Why a break is not noticed.
pub(super) fn why(mutant: &str) -> &'static str {
    let known = KNOWN.iter().find(|(file, change, _)| mutant.starts_with(file) && mutant.ends_with(change));
    known.map_or("no test notices it yet", |(_, _, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_is_known_by_its_file_and_what_it_changes_wherever_it_has_moved() {
        let (file, change, reason) = KNOWN[0];
        assert_eq!(why(&format!("{file}:1:2: {change}")), reason);
        assert_eq!(why(&format!("elsewhere.rs:1:2: {change}")), "no test notices it yet");
    }
}
