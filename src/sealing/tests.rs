use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::clock::Clock;

fn clock() -> Clock {
    Clock::system()
}

fn key() -> (KeyId, DataKey) {
    (KeyId([7; 16]), DataKey::new(&clock()))
}

fn sealed(bytes: &[u8], (id, key): &(KeyId, DataKey), what: &[u8]) -> Vec<u8> {
    let mut writer = SealedWriter::new(Vec::new(), key, *id, what, &clock()).unwrap();
    // In pieces that fit no chunk.
    for part in bytes.chunks(7919) {
        writer.write_all(part).unwrap();
    }
    writer.finish().unwrap()
}

fn file_of(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn opened(bytes: &[u8], (_, key): &(KeyId, DataKey), what: &[u8]) -> std::io::Result<Vec<u8>> {
    let file = file_of(bytes);
    let header = FileHeader::read(&file)?.ok_or(OpenError::NotSealed)?;
    let mut found = Vec::new();
    SealedReader::new(file, &header, key, what)?.read_to_end(&mut found)?;
    Ok(found)
}

#[test]
fn what_was_sealed_opens_whole_whatever_its_length() {
    let key = key();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17] {
        let plain: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
        let sealed = sealed(&plain, &key, b"object");
        assert_eq!(opened(&sealed, &key, b"object").unwrap(), plain, "{length}");
        assert_ne!(sealed, self::sealed(&plain, &key, b"object"), "the same bytes never look the same");
    }
}

