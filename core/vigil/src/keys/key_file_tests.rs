//! The key file: what opens it, what does not, and what tells nothing.

use super::*;
use crate::keys::folder_vault::FolderVault;
use crate::keys::hardware::HardwareLevel;
use crate::keys::secret::Secret;
use crate::keys::slot::{DatabaseName, Profile};
use crate::keys::stretching::{CEILING, FLOOR};
use proptest::prelude::*;

struct Fixture {
    hardware: FolderVault,
    header: Header,
    contents: [Content; 2],
}

fn fixture(name: &str) -> Fixture {
    let folder = std::env::temp_dir().join(format!("vigil-key-file-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    let (hardware, alias) = (FolderVault::new(folder), HardwareAlias::random());
    hardware.create(&alias, HardwareLevel::Software).unwrap();
    let content = |profile| Content { profile, database: DatabaseName::random(), key: Secret::random() };
    let contents = [content(Profile::Small), content(Profile::Whole)];
    Fixture { hardware, header: Header::new(alias, FLOOR, Some(10)), contents }
}

impl Fixture {
    fn stretched(&self, pin: &str) -> Stretched {
        self.header.stretch(&Passphrase::new(pin)).unwrap()
    }

    fn file(&self, small: Option<&str>, whole: &str) -> KeyFile {
        let small = small.map(|pin| self.stretched(pin));
        let whole = self.stretched(whole);
        let contents = [small.as_ref().map(|small| (small, &self.contents[0])), Some((&whole, &self.contents[1]))];
        KeyFile::seal(self.header.clone(), contents, &self.hardware).unwrap()
    }
}

fn read(bytes: &[u8]) -> Result<KeyFile, KeyFileError> {
    match AnyKeyFile::from_bytes(bytes)? {
        AnyKeyFile::Present(file) => Ok(file),
        AnyKeyFile::First(_) => panic!("of the first version"),
    }
}

#[test]
fn each_pin_opens_its_own_slot_and_another_opens_none() {
    let fixture = fixture("slots");
    let file = read(&fixture.file(Some("2468"), "1357").to_bytes()).unwrap();
    file.check_hardware(&fixture.hardware).unwrap();
    for (pin, slot, profile) in [("2468", 0, Profile::Small), ("1357", 1, Profile::Whole)] {
        let opened = file.open(&Passphrase::new(pin), &fixture.hardware).unwrap();
        assert_eq!((opened.slot, opened.content.profile), (slot, profile));
        assert_eq!(opened.content.key.expose(), fixture.contents[slot].key.expose());
        assert_eq!(opened.content.database, fixture.contents[slot].database);
    }
    let wrong = file.open(&Passphrase::new("1234"), &fixture.hardware);
    assert!(matches!(wrong, Err(KeyFileError::WrongPassphrase)));
}

#[test]
fn a_file_with_one_slot_in_use_looks_like_one_with_two() {
    let fixture = fixture("looks");
    let (one, two) = (fixture.file(None, "1357"), fixture.file(Some("2468"), "1357"));
    assert_eq!(one.to_bytes().len(), two.to_bytes().len());
    for file in [one, two] {
        assert!(file.slots.iter().all(|slot| slot.sealed.iter().any(|byte| *byte != 0)));
        assert!(file.open(&Passphrase::new("1357"), &fixture.hardware).is_ok());
    }
}

#[test]
fn every_flipped_byte_is_damage_and_never_a_wrong_pin() {
    let fixture = fixture("flips");
    let bytes = fixture.file(None, "1357").to_bytes();
    for position in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut damaged = bytes.clone();
            damaged[position] ^= bit;
            let result = AnyKeyFile::from_bytes(&damaged).map(|_| ());
            assert!(
                matches!(result, Err(KeyFileError::Damaged | KeyFileError::NewerVersion(_))),
                "a flip at byte {position} gives {result:?}"
            );
        }
    }
}

#[test]
fn what_anybody_changed_and_gave_a_checksum_is_of_other_hardware() {
    let fixture = fixture("forged");
    let file = fixture.file(None, "1357");
    let forged = |change: &dyn Fn(&mut KeyFile)| {
        let mut forged = file.clone();
        change(&mut forged);
        let forged = KeyFile::with_right_checksum(&forged.to_bytes()).unwrap();
        read(&forged.to_bytes()).and_then(|file| file.check_hardware(&fixture.hardware))
    };
    assert!(forged(&|_| {}).is_ok(), "the positive control");
    let changes: [&dyn Fn(&mut KeyFile); 7] = [
        &|file| file.header.generation += 1,
        &|file| file.header.wipe_after = None,
        &|file| file.header.passes += 1,
        &|file| file.header.salt = [0; 16].into(),
        &|file| file.slots.swap(0, 1),
        &|file| file.slots[0] = Slot::unused(),
        &|file| file.mac = [0; 32].into(),
    ];
    for (number, change) in changes.iter().enumerate() {
        assert!(matches!(forged(change), Err(KeyFileError::OtherHardware)), "change {number}");
    }
    let stranger = FolderVault::new(std::env::temp_dir().join(format!("vigil-no-hardware-{}", std::process::id())));
    assert!(matches!(file.check_hardware(&stranger), Err(KeyFileError::OtherHardware)));
    // The same alias in other hardware has another key.
    stranger.create(&file.header.alias(), HardwareLevel::Software).unwrap();
    assert!(matches!(file.check_hardware(&stranger), Err(KeyFileError::OtherHardware)));
    assert!(matches!(file.open(&Passphrase::new("1357"), &stranger), Err(KeyFileError::WrongPassphrase)));
}

