//! Objects without pictures, plain files and clips through the archive: uploaded, kept, shown by its children and by ffmpeg.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dicom_core::value::{DataSetSequence, PixelFragmentSequence};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use parvis::archive::{
    Archive, ArchiveSettings, Picture, PictureError, PictureRequest, Receipt, ShownContent,
};
use parvis::imaging::{
    ContentHash, Document, FrameNumber, MeasureRefusal, MeasureShape, Measured, ObjectKind, Presentation,
    Quality, Received, Surface, View,
};
use parvis::tasks::Tasks;
use tokio::sync::mpsc;

const LIMIT: Duration = Duration::from_secs(30);
const SR: &str = "1.2.840.10008.5.1.4.1.1.88.33";
const PDF: &str = "1.2.840.10008.5.1.4.1.1.104.1";
const CDA: &str = "1.2.840.10008.5.1.4.1.1.104.2";

struct Rig {
    archive: Archive,
    folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = ArchiveSettings::new(
            folder.path().join("archive"),
            env!("CARGO_BIN_EXE_parvis").into(),
            crate::support::db::keys(),
        );
        settings.workers = 1;
        let archive = Archive::open(settings, &Tasks::default()).await.unwrap();
        Self { archive, folder }
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> Receipt {
        let path = self.folder.path().join("upload");
        fs::write(&path, bytes).unwrap();
        let (progress, _) = mpsc::channel(1);
        tokio::time::timeout(LIMIT, self.archive.receive(&path, name, progress)).await.unwrap().unwrap()
    }

    /// Uploads what must be kept.
    async fn keep(&self, name: &str, bytes: &[u8]) -> Received {
        let mut receipt = self.upload(name, bytes).await;
        assert_eq!((receipt.received.len(), &receipt.refused[..]), (1, &[][..]), "{name}");
        receipt.received.remove(0)
    }

    async fn content(&self, bytes: &[u8]) -> Result<ShownContent, PictureError> {
        let hash = self.keep("object", bytes).await.instance.content;
        tokio::time::timeout(LIMIT, self.archive.content(hash)).await.expect("content or an error in time")
    }

    async fn document(&self, bytes: &[u8]) -> Document {
        match self.content(bytes).await.unwrap() {
            ShownContent::Text(document) => document,
            other => panic!("{other:?}"),
        }
    }

    async fn picture(
        &self,
        content: ContentHash,
        frame: u32,
        surface: (u32, u32),
    ) -> Result<Arc<Picture>, PictureError> {
        let request = PictureRequest {
            content,
            frame: FrameNumber::new(frame).unwrap(),
            presentation: Presentation::default(),
            view: View::default(),
            surface: Surface { width: surface.0, height: surface.1 },
            quality: Quality::Lossless,
        };
        tokio::time::timeout(LIMIT, self.archive.picture(&request))
            .await
            .expect("a picture or an error in time")
    }
}

fn set(elements: &[(Tag, VR, &str)]) -> InMemDicomObject {
    let mut set = InMemDicomObject::new_empty();
    for (tag, vr, value) in elements {
        set.put(DataElement::new(*tag, *vr, PrimitiveValue::from(*value)));
    }
    set
}

fn with(mut set: InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) -> InMemDicomObject {
    set.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
    set
}

fn file(class_uid: &str, syntax: &str, mut set: InMemDicomObject) -> Vec<u8> {
    for (tag, value) in [
        (tags::SOP_CLASS_UID, class_uid),
        (tags::SOP_INSTANCE_UID, "2.25.1"),
        (tags::STUDY_INSTANCE_UID, "2.25.2"),
        (tags::SERIES_INSTANCE_UID, "2.25.3"),
    ] {
        set.put(DataElement::new(tag, VR::UI, PrimitiveValue::from(value)));
    }
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class_uid)
        .media_storage_sop_instance_uid("2.25.1")
        .transfer_syntax(syntax);
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

fn object(class_uid: &str, set: InMemDicomObject) -> Vec<u8> {
    file(class_uid, uids::EXPLICIT_VR_LITTLE_ENDIAN, set)
}

fn encapsulated(class_uid: &str, media_type: &str, bytes: &[u8], length: Option<u32>) -> Vec<u8> {
    let mut set = set(&[(tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT, VR::LO, media_type)]);
    let value = PrimitiveValue::U8(bytes.iter().copied().collect());
    set.put(DataElement::new(tags::ENCAPSULATED_DOCUMENT, VR::OB, value));
    if let Some(length) = length {
        set.put(DataElement::new(tags::ENCAPSULATED_DOCUMENT_LENGTH, VR::UL, PrimitiveValue::from(length)));
    }
    object(class_uid, set)
}

