//! Uploads and pictures: everything gets a word, nothing leads out, and a decoder that dies costs one request.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use parvis::archive::{Archive, ArchiveSettings, PictureError, PictureRequest, Receipt, RefusalKind};
use parvis::clock::Clock;
use parvis::demo::studies::demo_objects;
use parvis::imaging::{
    ContentHash, FrameNumber, PictureFormat, Presentation, Quality, ReferencedImage, Surface, View,
};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::imaging::hostile_nesting;

const LIMIT: Duration = Duration::from_secs(20);
const SURFACE: Surface = Surface { width: 64, height: 64 };

struct Rig {
    archive: Archive,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    async fn with(change: impl FnOnce(&mut ArchiveSettings, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = ArchiveSettings::new(
            folder.path().join("archive"),
            env!("CARGO_BIN_EXE_parvis").into(),
            crate::support::db::keys(),
        );
        settings.workers = 1;
        change(&mut settings, folder.path());
        let archive = Archive::open(settings, &Tasks::default()).await.unwrap();
        Self { archive, folder }
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> Receipt {
        let path = self.folder.path().join("upload");
        fs::write(&path, bytes).unwrap();
        // Nobody listens: that must not hold anything up.
        let (progress, _) = mpsc::channel(1);
        self.archive.receive(&path, name, progress).await.unwrap()
    }

    /// Objects in the archive, by file.
    fn kept(&self) -> Vec<PathBuf> {
        files(&self.folder.path().join("archive/objects"))
    }

    async fn picture(
        &self,
        content: ContentHash,
        width: u32,
    ) -> Result<Arc<parvis::archive::Picture>, PictureError> {
        let request = PictureRequest {
            content,
            frame: FrameNumber::FIRST,
            presentation: Presentation::default(),
            view: View::default(),
            surface: Surface { width, ..SURFACE },
            quality: Quality::Lossless,
        };
        tokio::time::timeout(LIMIT, self.archive.picture(&request))
            .await
            .expect("a picture or an error in time")
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn slice() -> Vec<u8> {
    demo_objects(11).next().unwrap().1
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn an_object_is_kept_once_under_its_hash() {
    let rig = Rig::new().await;
    let first = rig.upload("slice", &slice()).await;
    let again = rig.upload("the same.dcm", &zip(&[("a/b", &slice()), ("c", &slice())])).await;
    assert_eq!((first.received.len(), again.received.len()), (1, 2));
    assert_eq!(first.received[0], again.received[1]);
    let kept = rig.kept();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let bytes = fs::read(&kept[0]).unwrap();
    assert!(!bytes.windows(4).any(|part| part == b"DICM"), "it lies there as it came");
    assert_eq!(bytes.len(), slice().len() + 56 + 16 * slice().len().div_ceil(64 << 10));
    let name = kept[0].file_stem().unwrap().to_string_lossy().into_owned();
    let hash: String =
        first.received[0].instance.content.0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(name, hash);
}

/// An upload that is taken in for more than an hour had its first objects swept away before their rows were written.
#[tokio::test]
async fn an_object_is_young_again_before_its_row_is_written_and_one_that_is_gone_is_told() {
    let rig = Rig::new().await;
    let content = rig.upload("slice", &slice()).await.received[0].instance.content;
    let (now, hours) = (Clock::system().now(), TimeDelta::hours);
    assert!(rig.archive.renew(vec![content], now + hours(3)).await.unwrap());
    assert!(!rig.archive.remove_object(content.0, now + hours(3)).await.unwrap(), "it was brought just now");
    assert!(rig.archive.remove_object(content.0, now + hours(5)).await.unwrap());
    assert!(!rig.archive.renew(vec![content], now).await.unwrap());
}

#[tokio::test]
async fn files_that_came_in_and_were_left_go_after_a_day() {
    let rig = Rig::new().await;
    let incoming = rig.folder.path().join("archive/incoming");
    fs::create_dir_all(&incoming).unwrap();
    fs::write(incoming.join("left"), b"x").unwrap();
    let (now, hours) = (Clock::system().now(), TimeDelta::hours);
    assert_eq!(rig.archive.clear_left(now + hours(23)).await.unwrap(), 0);
    assert_eq!(rig.archive.clear_left(now + hours(25)).await.unwrap(), 1);
    assert!(files(&incoming).is_empty());
}

#[tokio::test]
async fn a_zip_without_images_says_so() {
    let rig = Rig::new().await;
    let receipt = rig.upload("cd.zip", &zip(&[("readme.txt", b"hello"), ("viewer.exe", b"MZ....")])).await;
    assert_eq!(receipt.ignored, ["readme.txt", "viewer.exe"]);
    assert_eq!(receipt.refused[0].name, "cd.zip");
    assert_eq!(receipt.refused[0].kind, RefusalKind::NoImages);
    assert!(rig.kept().is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_dicom_is_refused_by_name_and_kind() {
    let rig = Rig::new().await;
    for (bytes, reason) in [
        (&b"%PDF-1.7 ..."[..], "the PDF is cut: its end is missing"),
        (
            b"GIF89a....",
            "this is a GIF picture: of files that are not DICOM, JPEG, PNG, PDF, MP4, WAV and MP3 can be shown",
        ),
        (b"only words", "this is a text file, not a DICOM object"),
        (&[0xC3; 500], "this is a file of unknown kind, not a DICOM object"),
        (b"", "the file is empty"),
    ] {
        let receipt = rig.upload("report.dcm", bytes).await;
        assert!(receipt.received.is_empty());
        let refused = &receipt.refused[0];
        assert_eq!((refused.name.as_str(), refused.reason.as_str()), ("report.dcm", reason));
    }
    assert!(rig.kept().is_empty(), "nothing of a refused file stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_in_several_uploads_at_once_is_kept_by_all_of_them() {
    let rig = Rig::new().await;
    let path = rig.folder.path().join("upload");
    fs::write(&path, slice()).unwrap();
    let receive = || async {
        let (progress, _) = mpsc::channel(1);
        rig.archive.receive(&path, "IM1", progress).await
    };
    let receipts = futures_util::future::join_all((0..16).map(|_| receive())).await;
    for receipt in receipts {
        assert_eq!(receipt.unwrap().received.len(), 1);
    }
    assert_eq!(rig.kept().len(), 1);
}

#[tokio::test]
async fn objects_without_an_identifier_stay_apart() {
    let rig = Rig::new().await;
    // (0008,0060) CS in explicit VR without anything around it, and enough to be an object.
    let bare = |modality: &[u8; 2]| {
        let mut bytes = [&[8, 0, 0x60, 0, b'C', b'S', 2, 0], &modality[..]].concat();
        bytes.extend_from_slice(&[8, 0, 0x70, 0, b'L', b'O', 200, 0]);
        bytes.extend_from_slice(&[b' '; 200]);
        bytes
    };
    let receipt = rig.upload("cd.zip", &zip(&[("A", &bare(b"CT")), ("B", &bare(b"MR"))])).await;
    let uids: Vec<_> = receipt.received.iter().map(|one| one.instance.uid.as_str()).collect();
    assert_eq!(uids.len(), 2, "{:?}", receipt.refused);
    assert!(uids[0] != uids[1] && uids.iter().all(|uid| uid.starts_with("2.25.")), "{uids:?}");
}

#[tokio::test]
async fn a_table_of_contents_is_ignored_whatever_it_is_called() {
    let rig = Rig::new().await;
    // (0004,1220) SQ, empty, behind a preamble.
    let mut directory = [&[0; 128][..], b"DICM"].concat();
    directory.extend_from_slice(&[4, 0, 0x20, 0x12, b'S', b'Q', 0, 0, 0, 0, 0, 0]);
    let receipt = rig.upload("cd.zip", &zip(&[("INDEX", &directory), ("I1", &slice())])).await;
    assert_eq!((receipt.received.len(), receipt.ignored), (1, vec!["INDEX".to_owned()]));
    assert_eq!(rig.kept().len(), 1);
}

#[tokio::test]
async fn names_that_lead_out_are_refused_and_the_rest_is_taken_in() {
    let rig = Rig::new().await;
    let bytes = slice();
    let names = ["../../evil.dcm", "/etc/evil.dcm", "IMAGES/I0001"];
    let receipt = rig.upload("cd.zip", &zip(&names.map(|name| (name, &bytes[..])))).await;
    assert_eq!(receipt.received.len(), 1);
    let refused: Vec<_> = receipt.refused.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    assert_eq!(refused, [(names[0], RefusalKind::UnsafeName), (names[1], RefusalKind::UnsafeName)]);
    assert_eq!(rig.kept().len(), 1);
    let outside = files(rig.folder.path());
    assert!(outside.iter().all(|path| !path.to_string_lossy().contains("evil")), "{outside:?}");
}

#[tokio::test]
async fn a_zip_in_a_zip_is_opened_and_not_without_end() {
    let rig = Rig::new().await;
    let bytes = slice();
    let inner = zip(&[("I1", &bytes)]);
    let receipt = rig.upload("outer.zip", &zip(&[("study.zip", &inner)])).await;
    assert_eq!((receipt.received.len(), receipt.refused.len()), (1, 0));
    let deep = (0..6).fold(inner, |inside, _| zip(&[("again.zip", &inside)]));
    let receipt = rig.upload("deep.zip", &deep).await;
    assert!(receipt.received.is_empty());
    assert_eq!(receipt.refused[0].reason, "ZIPs are opened 3 deep");
}

#[tokio::test]
async fn a_bomb_is_stopped_by_what_comes_out_of_it() {
    let rig = Rig::with(|settings, _| settings.max_upload_bytes = 8 << 20).await;
    let mut bomb = slice();
    bomb.resize(64 << 20, 0);
    let (bytes, packed) = (slice(), zip(&[("bomb.dcm", &bomb), ("after.dcm", &slice())]));
    assert!(packed.len() < 1 << 20, "it must be small to be a bomb");
    let receipt = rig.upload("bomb.zip", &packed).await;
    assert!(receipt.received.is_empty(), "what comes behind it is not looked at");
    let refused = &receipt.refused[0];
    assert_eq!((refused.name.as_str(), refused.kind), ("bomb.dcm", RefusalKind::TooLarge));
    assert_eq!(refused.reason, "it unpacks to more than 8 MiB: the rest was not looked at");
    assert_eq!(rig.upload("slice.dcm", &bytes).await.received.len(), 1, "the next upload is as any");
}

#[tokio::test]
async fn a_hostile_object_is_refused_and_the_archive_serves_on() {
    let rig = Rig::new().await;
    let content = rig.upload("slice.dcm", &slice()).await.received[0].instance.content;
    let receipt = rig.upload("hostile.dcm", &hostile_nesting()).await;
    assert_eq!(receipt.refused[0].kind, RefusalKind::Damaged);
    assert_eq!(receipt.refused[0].reason, "sequences are nested deeper than 64 levels");
    let picture = rig.picture(content, 64).await.unwrap();
    assert_eq!((picture.width, picture.height, picture.format), (64, 64, PictureFormat::Png));
    assert_eq!(rig.kept().len(), 1);
}

#[tokio::test]
async fn a_picture_for_several_viewers_is_made_once() {
    let rig = Rig::new().await;
    let content = rig.upload("slice.dcm", &slice()).await.received[0].instance.content;
    let pictures = futures_util::future::join_all((0..8).map(|_| rig.picture(content, 64))).await;
    let first = pictures[0].as_ref().unwrap();
    assert!(pictures.iter().all(|picture| Arc::ptr_eq(picture.as_ref().unwrap(), first)));
    let wider = rig.picture(content, 65).await.unwrap();
    assert_eq!(wider.width, 65);
}

#[tokio::test]
async fn what_cannot_be_shown_is_an_error_of_its_own_request() {
    let rig = Rig::new().await;
    let content = rig.upload("slice.dcm", &slice()).await.received[0].instance.content;
    let unknown = rig.picture(ContentHash([9; 32]), 64).await.unwrap_err();
    assert!(matches!(unknown, PictureError::CannotShow(_)), "{unknown}");
    assert!(rig.picture(content, 64).await.is_ok());
}

/// A program that writes down its process and becomes a decoder, or hangs if it finds `hang` and takes it away.
fn recorded(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let program = folder.join("worker");
    let folder = folder.display();
    let script = format!(
        "#!/bin/sh\nif /bin/rm {folder}/hang 2>/dev/null; then echo $$ >> {folder}/pids; exec /bin/sleep 600; fi\necho $$ >> {folder}/pids\nexec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_parvis")
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// The processes that were started, once there are `count`, in the order in which the pool started them. Two that start at once
/// write themselves down in any order; their numbers grow, and begin anew at the end.
async fn pids(folder: &Path, count: usize) -> Vec<i32> {
    let found = async {
        loop {
            let text = fs::read_to_string(folder.join("pids")).unwrap_or_default();
            let mut pids: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
            if pids.len() >= count {
                pids.sort();
                if let Some(gap) = pids.windows(2).position(|pair| pair[1] - pair[0] > 10_000) {
                    pids.rotate_left(gap + 1);
                }
                return pids;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, found).await.expect("the process starts in time")
}

/// Waits until a process runs no more.
async fn has_ended(pid: i32) {
    let ended = async {
        let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_else(|_| ") Z".to_owned());
        while !stat().rsplit(')').next().unwrap().starts_with(" Z") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, ended).await.expect("the process ends in time");
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_decoder_that_dies_costs_the_request_that_it_had() {
    let rig = Rig::with(|settings, folder| settings.worker_program = recorded(folder)).await;
    let folder = rig.folder.path();
    let content = rig.upload("slice.dcm", &slice()).await.received[0].instance.content;
    // One that works, and a spare.
    let idle = pids(folder, 2).await[0];
    kill(idle);
    has_ended(idle).await;
    // It had nothing to do: nobody notices. The spare that is started now will hang.
    fs::write(folder.join("hang"), "").unwrap();
    assert!(rig.picture(content, 64).await.is_ok());
    let started = pids(folder, 3).await;
    kill(started[1]);
    has_ended(started[1]).await;
    let request = rig.picture(content, 65);
    let death = async {
        // The next spare: the one that hangs has the request by then.
        pids(folder, 4).await;
        kill(started[2]);
    };
    let (outcome, ()) = tokio::join!(request, death);
    match outcome.unwrap_err() {
        PictureError::DecoderStopped(why) => assert!(why.contains("signal: 9"), "{why}"),
        other => panic!("{other}"),
    }
    assert!(rig.picture(content, 66).await.is_ok(), "the next one finds a new decoder");
    assert_eq!(pids(folder, 5).await.len(), 5);
}

#[tokio::test]
async fn names_in_a_zip_are_read_as_they_were_written() {
    let rig = Rig::new().await;
    let mut packed = zip(&[("IM_X", &slice()), ("B_X", b"")]);
    // As an old program writes them: CP437, where 0x82 is an e with an acute accent; and UTF-8 that does not say so.
    let rename = |packed: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        for at in 0..packed.len() - from.len() {
            if packed[at..].starts_with(from) {
                packed[at..at + from.len()].copy_from_slice(to);
            }
        }
    };
    rename(&mut packed, b"IM_X", b"IM_\x82");
    rename(&mut packed, b"B_X", "B\u{e9}".as_bytes());
    let receipt = rig.upload("cd.zip", &packed).await;
    assert_eq!((receipt.names, receipt.ignored), (vec!["IM_\u{e9}".to_owned()], vec!["B\u{e9}".to_owned()]));
}

#[tokio::test]
async fn the_bytes_decide_and_not_the_table_of_contents() {
    let rig = Rig::new().await;
    let object = slice();
    let entries: [(&str, &[u8]); 5] = [
        // Damaged, with the mark of an object.
        ("cd/dicomdir;1", &[&[0; 128][..], b"DICM", &[0xC3; 64]].concat()),
        ("cd/IMAGES/IM1;1", &object),
        ("cd/not named anywhere", &object),
        ("cd/AUTORUN.INF;1", b"[autorun]"),
        ("cd/VIEWER/help.pdf", b"%PDF-1.4"),
    ];
    let receipt = rig.upload("cd.zip", &zip(&entries)).await;
    assert_eq!(receipt.names, ["cd/IMAGES/IM1;1", "cd/not named anywhere"]);
    assert_eq!((receipt.ignored.len(), receipt.refused.len()), (3, 0), "{receipt:?}");
}

#[tokio::test]
async fn archives_that_are_not_opened_say_what_to_do() {
    let rig = Rig::new().await;
    let mut image = vec![0; 64 << 10];
    image[32769..32774].copy_from_slice(b"CD001");
    let mut tar = vec![b'a'; 1024];
    tar[257..262].copy_from_slice(b"ustar");
    for (name, bytes, what) in [
        ("cd.iso", &image[..], "an image of a CD or DVD"),
        ("cd.tar", &tar, "a tar archive"),
        ("cd.tgz", b"\x1F\x8B\x08\0", "a gzip file"),
        ("cd.7z", b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
        ("cd.rar", b"Rar!\x1A\x07\x01\0", "a RAR archive"),
    ] {
        let reason = format!("this is {what}: unpack it first, and send the folder or a ZIP of it");
        let alone = rig.upload(name, bytes).await;
        let inside = rig.upload("outer.zip", &zip(&[(name, bytes), ("IM1", &slice())])).await;
        assert_eq!(inside.received.len(), 1);
        for receipt in [alone, inside] {
            assert_eq!((receipt.refused[0].name.as_str(), &receipt.refused[0].reason), (name, &reason));
        }
    }
}

/// Three frames of an angiography of 64 x 64 pixels: bones, and in the second and third a vessel in column 20.
fn angiography(mode: &str) -> Vec<u8> {
    use dicom_core::value::DataSetSequence;
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_dictionary_std::{tags, uids};
    use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
    let words = |tag, values: &[u16]| DataElement::new(tag, VR::US, PrimitiveValue::U16(values.into()));
    let text = |tag, vr, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
    let mask = InMemDicomObject::from_element_iter([
        text(tags::MASK_OPERATION, VR::CS, "AVG_SUB"),
        words(tags::MASK_FRAME_NUMBERS, &[1]),
        words(tags::APPLICABLE_FRAME_RANGE, &[2, 3]),
    ]);
    let level = |place: usize| {
        let (frame, row, column) = (place / 4096, place / 64 % 64, place % 64);
        let bones = 800 + (row * 7 + column * 13) % 900;
        (bones - if column == 20 { frame * 150 } else { 0 }) as u16
    };
    let pixels: Vec<u16> = (0..3 * 64 * 64).map(level).collect();
    let set = InMemDicomObject::from_element_iter([
        text(tags::SOP_CLASS_UID, VR::UI, uids::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE),
        text(tags::SOP_INSTANCE_UID, VR::UI, "2.25.91"),
        text(tags::STUDY_INSTANCE_UID, VR::UI, "2.25.92"),
        text(tags::SERIES_INSTANCE_UID, VR::UI, "2.25.93"),
        text(tags::MODALITY, VR::CS, "XA"),
        text(tags::PATIENT_ID, VR::LO, "DEMO-0001"),
        text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(tags::NUMBER_OF_FRAMES, VR::IS, "3"),
        text(tags::RECOMMENDED_VIEWING_MODE, VR::CS, mode),
        text(tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG"),
        text(tags::WINDOW_CENTER, VR::DS, "1200"),
        text(tags::WINDOW_WIDTH, VR::DS, "2400"),
        DataElement::new(tags::MASK_SUBTRACTION_SEQUENCE, VR::SQ, DataSetSequence::from(vec![mask])),
        words(tags::SAMPLES_PER_PIXEL, &[1]),
        words(tags::ROWS, &[64]),
        words(tags::COLUMNS, &[64]),
        words(tags::BITS_ALLOCATED, &[16]),
        words(tags::BITS_STORED, &[12]),
        words(tags::HIGH_BIT, &[11]),
        words(tags::PIXEL_REPRESENTATION, &[0]),
        DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())),
    ]);
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// PS3.3 C.7.6.10: neither the mask nor the recommendation was looked at.
#[tokio::test]
async fn an_angiography_is_shown_without_its_mask_where_it_recommends_that() {
    let rig = Rig::new().await;
    let shown = async |mode: &str, number: u32, is_subtracted: bool| {
        let receipt = rig.upload("run", &angiography(mode)).await;
        let request = PictureRequest {
            content: receipt.received[0].instance.content,
            frame: FrameNumber::new(number).unwrap(),
            presentation: Presentation { is_subtracted, ..Presentation::default() },
            view: View::default(),
            surface: SURFACE,
            quality: Quality::Lossless,
        };
        let picture = rig.archive.picture(&request).await.unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&picture.bytes[..])).read_info().unwrap();
        let mut levels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut levels).unwrap();
        (levels, picture.facts.state_notice.clone())
    };
    let (second, told) = shown("SUB", 2, true).await;
    assert!(told.unwrap().contains("a mask is subtracted"));
    let (vessel, tissue) = (second[20], second[21]);
    assert!(vessel < 128 && tissue > 200, "{vessel} {tissue}");
    let is_even = |(place, level): (usize, &u8)| *level == if place % 64 == 20 { vessel } else { tissue };
    assert!(second.iter().enumerate().all(is_even), "bones are gone");
    let (third, _) = shown("SUB", 3, true).await;
    assert!(
        third[20] < vessel && third[21] == tissue,
        "more contrast, and the same brightness of what has none"
    );

    let (first, told) = shown("SUB", 1, true).await;
    assert_eq!(told, None, "the mask itself is shown as it was taken");
    let (native, told) = shown("SUB", 2, false).await;
    assert_eq!(told, None);
    assert_eq!((native[0], native[21]), (first[0], first[21]));
    assert_eq!(shown("NAT", 2, true).await, (native, None));
}

#[tokio::test]
async fn what_objects_about_an_image_say_again_comes_from_its_file() {
    let rig = Rig::new().await;
    let receipt = rig.upload("slice", &slice()).await;
    let content = receipt.received[0].instance.content;
    let frames = [FrameNumber::FIRST];
    let told = rig.archive.referenced(content, &frames).await.unwrap();
    assert_eq!(told, ReferencedImage::read(&slice(), &frames).unwrap());
    assert_eq!(told.uid, receipt.received[0].instance.uid);
    assert!(!format!("{told:?}").contains("LEFEVRE"));
    let none = rig.archive.referenced(content, &[FrameNumber::new(2).unwrap()]).await.unwrap_err();
    assert_eq!(none.to_string(), "there is no frame 2: the object has 1");
}
