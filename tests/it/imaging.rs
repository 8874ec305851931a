//! Objects with known pixels through the whole way: files, decoding, rendering, the verbs of the command line.

mod fixtures;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use parvis::demo::studies::demo_objects;
use parvis::imaging::{
    ContentHash, FrameNumber, ObjectKind, Presentation, decode_frame, read_header, render,
};
use serde_json::Value;

use fixtures::fixtures;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/dicom");

/// Runs a verb of `parvis dicom`.
fn dicom(arguments: &[&str]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the program is tested from outside")]
    Command::new(env!("CARGO_BIN_EXE_parvis")).arg("dicom").args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exit 3 and exactly one line that says why.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let why = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(why.lines().count(), 1, "{why}");
    why
}

fn png_pixels(path: &Path) -> (u32, u32, Vec<u8>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    (frame.width, frame.height, pixels)
}

#[test]
fn the_files_are_made_by_the_generator() {
    let mut names = vec!["README.md".to_owned()];
    for fixture in fixtures() {
        let path = Path::new(FOLDER).join(fixture.name);
        #[expect(clippy::disallowed_methods, reason = "how somebody asks a test to write its files")]
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &fixture.bytes).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        let is_same = committed == fixture.bytes;
        assert!(is_same, "{} is old: run `UPDATE=1 cargo test --test it imaging`", fixture.name);
        names.push(fixture.name.to_owned());
    }
    for entry in fs::read_dir(FOLDER).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&name), "nobody makes {name}");
    }
}

#[test]
fn every_frame_has_the_values_that_were_stored() {
    for fixture in fixtures() {
        let facts = read_header(&fixture.bytes, ContentHash([0; 32])).unwrap().instance;
        assert_eq!(facts.frames as usize, fixture.frames.len(), "{}", fixture.name);
        assert_eq!(facts.kind, ObjectKind::Image);
        for (index, truth) in fixture.frames.iter().enumerate() {
            let number = FrameNumber::new(index as u32 + 1).unwrap();
            let frame = decode_frame(&fixture.bytes, number).unwrap();
            let values: Vec<i64> =
                (0..frame.values.len()).map(|i| frame.values.at(i).unwrap() as i64).collect();
            assert_eq!(&values, truth, "{} frame {}", fixture.name, index + 1);
        }
        let after = FrameNumber::new(fixture.frames.len() as u32 + 1).unwrap();
        let why = decode_frame(&fixture.bytes, after).unwrap_err().to_string();
        assert!(why.starts_with("there is no frame"), "{why}");
    }
}

#[test]
fn every_first_frame_is_shown_as_the_formulas_say() {
    for fixture in fixtures() {
        let frame = decode_frame(&fixture.bytes, FrameNumber::FIRST).unwrap();
        let shown = render(&frame, &Presentation::default()).unwrap();
        assert_eq!(shown.pixels.len(), fixture.shown.len(), "{}", fixture.name);
        let worst = shown.pixels.iter().zip(&fixture.shown).map(|(a, b)| a.abs_diff(*b)).max();
        // Colour is converted in whole numbers; gray is exact.
        let limit = if fixture.name == "us_ybr_full_422.dcm" { 1 } else { 0 };
        assert!(worst <= Some(limit), "{} differs by {worst:?}", fixture.name);
    }
}

#[test]
fn the_verbs_tell_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for fixture in fixtures() {
        let path = Path::new(FOLDER).join(fixture.name);
        let path = path.to_str().unwrap();
        let seen = json(&dicom(&["inspect", path]));
        assert_eq!((&seen["kind"], &seen["frames"]), (&"image".into(), &fixture.frames.len().into()));
        let last = fixture.frames.len();
        let told =
            json(&dicom(&["pixels", path, "--frame", &last.to_string(), "--out", out.to_str().unwrap()]));
        let bytes = fs::read(&out).unwrap();
        let width = told["dtype"].as_str().unwrap()[1..].parse::<usize>().unwrap();
        assert_eq!(bytes.len(), fixture.frames[last - 1].len() * width);
        let values = parvis::imaging::Values::from_le_bytes(told["dtype"].as_str().unwrap(), bytes).unwrap();
        let values: Vec<i64> = (0..values.len()).map(|i| values.at(i).unwrap() as i64).collect();
        assert_eq!(values, fixture.frames[last - 1], "{}", fixture.name);
        json(&dicom(&["render", path, "--out", out.to_str().unwrap()]));
        let (width, height, pixels) = png_pixels(&out);
        assert_eq!((&seen["columns"], &seen["rows"]), (&width.into(), &height.into()));
        assert!(pixels.iter().zip(&fixture.shown).all(|(a, b)| a.abs_diff(*b) <= 1), "{}", fixture.name);
    }
}

#[test]
fn a_window_and_a_size_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.png");
    let path = Path::new(FOLDER).join("ct_explicit.dcm");
    let asked = ["render", path.to_str().unwrap(), "--window", "-1024,1", "--size", "60x60", "--out"];
    json(&dicom(&[&asked[..], &[out.to_str().unwrap()]].concat()));
    let (width, height, pixels) = png_pixels(&out);
    assert_eq!((width, height), (60, 60));
    // Six by four pixels leave ten lines above and below; a threshold leaves black above white.
    assert!(pixels[..600].iter().chain(&pixels[3000..]).all(|level| *level == 0));
    assert_eq!((pixels[12 * 60 + 30], pixels[48 * 60 + 30]), (0, 255));
}