fn text_item(value: &str) -> InMemDicomObject {
    set(&[
        (tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS"),
        (tags::VALUE_TYPE, VR::CS, "TEXT"),
        (tags::TEXT_VALUE, VR::UT, value),
    ])
}

fn container(children: Vec<InMemDicomObject>) -> InMemDicomObject {
    let item = set(&[(tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS"), (tags::VALUE_TYPE, VR::CS, "CONTAINER")]);
    with(item, tags::CONTENT_SEQUENCE, children)
}

#[tokio::test]
async fn every_kind_without_pictures_is_kept_and_shown() {
    let rig = Rig::new().await;
    let report = rig.document(&object(SR, container(vec![text_item("A cyst.")]))).await;
    assert_eq!(report.sections[0].text, "A cyst.");
    let pdf = b"%PDF-1.4\n%%EOF\n";
    match rig.content(&encapsulated(PDF, "application/pdf", pdf, Some(15))).await.unwrap() {
        ShownContent::Pages(bytes) => assert_eq!(&bytes[..], pdf),
        other => panic!("{other:?}"),
    }
    let letter = b"<ClinicalDocument><title>Letter</title></ClinicalDocument>";
    assert_eq!(rig.document(&encapsulated(CDA, "text/XML", letter, None)).await.title, "Letter");
    for (class_uid, kind, title) in [
        ("1.2.840.10008.5.1.4.1.1.88.59", ObjectKind::KeyObjects, "Key Object Selection Document"),
        ("1.2.840.10008.5.1.4.1.1.11.1", ObjectKind::Presentation, "Grayscale Softcopy Presentation State"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", ObjectKind::Waveform, "12-lead ECG Waveform"),
        ("1.2.840.10008.5.1.4.1.1.481.3", ObjectKind::Other, "RT Structure Set"),
        ("1.2.840.10008.5.1.4.1.1.66", ObjectKind::Other, "Raw Data"),
        ("1.2.840.10008.5.1.4.1.1.66.1", ObjectKind::Other, "Spatial Registration"),
    ] {
        let bytes = object(class_uid, set(&[(tags::MODALITY, VR::CS, "OT")]));
        assert_eq!(rig.keep("object", &bytes).await.instance.kind, kind, "{title}");
        assert_eq!(rig.document(&bytes).await.title, title);
    }
}

#[tokio::test]
async fn hostile_documents_get_one_sentence_and_the_next_request_works() {
    let rig = Rig::new().await;
    let bomb = b"<!DOCTYPE x [<!ENTITY a \"haha\"><!ENTITY b \"&a;&a;&a;&a;\">]><ClinicalDocument>&b;</ClinicalDocument>";
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    for (bytes, why) in [
        (encapsulated(CDA, "text/XML", bomb, None), "document type declaration"),
        (encapsulated(CDA, "text/XML", deep.as_bytes(), None), "nested deeper"),
        (
            encapsulated(PDF, "application/pdf", b"%PDF-1.4\n%%EOF\n", Some(9_999)),
            "says that it has 9999 bytes",
        ),
        (encapsulated(PDF, "application/pdf", b"not a PDF", None), "does not begin like one"),
    ] {
        let told = rig.content(&bytes).await.unwrap_err().to_string();
        assert!(told.contains(why) && !told.contains('\n'), "{told}");
    }
    let mut tree = text_item("The bottom");
    for _ in 0..30 {
        tree = container(vec![tree]);
    }
    let report = rig.document(&object(SR, tree)).await;
    assert!(report.sections.last().unwrap().text.contains("not shown here"), "{report:?}");
    let wide = (0..20_000).map(|_| text_item("x")).collect();
    let report = rig.document(&object(SR, container(wide))).await;
    assert!(report.sections.last().unwrap().text.starts_with("15000 items"), "{:?}", report.sections.last());
}

/// A PNG, red above and blue below.
fn png_file() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 16, 16);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> =
        (0..256).flat_map(|place| if place < 128 { [255, 0, 0] } else { [0, 0, 255] }).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

fn rgb_of(picture: &Picture) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&picture.bytes[..])).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(info.buffer_size());
    assert_eq!(info.color_type, png::ColorType::Rgb);
    pixels
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn plain_files_open_beside_objects_in_one_study() {
    let rig = Rig::new().await;
    let photo = rig.keep("C:\\Photos\\wound left.PNG", &png_file()).await;
    assert_eq!(
        (photo.instance.kind, photo.instance.columns, photo.instance.rows),
        (ObjectKind::Image, 16, 16)
    );
    assert_eq!((photo.series.modality.as_str(), photo.series.description.as_str()), ("XC", "wound left"));
    assert_eq!(
        (photo.instance.transfer_syntax_uid.as_str(), photo.instance.class_uid.as_str()),
        ("image/png", "")
    );
    let pixels = rgb_of(&rig.picture(photo.instance.content, 1, (16, 16)).await.unwrap());
    assert_eq!((&pixels[..3], &pixels[pixels.len() - 3..]), (&[255, 0, 0][..], &[0, 0, 255][..]));

    let letter = rig.keep("letter.pdf", b"%PDF-1.4\n%%EOF").await;
    assert_eq!((letter.instance.kind, letter.series.modality.as_str()), (ObjectKind::Document, "DOC"));
    assert!(matches!(rig.archive.content(letter.instance.content).await, Ok(ShownContent::Pages(_))));
    let sound = rig.keep("heart.wav", b"RIFF\x24\0\0\0WAVEfmt ").await;
    assert_eq!((sound.instance.kind, sound.series.modality.as_str()), (ObjectKind::Waveform, "AU"));
    match rig.archive.content(sound.instance.content).await.unwrap() {
        ShownContent::Sound(_, media_type) => assert_eq!(media_type, "audio/wav"),
        other => panic!("{other:?}"),
    }
    assert_eq!(photo.study.uid, letter.study.uid);
    assert_ne!(photo.series.uid, letter.series.uid);
}

#[tokio::test]
async fn photographs_in_a_zip_count_only_where_there_is_no_study_in_it() {
    let rig = Rig::new().await;
    let (photo, report) = (png_file(), object(SR, container(vec![text_item("A cyst.")])));
    let alone =
        rig.upload("photos.zip", &zip(&[("a/one.png", &photo), ("__MACOSX/a/._one.png", &photo)])).await;
    assert_eq!((alone.received.len(), alone.ignored.len()), (1, 1), "{alone:?}");
    assert_eq!(alone.received[0].series.description, "one");
    let beside = rig.upload("cd.zip", &zip(&[("logo.png", &photo), ("I0001", &report)])).await;
    assert_eq!((beside.received.len(), &beside.ignored[..]), (1, &["logo.png".to_owned()][..]));
}

#[tokio::test]
async fn files_that_are_not_shown_say_which_are() {
    let rig = Rig::new().await;
    for (bytes, what) in [
        (&b"GIF89a"[..], "a GIF picture"),
        (b"\0\0\0\x18ftypheic", "a HEIC picture"),
        (b"II*\0....", "a TIFF picture"),
    ] {
        let receipt = rig.upload("file", bytes).await;
        let reason = format!(
            "this is {what}: of files that are not DICOM, JPEG, PNG, PDF, MP4, WAV and MP3 can be shown"
        );
        assert_eq!(receipt.refused[0].reason, reason);
    }
    let mut png = png_file();
    png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let receipt = rig.upload("enormous.png", &png).await;
    assert_eq!(receipt.refused.len(), 1, "{receipt:?}");
}

/// A clip whose frames are grey, each lighter than the one before.
fn make_clip(to: &Path, arguments: &[&str]) {
    let source = "color=black:size=64x48:rate=25,format=gray,geq=lum='40+4*N'";
    #[expect(clippy::disallowed_methods, reason = "a clip is made from outside")]
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", source, "-frames:v", "40", "-pix_fmt", "yuv420p"])
        .args(arguments)
        .arg(to)
        .output()
        .expect("ffmpeg is installed for the tests: scripts/need.sh test");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// The frames that are seen, by their grey, for these numbers in this order.
async fn frames_seen(rig: &Rig, content: ContentHash, numbers: &[u32]) -> Vec<u32> {
    let mut seen = Vec::new();
    for number in numbers {
        let pixels = rgb_of(&rig.picture(content, *number, (64, 48)).await.unwrap());
        let grey = f64::from(pixels[3 * (24 * 64 + 32)]);
        seen.push(((grey - 40.0) / 4.0).round() as u32 + 1);
    }
    seen
}

/// Forward, far ahead, back, the last, the first.
const WALK: [u32; 9] = [1, 2, 3, 20, 19, 18, 40, 39, 1];

#[tokio::test]
async fn a_clip_shows_the_frame_that_is_asked_for_wherever_one_goes() {
    let rig = Rig::new().await;
    let path = rig.folder.path().join("clip.mp4");
    make_clip(&path, &["-c:v", "libx264", "-g", "12", "-bf", "2", "-qp", "4"]);
    let clip = rig.keep("knee.mp4", &fs::read(&path).unwrap()).await;
    assert_eq!((clip.instance.kind, clip.instance.frames), (ObjectKind::Video, 40));
    assert_eq!((clip.instance.columns, clip.instance.rows), (64, 48));
    assert_eq!(clip.instance.details.cine.unwrap().frame_ms, 40.0);
    // Neither before it is open nor while it is.
    let probe = MeasureShape::Probe((0.5, 0.5));
    let measured = async || rig.archive.measure(clip.instance.content, FrameNumber::FIRST, &probe).await;
    assert_eq!(measured().await, Measured::refused(MeasureRefusal::Clip));
    assert_eq!(frames_seen(&rig, clip.instance.content, &WALK).await, WALK);
    assert_eq!(measured().await, Measured::refused(MeasureRefusal::Clip));
    let beyond = rig.picture(clip.instance.content, 41, (64, 48)).await.unwrap_err().to_string();
    assert_eq!(beyond, "there is no frame 41: the clip has 40");
}

fn video_object(syntax: &str, stream: &[u8]) -> Vec<u8> {
    let mut object = set(&[
        (tags::MODALITY, VR::CS, "ES"),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "YBR_PARTIAL_420"),
        (tags::NUMBER_OF_FRAMES, VR::IS, "40"),
        (tags::FRAME_TIME, VR::DS, "40"),
    ]);
    for (tag, value) in [
        (tags::ROWS, 48),
        (tags::COLUMNS, 64),
        (tags::SAMPLES_PER_PIXEL, 3),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value as u16)));
    }
    // In two fragments, which the standard allows for long streams.
    let half = stream.len() / 4 * 2;
    let fragments = vec![stream[..half].to_vec(), stream[half..].to_vec()];
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(fragments)));
    file("1.2.840.10008.5.1.4.1.1.77.1.1.1", syntax, object)
}