#[test]
fn any_part_is_read_without_the_rest() {
    let key = key();
    let plain: Vec<u8> = (0..5 * CHUNK + 100).map(|i| (i * 7 % 253) as u8).collect();
    let file = file_of(&sealed(&plain, &key, b"object"));
    let header = FileHeader::read(&file).unwrap().unwrap();
    let mut reader = SealedReader::new(file, &header, &key.1, b"object").unwrap();
    assert_eq!(reader.length(), plain.len() as u64);
    for (at, length) in [(0, 10), (CHUNK - 5, 10), (4 * CHUNK, CHUNK + 100), (2 * CHUNK + 1, 3 * CHUNK)] {
        let mut part = vec![0; length];
        reader.seek(SeekFrom::Start(at as u64)).unwrap();
        reader.read_exact(&mut part).unwrap();
        assert!(part == plain[at..at + length], "{at}");
    }
    assert_eq!(reader.seek(SeekFrom::End(3)).unwrap(), plain.len() as u64 + 3);
    assert_eq!(reader.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn a_file_that_was_cut_changed_or_put_in_another_order_does_not_open() {
    let key = key();
    let plain = vec![5; 3 * CHUNK + 9];
    let whole = sealed(&plain, &key, b"object");
    let (start, chunk) = (56, CHUNK + 16);
    let refused = |bytes: &[u8], what: &str| {
        let error = opened(bytes, &key, b"object").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{what}: {error}");
    };
    // Cut in a chunk, behind one, and to nothing.
    for end in [whole.len() - 1, start + 3 * chunk, start + chunk, start + 10, start] {
        refused(&whole[..end], "cut");
    }
    let mut longer = whole.clone();
    longer.extend_from_slice(&whole[start..start + chunk]);
    refused(&longer, "longer");
    let mut swapped = whole.clone();
    let (first, second) = swapped[start..start + 2 * chunk].split_at_mut(chunk);
    first.swap_with_slice(second);
    refused(&swapped, "another order");
    for at in [8, 30, start, start + chunk + 5, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        refused(&changed, "changed");
    }
    // A chunk of another file under the same data key.
    let other = sealed(&plain, &key, b"object");
    let mut mixed = whole;
    mixed[start..start + chunk].copy_from_slice(&other[start..start + chunk]);
    refused(&mixed, "of another file");
}

#[test]
fn a_writer_whose_disk_has_failed_takes_nothing_more() {
    /// A disk that takes so many bytes.
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (id, key) = key();
    let mut writer = SealedWriter::new(Full(1000), &key, id, b"object", &clock()).unwrap();
    let failed = writer.write_all(&vec![1; 2 * CHUNK]).unwrap_err();
    assert_eq!(failed.kind(), std::io::ErrorKind::StorageFull);
    let again = writer.write_all(b"behind it").unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn a_file_in_the_place_of_another_does_not_open_nor_with_another_key() {
    let (key, other) = (key(), key());
    let bytes = sealed(b"of one study", &key, b"object one");
    assert!(opened(&bytes, &key, b"object two").is_err());
    assert!(opened(&bytes, &other, b"object one").is_err());
    assert!(FileHeader::read(&file_of(b"DICM, as it came")).unwrap().is_none());
}

fn place(row: u128) -> Place {
    Place { table: "participant", column: "name", row: uuid::Uuid::from_u128(row) }
}

#[test]
fn a_value_opens_in_its_place_only() {
    let keys = ValueKeys::new(vec![key()], clock()).unwrap();
    let sealed = keys.seal(place(1), "Hélène Lefèvre");
    assert_eq!(keys.open(place(1), &sealed).unwrap(), "Hélène Lefèvre");
    assert_ne!(sealed, keys.seal(place(1), "Hélène Lefèvre"));
    for wrong in
        [place(2), Place { column: "language", ..place(1) }, Place { table: "practitioner", ..place(1) }]
    {
        assert_eq!(keys.open(wrong, &sealed), Err(OpenError::Refused), "{wrong:?}");
    }
    assert_eq!(keys.open(place(1), "Hélène Lefèvre"), Err(OpenError::NotSealed));
    let mut changed = sealed.clone();
    changed.replace_range(30..31, if &sealed[30..31] == "A" { "B" } else { "A" });
    assert_eq!(keys.open(place(1), &changed), Err(OpenError::Refused));
    let others = ValueKeys::new(vec![(KeyId([9; 16]), DataKey::new(&clock()))], clock()).unwrap();
    assert_eq!(others.open(place(1), &sealed), Err(OpenError::AnotherKey));
    assert_eq!(keys.open(place(1), &keys.seal(place(1), "")).unwrap(), "");
}

#[test]
fn a_newer_key_seals_and_the_older_one_still_opens_and_finds() {
    let old = key();
    let before = ValueKeys::new(vec![old.clone()], clock()).unwrap();
    let sealed = before.seal(place(1), "x");
    let newer = (KeyId([8; 16]), DataKey::new(&clock()));
    let after = ValueKeys::new(vec![newer, old], clock()).unwrap();
    assert_eq!(after.open(place(1), &sealed).unwrap(), "x");
    assert!(after.seal(place(1), "x").starts_with("p1.08080808."));
    assert_eq!(before.index("t", "c", "x"), after.index("t", "c", "x"));
    assert_ne!(before.index("t", "c", "x"), before.index("t", "d", "x"));
}

#[test]
fn a_wrapped_key_opens_with_its_master_for_its_purpose() {
    let (old, new) = ([1; 32], [2; 32]);
    let masters = MasterKeys::passing(&[old], clock());
    let key = DataKey::new(&clock());
    let wrapped = Wrapped::of_text(&masters.wrap(&key, "rows").unwrap().to_text()).unwrap();
    assert_eq!(*masters.unwrap(&wrapped, "rows").unwrap().0, *key.0);
    assert!(matches!(masters.unwrap(&wrapped, "files"), Err(KeyError::Damaged)));
    // Another one first, the old one behind it.
    let both = MasterKeys::passing(&[new, old], clock());
    assert_eq!(*both.unwrap(&wrapped, "rows").unwrap().0, *key.0);
    let again = both.wrap(&key, "rows").unwrap();
    assert_eq!(again.master, both.current().unwrap());
    let error = masters.unwrap(&again, "rows").unwrap_err();
    assert!(matches!(error, KeyError::Unknown { .. }));
    let said = error.to_string();
    assert!(said.contains(&again.master.to_string()) && said.contains("add that key"), "{said}");
    let mut damaged = wrapped;
    damaged.sealed[3] ^= 1;
    assert!(matches!(masters.unwrap(&damaged, "rows"), Err(KeyError::Damaged)));
    assert!(Wrapped::of_text("AAAA").is_none());
}

#[test]
fn keys_come_from_a_file_of_its_owner_alone_and_a_change_of_it_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let source = || Some(KeySource::File(path.clone()));
    let error = MasterKeys::open(source(), clock()).unwrap_err();
    assert!(matches!(error, KeyError::File(..)), "{error}");
    assert!(matches!(MasterKeys::open(None, clock()), Err(KeyError::None)));
    MasterKeys::make_file(&path, &clock()).unwrap();
    assert!(MasterKeys::make_file(&path, &clock()).is_err(), "a key is never written over");
    let masters = MasterKeys::open(source(), clock()).unwrap();
    let first = masters.current().unwrap();
    let wrapped = masters.wrap(&DataKey::new(&clock()), "x").unwrap();

    // Another process makes a new one: this one follows, and opens what either wrapped.
    let other = MasterKeys::open(source(), clock()).unwrap();
    let second = other.add_new().unwrap();
    assert_eq!(other.ids(), [second, first]);
    let newer = other.wrap(&DataKey::new(&clock()), "x").unwrap();
    masters.unwrap(&newer, "x").unwrap();
    masters.unwrap(&wrapped, "x").unwrap();
    assert_eq!(masters.current().unwrap(), second);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(MasterKeys::open(source(), clock()), Err(KeyError::Shared(_))));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&path, "# nothing\n").unwrap();
    assert!(matches!(MasterKeys::open(source(), clock()), Err(KeyError::Malformed(_))));
    // The bytes of one key as they are, as a credential of systemd may be.
    std::fs::write(&path, [0xA5; 32]).unwrap();
    assert_eq!(MasterKeys::open(source(), clock()).unwrap().ids().len(), 1);
}