#[test]
fn a_view_can_be_asked_for_as_a_screen_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.png");
    let path = Path::new(FOLDER).join("ct_explicit.dcm");
    // A threshold leaves the upper half black and the lower one white. Where those go, by half of the picture.
    let halves = |words: &[&str]| {
        let asked = ["render", path.to_str().unwrap(), "--window", "-1024,1", "--size", "60x60", "--out"];
        json(&dicom(&[&asked[..], &[out.to_str().unwrap()], words].concat()));
        let (width, height, pixels) = png_pixels(&out);
        assert_eq!((width, height), (60, 60));
        let at = |x: usize, y: usize| pixels[y * 60 + x];
        [at(30, 14), at(30, 45), at(14, 30), at(45, 30)]
    };
    let (black, white) = (0, 255);
    assert_eq!(halves(&["--view", "1,0.5,0.5,0,0"])[..2], [black, white]);
    assert_eq!(halves(&["--view", "1,0.5,0.5,0,0", "--inverted"])[..2], [white, black]);
    // A turn to the right brings what was above to the right.
    assert_eq!(halves(&["--view", "1,0.5,0.5,1,0"])[2..], [white, black]);
    assert_eq!(halves(&["--view", "1,0.5,0.5,1,1"])[2..], [black, white]);
    // The lower edge in the middle: white above it, nothing below.
    assert_eq!(halves(&["--view", "2,0.5,1,0,0"])[..2], [white, black]);
    for wrong in [&["--view", "1,0.5,0.5,0,0"][..], &["--size", "9x9", "--view", "1,0.5"]] {
        let words = [&["render", path.to_str().unwrap(), "--out", out.to_str().unwrap()], wrong].concat();
        assert_eq!(dicom(&words).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn what_cannot_be_shown_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let out = folder.path().join("out.png");
    let whole = fs::read(Path::new(FOLDER).join("ct_explicit.dcm")).unwrap();
    let text = write("letter.dcm", b"Dear colleague, the images are on the other CD.");
    assert!(refusal(&dicom(&["inspect", text.to_str().unwrap()])).contains("a text file"));
    let cut = write("cut.dcm", &whole[..whole.len() - 10]);
    let render = |path: &Path| dicom(&["render", path.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(json(&render(&cut))["damage"].as_str().unwrap().contains("rows are missing"));
    fs::remove_file(&out).unwrap();
    let start = whole.windows(4).position(|four| four == [0xE0, 0x7F, 0x10, 0]).unwrap();
    let nearly_nothing = write("nearly_nothing.dcm", &whole[..start + 20]);
    assert!(refusal(&render(&nearly_nothing)).contains("the pixel data ends early"));
    let headless = write("headless.dcm", &whole[..400]);
    assert_eq!(json(&dicom(&["inspect", headless.to_str().unwrap()]))["truncated"], true);
    refusal(&render(&headless));
    let hostile = write("hostile.dcm", &hostile_nesting());
    assert!(refusal(&render(&hostile)).contains("nested deeper than 64"));
    assert!(!out.exists());
    // What is wrong with the machine or with the words is another matter.
    assert_eq!(render(&folder.path().join("nowhere.dcm")).status.code(), Some(1));
    assert_eq!(dicom(&["render", "x.dcm", "--window", "40", "--out", "y"]).status.code(), Some(2));
}

/// 20,000 sequences in one another, after a preamble.
pub fn hostile_nesting() -> Vec<u8> {
    let mut bytes = [&[0; 128][..], b"DICM"].concat();
    for _ in 0..20_000 {
        bytes.extend_from_slice(&[8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    bytes
}

#[test]
fn a_series_is_listed_by_position_whatever_the_files_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let slices: Vec<Vec<u8>> = demo_objects(3).take(6).map(|(_, bytes)| bytes).collect();
    // Positions rise with the index; names do not, and one object is there twice.
    let names = ["m.dcm", "a.dcm", "z.dcm", "c.dcm", "y.dcm", "b.dcm"];
    for (name, bytes) in names.iter().zip(&slices) {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    fs::write(folder.path().join("zz-again.dcm"), &slices[0]).unwrap();
    let told = json(&dicom(&["series", folder.path().to_str().unwrap()]));
    let stacks = told["series"].as_array().unwrap();
    assert_eq!(stacks.len(), 1);
    let files: Vec<_> =
        stacks[0]["instances"].as_array().unwrap().iter().map(|one| one["file"].clone()).collect();
    assert_eq!(files, names);
}

#[test]
fn media_are_tried_without_keeping_anything() {
    let told = json(&dicom(&["media", FOLDER]));
    assert_eq!(told["instances"], 6, "three objects of the eight are one in three syntaxes");
    assert_eq!((&told["patients"], &told["studies"], &told["series"]), (&1.into(), &1.into(), &6.into()));
    assert_eq!(told["ignored"], serde_json::json!(["README.md"]));
    assert_eq!(told["refused"], serde_json::json!([]));
}