#[tokio::test]
async fn videos_of_every_container_show_the_frame_that_is_asked_for() {
    let rig = Rig::new().await;
    let h264 = ["-c:v", "libx264", "-g", "12", "-bf", "2", "-qp", "4"];
    let mpeg2 = ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-qscale:v", "1"];
    for (syntax, name, codec) in [
        ("1.2.840.10008.1.2.4.102", "clip.mp4", &h264[..]),
        ("1.2.840.10008.1.2.4.103", "clip.ts", &h264),
        ("1.2.840.10008.1.2.4.102", "clip.h264", &h264),
        ("1.2.840.10008.1.2.4.100", "clip.m2v", &mpeg2),
        ("1.2.840.10008.1.2.4.100", "clip.mpg", &mpeg2),
    ] {
        let path = rig.folder.path().join(name);
        make_clip(&path, codec);
        let video = rig.keep("video", &video_object(syntax, &fs::read(&path).unwrap())).await;
        assert_eq!((video.instance.kind, video.instance.frames), (ObjectKind::Video, 40), "{name}");
        assert!(video.instance.is_lossy, "{name}");
        assert_eq!(frames_seen(&rig, video.instance.content, &WALK).await, WALK, "{name}");
    }
}

#[test]
fn a_clip_is_rendered_wherever_its_file_lies() {
    let folder = tempfile::tempdir().unwrap();
    make_clip(&folder.path().join("clip.mp4"), &["-c:v", "libx264"]);
    #[expect(clippy::disallowed_methods, reason = "the program is tested from outside")]
    let rendered = Command::new(env!("CARGO_BIN_EXE_parvis"))
        .current_dir(folder.path())
        .args(["dicom", "render", "clip.mp4", "--frame", "7", "--out", "frame.png"])
        .output()
        .unwrap();
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    assert!(fs::read(folder.path().join("frame.png")).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn what_only_claims_to_be_a_clip_gets_one_sentence() {
    let rig = Rig::new().await;
    let playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    let list = b"ffconcat version 1.0\nfile /etc/passwd\n";
    for stream in [&playlist[..], list, &[0xC3; 4_000]] {
        let video = rig.keep("video", &video_object("1.2.840.10008.1.2.4.102", stream)).await;
        let why = rig.picture(video.instance.content, 1, (64, 48)).await.unwrap_err().to_string();
        assert_eq!(why, "this is no clip that can be shown");
    }
    let receipt =
        rig.upload("broken.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp41 and then nothing of a clip").await;
    assert_eq!(receipt.refused[0].reason, "this is no clip that can be shown");
}

#[tokio::test]
async fn a_clip_plays_at_the_rate_of_its_camera() {
    let rig = Rig::new().await;
    let path = rig.folder.path().join("clip.mp4");
    make_clip(&path, &["-c:v", "libx264", "-g", "40"]);
    let clip = rig.keep("clip.mp4", &fs::read(&path).unwrap()).await;
    rig.picture(clip.instance.content, 1, (64, 48)).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "what is measured is time")]
    let start = Instant::now();
    for number in 2..=40 {
        rig.picture(clip.instance.content, number, (64, 48)).await.unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "what is measured is time")]
    let seconds = start.elapsed().as_secs_f64();
    // 39 frames of 40 ms; a start of ffmpeg for every frame would take longer than that on any machine.
    assert!(seconds < 1.56 * 4.0, "{seconds} s");
}