#[test]
fn a_credential_that_systemd_gives_by_an_access_control_list_is_read_and_no_other_file_that_its_group_may_read()
 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parvis.key");
    MasterKeys::make_file(&path, &clock()).unwrap();
    let open = |mode, source: fn(std::path::PathBuf) -> KeySource| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        MasterKeys::open(Some(source(path.clone())), clock())
    };
    for mode in [0o400, 0o440] {
        let masters = open(mode, KeySource::Credential).unwrap();
        assert!(matches!(masters.add_new(), Err(KeyError::ReadOnly(_))), "it is the service manager's");
    }
    assert!(open(0o400, KeySource::File).is_ok());
    assert!(matches!(open(0o440, KeySource::File), Err(KeyError::Shared(_))));
    for mode in [0o404, 0o444] {
        assert!(matches!(open(mode, KeySource::Credential), Err(KeyError::Shared(_))), "{mode:o}");
    }
}

#[test]
fn keys_come_from_a_text_which_is_not_written() {
    let text =
        format!("{} {}", MasterKeys::new_line(&clock()).expose(), MasterKeys::new_line(&clock()).expose());
    let source = KeySource::Text(crate::secret::Secret::new(text), "PARVIS_MASTER_KEY".to_owned());
    let masters = MasterKeys::open(Some(source), clock()).unwrap();
    assert_eq!(masters.ids().len(), 2);
    assert!(matches!(masters.add_new(), Err(KeyError::ReadOnly(_))));
    let wrong = KeySource::Text(crate::secret::Secret::new("hunter2".to_owned()), "THERE".to_owned());
    let said = MasterKeys::open(Some(wrong), clock()).unwrap_err().to_string();
    assert!(said.starts_with("THERE holds no master key") && !said.contains("hunter2"), "{said}");
}

#[test]
fn nothing_shows_a_key() {
    let masters = MasterKeys::passing(&[[1; 32]], clock());
    let values = ValueKeys::new(vec![key()], clock()).unwrap();
    let said = format!("{masters:?} {values:?} {:?}", DataKey::new(&clock()));
    assert!(said.contains("[secret]") && said.len() < 200, "{said}");
}

/// What docs/encryption.md says of the cost: `cargo test --lib sealing::tests::the_cost -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn the_cost_of_a_large_study() {
    let (clock, key) = (clock(), key());
    let plain: Vec<u8> = (0..256_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let began = clock.instant();
        work();
        let seconds = clock.instant().duration_since(began).as_secs_f64();
        println!("{what}: {:.0} MB/s", plain.len() as f64 / 1e6 / seconds);
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study");
    timed("written as it is", &mut || std::fs::write(&path, &plain).unwrap());
    timed("sealed and written", &mut || {
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = SealedWriter::new(file, &key.1, key.0, b"object", &clock).unwrap();
        std::io::copy(&mut &plain[..], &mut writer).unwrap();
        writer.finish().unwrap();
    });
    let mut buffer = vec![0; 256 << 10];
    timed("read and opened", &mut || {
        let file = std::fs::File::open(&path).unwrap();
        let header = FileHeader::read(&file).unwrap().unwrap();
        let mut reader = SealedReader::new(file, &header, &key.1, b"object").unwrap();
        while reader.read(&mut buffer).unwrap() > 0 {}
    });
    let values = ValueKeys::new(vec![key.clone()], clock.clone()).unwrap();
    let began = clock.instant();
    for row in 0..10_000 {
        let sealed = values.seal(place(row), "Hélène Lefèvre");
        values.open(place(row), &sealed).unwrap();
    }
    let micros = clock.instant().duration_since(began).as_secs_f64() * 1e6 / 10_000.0;
    println!("a name sealed and opened: {micros:.1} µs");
}
