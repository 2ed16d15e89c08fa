//! What is left in this process's memory once a vault is dropped: none of its keys.

use super::Vault;
use crate::keys::Passphrase;
use std::fs::File;
use std::os::unix::fs::FileExt;

const CHUNK: usize = 1 << 20;
/// What is looked for is kept in another form, or the search would find itself.
const MASK: u8 = 0xa5;

type Masked = [u8; 32];

fn masked(secret: &[u8]) -> Masked {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(secret).for_each(|(to, from)| *to = from ^ MASK);
    bytes
}

/// How often each of the secrets stands in memory that this process can write to.
fn copies(secrets: &[Masked]) -> Vec<usize> {
    let mut found = vec![0; secrets.len()];
    let mut buffer = vec![0u8; CHUNK + 31];
    let own = buffer.as_ptr() as u64..buffer.as_ptr() as u64 + buffer.len() as u64;
    let memory = File::open("/proc/self/mem").unwrap();
    let mut first = [false; 256];
    secrets.iter().for_each(|secret| first[usize::from(secret[0] ^ MASK)] = true);
    for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw") || rest.ends_with("[vvar]") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        for at in (start..end).step_by(CHUNK) {
            let length = usize::try_from((end - at).min(buffer.len() as u64)).unwrap();
            let Ok(read) = memory.read_at(&mut buffer[..length], at) else { continue };
            for (place, window) in buffer[..read].windows(32).enumerate().filter(|(place, _)| *place < CHUNK) {
                if !first[usize::from(window[0])] || own.contains(&(at + place as u64)) {
                    continue;
                }
                for (count, secret) in found.iter_mut().zip(secrets) {
                    *count += usize::from(window.iter().zip(secret).all(|(byte, masked)| byte ^ MASK == *masked));
                }
            }
            buffer.fill(0);
        }
    }
    found
}

#[test]
fn a_dropped_vault_leaves_none_of_its_keys_in_memory() {
    crate::wipe_freed_memory();
    let home = std::env::temp_dir().join(format!("vigil-memory-{}", std::process::id()));
    std::fs::remove_dir_all(&home).ok();
    let passphrase = Passphrase::new("a passphrase that is looked for!");
    let mut vault = Vault::create_at_floor(&home, &passphrase, "Desk").unwrap();
    vault.create_space(None).unwrap();
    drop(vault);
    // On a thread of its own, as an app opens and locks: what lies on its stack stays when it ends.
    let (secrets, open) = std::thread::scope(|scope| {
        let opening = scope.spawn(|| {
            let vault = Vault::open(&home, &passphrase).unwrap();
            let secrets = [
                masked(vault.access.content.key.expose()),
                masked(vault.access.stretched.0.expose()),
                masked(vault.keys.seed().expose()),
                masked(vault.keys.sealing.private().expose()),
                masked(vault.space().unwrap().epochs.values().next().unwrap().private().expose()),
                vault.access.file.slot_key_for_test(&vault.access.stretched, vault.access.hardware.as_ref(), MASK),
            ];
            let open = copies(&secrets);
            drop(vault);
            (secrets, open)
        });
        opening.join().unwrap()
    });
    // The positive control: while it is open, the search finds them. (The last one is needed for a moment only.)
    assert!(open[..5].iter().all(|count| *count > 0), "{open:?}");
    assert_eq!(copies(&secrets), [0; 6], "database, stretched PIN, signing, sealing, epoch, slot; open: {open:?}");
    std::fs::remove_dir_all(&home).ok();
    std::fs::remove_dir_all(home.with_extension("hardware")).ok();
}