/// A program of the system, by itself or behind the walls of a clip. Answers whether it succeeded, and what it complained about.
fn run(walls: Option<&[&str]>, program: &str, arguments: &[&str]) -> (bool, String) {
    #[expect(clippy::disallowed_methods, reason = "the program is tested from outside")]
    let mut command = match walls {
        Some(openings) => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_parvis"));
            command.arg("clip-worker").args(openings).args([program, "--"]);
            command
        }
        None => Command::new(program),
    };
    let done = command.args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

/// ffmpeg once read hostile clips with every file and every network of the gateway within its reach.
#[test]
fn ffmpeg_reaches_no_file_but_its_clip_and_no_network() {
    const QUIET: [&str; 3] = ["-nostdin", "-v", "error"];
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (clip, other, out, elsewhere) = (path("clip.mp4"), path("other.mp4"), path("out.mp4"), path("x.mp4"));
    make_clip(Path::new(&clip), &["-c:v", "libx264"]);
    fs::copy(&clip, &other).unwrap();
    fs::write(&out, b"").unwrap();
    let openings = ["--reads", &clip, "--writes", &out, "--most-bytes", "1000000"];
    let copy = |walls, from: &str, to: &str| {
        let arguments = [&QUIET[..], &["-y", "-i", from, "-c", "copy", "-f", "mp4", to]].concat();
        run(walls, "/usr/bin/ffmpeg", &arguments)
    };
    let walled = Some(&openings[..]);
    let (is_done, why) = copy(walled, &clip, &out);
    assert!(is_done && fs::metadata(&out).unwrap().len() > 1000, "its own clip: {why}");
    for (from, to) in [(&other, &out), (&clip, &elsewhere), (&clip, &other)] {
        let (is_done, why) = copy(walled, from, to);
        assert!(!is_done && why.contains("Permission denied"), "{from} to {to}: {why}");
    }
    assert!(!Path::new(&elsewhere).exists());
    assert!(copy(None, &other, &elsewhere).0, "without walls it reads and writes");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let call = [&QUIET[..], &["-timeout", "200000", "-i", &address, "-f", "null", "-"]].concat();
    let (is_done, why) = run(walled, "/usr/bin/ffmpeg", &call);
    assert!(!is_done && why.contains("Function not implemented"), "{why}");
    assert!(listener.accept().is_err(), "somebody called");
    assert!(!run(None, "/usr/bin/ffmpeg", &call).0);
    assert!(listener.accept().is_ok(), "without walls it calls");

    let start = ["-c", "/bin/true; echo started >&2"];
    assert!(run(None, "/bin/sh", &start).1.contains("started"));
    let (_, why) = run(walled, "/bin/sh", &start);
    assert!(why.contains("fork"), "no process of its own: {why}");
}

/// The folder of clips was emptied by whoever opened the archive.
#[tokio::test]
async fn an_import_beside_the_gateway_leaves_its_clips_alone() {
    let rig = Rig::new().await;
    let path = rig.folder.path().join("clip.h264");
    // Without times: every jump back decodes the stream from its start.
    make_clip(&path, &["-c:v", "libx264", "-g", "12", "-qp", "4"]);
    let object = video_object("1.2.840.10008.1.2.4.102", &fs::read(&path).unwrap());
    let video = rig.keep("video", &object).await.instance.content;
    assert_eq!(frames_seen(&rig, video, &[3]).await, [3]);
    let mut settings = ArchiveSettings::new(
        rig.folder.path().join("archive"),
        env!("CARGO_BIN_EXE_parvis").into(),
        crate::support::db::keys(),
    );
    settings.workers = 1;
    let _import = Archive::open(settings, &Tasks::default()).await.unwrap();
    assert_eq!(frames_seen(&rig, video, &[1, 40, 2]).await, [1, 40, 2]);
}