#[test]
fn even_the_hardware_s_own_mac_does_not_lower_what_a_slot_was_sealed_with() {
    let fixture = fixture("inner");
    let file = fixture.file(None, "1357");
    for change in [
        (|header: &mut Header| header.generation += 1) as fn(&mut Header),
        |header| header.wipe_after = None,
        |header| header.passes += 1,
    ] {
        let mut header = file.header.clone();
        change(&mut header);
        let forged = KeyFile::finish(header, file.slots.clone(), &fixture.hardware).unwrap();
        forged.check_hardware(&fixture.hardware).unwrap();
        let opened = forged.open(&Passphrase::new("1357"), &fixture.hardware);
        assert!(matches!(opened, Err(KeyFileError::WrongPassphrase)));
    }
}

#[test]
fn a_cost_below_the_floor_or_above_the_ceiling_is_refused_before_anything_is_spent() {
    let fixture = fixture("costs");
    let file = fixture.file(None, "1357");
    for (memory_kib, passes) in [
        (FLOOR.memory_kib - 1, FLOOR.passes),
        (FLOOR.memory_kib, FLOOR.passes - 1),
        (CEILING.memory_kib + 1, FLOOR.passes),
        (FLOOR.memory_kib, CEILING.passes + 1),
        (u32::MAX, u32::MAX),
        (0, 0),
    ] {
        let header = Header { memory_kib, passes, ..file.header.clone() };
        let forged = KeyFile::finish(header, file.slots.clone(), &fixture.hardware).unwrap();
        assert!(matches!(read(&forged.to_bytes()), Err(KeyFileError::Damaged)), "{memory_kib} {passes}");
    }
}

#[test]
fn a_slot_is_changed_without_opening_the_other() {
    let fixture = fixture("change");
    let file = fixture.file(Some("2468"), "1357");
    let changed = fixture.stretched("8642");
    let next = file.with_slot(0, (&changed, &fixture.contents[0]), &fixture.hardware).unwrap();
    next.check_hardware(&fixture.hardware).unwrap();
    let open = |pin: &str| next.open(&Passphrase::new(pin), &fixture.hardware).map(|opened| opened.slot);
    assert_eq!((open("8642").unwrap(), open("1357").unwrap()), (0, 1));
    assert!(matches!(open("2468"), Err(KeyFileError::WrongPassphrase)));
}

#[test]
fn a_wiped_key_file_says_so_and_is_not_replaced() {
    let path = std::env::temp_dir().join(format!("vigil-wiped-{}", std::process::id()));
    let fixture = fixture("wiped");
    let file = fixture.file(None, "1357");
    folder::write_durably(&path, &file.to_bytes()).unwrap();
    let moved = fixture.header.moved(HardwareAlias::random());
    let both = KeyFile { header: moved.clone(), ..file.clone() };
    assert_eq!(aliases_claimed(&std::fs::read(&path).unwrap()), [fixture.header.alias()]);
    assert_eq!(aliases_claimed(&both.to_bytes()), [moved.alias(), fixture.header.alias()]);
    wipe(&path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), WIPED);
    assert!(matches!(AnyKeyFile::read(&path), Err(KeyFileError::Wiped)));
    file.write_aside(&path).unwrap();
    assert!(matches!(KeyFile::put_in_place(&path), Err(KeyFileError::Wiped)));
}

#[test]
fn what_is_longer_than_a_key_file_can_be_is_damaged_whatever_it_says() {
    let path = std::env::temp_dir().join(format!("vigil-long-{}", std::process::id()));
    let mut bytes = WIPED.to_vec();
    bytes.resize(usize::try_from(MAX_KEY_FILE_BYTES).unwrap(), 0);
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(AnyKeyFile::read(&path), Err(KeyFileError::Wiped)));
    for more in [1, 5_000] {
        bytes.resize(bytes.len() + more, 0);
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(AnyKeyFile::read(&path), Err(KeyFileError::Damaged)), "{more}");
    }
}

#[test]
fn a_whole_file_of_a_newer_version_says_so_and_part_of_one_is_damage() {
    let newer = canonical::encode(&((VERSION + 1, 7u8), 8u8));
    assert!(
        matches!(AnyKeyFile::from_bytes(&newer), Err(KeyFileError::NewerVersion(version)) if version == VERSION + 1)
    );
    let (short, long) = (&newer[..newer.len() - 1], [newer.as_slice(), &[0]].concat());
    for damaged in [short, &long, &canonical::encode(&((0u8, 7u8), 8u8))] {
        assert!(matches!(AnyKeyFile::from_bytes(damaged), Err(KeyFileError::Damaged)));
    }
}

proptest! {
    #[test]
    fn hostile_bytes_are_read_as_nothing_or_as_themselves(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(AnyKeyFile::Present(file)) = AnyKeyFile::from_bytes(&bytes) {
            prop_assert_eq!(file.to_bytes(), bytes.clone());
        }
        aliases_claimed(&bytes);
    }

    #[test]
    fn whatever_is_changed_and_given_a_checksum_is_not_of_this_hardware(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        static FIXTURE: std::sync::OnceLock<(FolderVault, Vec<u8>)> = std::sync::OnceLock::new();
        let (hardware, whole) = FIXTURE.get_or_init(|| {
            let fixture = fixture("mutated");
            (fixture.hardware.clone(), fixture.file(None, "1357").to_bytes())
        });
        let mut bytes = whole.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(forged) = KeyFile::with_right_checksum(&bytes).map(|file| file.to_bytes())
            && let Ok(AnyKeyFile::Present(file)) = AnyKeyFile::from_bytes(&forged)
        {
            prop_assert!(forged == *whole || file.check_hardware(hardware).is_err());
        }
    }
}
