//! Debian's Orthanc as the archive: two patients in it, of whom one is asked for.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use parvis::demo::studies::demo_objects;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{NUMBER, PAGE, Scene, app, form, with};

/// A running archive with nothing in it. It ends when this is dropped, because its standard input does.
struct Orthanc {
    script: Child,
    address: String,
    client: reqwest::Client,
}

impl Orthanc {
    fn start() -> Self {
        parvis::app::install_crypto();
        #[expect(clippy::disallowed_methods, reason = "tests start their peers")]
        let mut script = Command::new("tests/peers/orthanc/start.sh")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().to_owned();
        assert!(!address.is_empty(), "the tests need Orthanc: apt-get install orthanc orthanc-dicomweb");
        Self { script, address, client: reqwest::Client::new() }
    }

    fn root(&self) -> String {
        format!("{}dicom-web", self.address)
    }

    async fn store(&self, object: Vec<u8>) {
        let request = self.client.post(format!("{}instances", self.address)).basic_auth("pacs", Some("pacs"));
        let response = request.body(object).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    }
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// The same object under another number of as many letters.
fn of_number(object: Vec<u8>, number: &str) -> Vec<u8> {
    assert_eq!(number.len(), NUMBER.len());
    let place = object.windows(NUMBER.len()).position(|word| word == NUMBER.as_bytes()).unwrap();
    [&object[..place], number.as_bytes(), &object[place + NUMBER.len()..]].concat()
}

/// A photograph of the patient as JPEG (baseline) within DICOM.
fn compressed() -> Vec<u8> {
    let mut set = InMemDicomObject::new_empty();
    for (tag, vr, value) in [
        (tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.7.4"),
        (tags::SOP_INSTANCE_UID, VR::UI, "2.25.7001"),
        (tags::STUDY_INSTANCE_UID, VR::UI, "2.25.7002"),
        (tags::SERIES_INSTANCE_UID, VR::UI, "2.25.7003"),
        (tags::PATIENT_NAME, VR::PN, "LEFEVRE^HELENE"),
        (tags::PATIENT_ID, VR::LO, NUMBER),
        (tags::STUDY_DATE, VR::DA, "20200101"),
        (tags::STUDY_DESCRIPTION, VR::LO, "Photographie"),
        (tags::MODALITY, VR::CS, "XC"),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "YBR_FULL_422"),
    ] {
        set.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    let stream = std::fs::read("fixtures/codestreams/color.jpg").unwrap();
    let (width, height) = image_size(&stream);
    for (tag, value) in [
        (tags::ROWS, height),
        (tags::COLUMNS, width),
        (tags::SAMPLES_PER_PIXEL, 3),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
        (tags::PLANAR_CONFIGURATION, 0),
    ] {
        set.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let mut stream = stream;
    if stream.len() % 2 == 1 {
        stream.push(0);
    }
    set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(vec![stream])));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid("1.2.840.10008.5.1.4.1.1.7.4")
        .media_storage_sop_instance_uid("2.25.7001")
        .transfer_syntax("1.2.840.10008.1.2.4.50");
    let mut bytes = Vec::new();
    set.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

/// Width and height in the first frame header of a JPEG (ITU-T T.81 section B.2.2).
fn image_size(jpeg: &[u8]) -> (u16, u16) {
    let at = jpeg.windows(2).position(|pair| matches!(pair, [0xff, 0xc0..=0xc2])).unwrap();
    let word = |place: usize| u16::from_be_bytes([jpeg[at + place], jpeg[at + place + 1]]);
    (word(7), word(5))
}

fn hashes(objects: &[Vec<u8>]) -> BTreeSet<[u8; 32]> {
    objects.iter().map(|object| Sha256::digest(object).into()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_patients_studies_alone_are_found_and_fetched_as_they_lie_there() {
    let orthanc = Orthanc::start();
    let ct: Vec<_> = demo_objects(1).take(20).map(|(_, bytes)| bytes).collect();
    let photo = compressed();
    for object in ct.iter().cloned().chain([photo.clone()]) {
        orthanc.store(object).await;
    }
    for (_, bytes) in demo_objects(2).take(2) {
        orthanc.store(of_number(bytes, "DEMO-0002")).await;
    }
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let scene = Scene::numbered(app(dialect, |_| {}).await, &[form("radio", &orthanc.root())]).await;
        let found = scene.found("radio").await;
        assert!(found["fault"].is_null(), "{found}");
        let told: Vec<_> = found["studies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|study| (study["instances"].clone(), study["here"].clone(), study["modalities"].clone()))
            .collect();
        assert_eq!(
            told,
            [(json!(20), json!(0), json!(["CT"])), (json!(1), json!(0), json!(["XC"]))],
            "those of one patient, the newest first: {found}"
        );
        assert!(!found.to_string().contains("DEMO-0002"));
        assert_eq!(
            (&found["dropped"], &found["studies"][1]["description"]),
            (&json!(0), &json!("Photographie"))
        );

        let uid = |place: usize| found["studies"][place]["study"].as_str().unwrap().to_owned();
        let fetch = scene.begin("radio", &uid(0)).await;
        let ended = scene.ended(&fetch).await;
        assert_eq!(
            (&ended["state"], &ended["total"], &ended["received"], &ended["refusedCount"]),
            (&json!("done"), &json!(20), &json!(20), &json!(0)),
            "{ended}"
        );
        let fetch = scene.begin("radio", &uid(1)).await;
        let ended = scene.ended(&fetch).await;
        assert_eq!((&ended["state"], &ended["received"]), (&json!("done"), &json!(1)), "{ended}");
        assert_eq!(ended["hasOtherPatient"], false);

        // Byte for byte, what is compressed too.
        let kept: BTreeSet<_> = scene.visit.app.app.archive.objects().await.unwrap().into_iter().collect();
        assert_eq!(kept, hashes(&[ct.clone(), vec![photo.clone()]].concat()));
        let studies = scene.studies().await;
        assert_eq!(studies.as_array().unwrap().len(), 2, "{studies}");
        let (status, _, picture) = scene
            .visit
            .doctor
            .fetch(&format!("/api/series/{}/thumbnail", studies[1]["series"][0]["series"].as_str().unwrap()))
            .await;
        assert!(status == StatusCode::OK && picture.starts_with(&[0xff, 0xd8]), "it is shown");

        // What is here is told, and comes no second time.
        let again = scene.found("radio").await;
        assert_eq!((&again["studies"][0]["here"], &again["studies"][1]["here"]), (&json!(20), &json!(1)));
        let ended = scene.ended(&scene.begin("radio", &uid(0)).await).await;
        assert_eq!(ended["state"], "done");
        assert_eq!(scene.studies().await, studies);

        // Whose study it is says the archive, not the page.
        let other = orthanc.client.get(format!("{}/studies?PatientID=DEMO-0002", orthanc.root()));
        let other: Value = serde_json::from_str(
            &other.basic_auth("pacs", Some("pacs")).send().await.unwrap().text().await.unwrap(),
        )
        .unwrap();
        let foreign = other[0]["0020000D"]["Value"][0].as_str().unwrap();
        for study in [foreign, "1.2.3"] {
            let ended = scene.ended(&scene.begin("radio", study).await).await;
            assert_eq!((&ended["state"], &ended["received"]), (&json!("gone"), &json!(0)), "{study}");
        }
        for study in ["*", "1.2.3\\1.2.4", "../../instances", ""] {
            let wish = json!({"pacs": "radio", "study": study});
            let (status, told) = scene.visit.doctor.post(&scene.path("pacs/fetches"), wish).await;
            assert_eq!((status.as_u16(), &told["code"]), (400, &json!("bad_request")), "{study}");
        }
        assert_eq!(scene.studies().await, studies);

        let searched = scene.trail("deed=read&subject=study").await;
        let search = searched.iter().find(|line| line["detail"].to_string().contains("pacs:radio found:2"));
        assert_eq!(search.expect("a search is an access")["outcome"], "done");
        let fetched = scene.trail("deed=create&subject=study").await;
        let lines: Vec<_> = fetched.iter().map(|line| line["detail"].to_string()).collect();
        assert!(lines.iter().any(|line| line.contains("pacs:radio fetched 20 of 20")), "{lines:?}");
        assert!(!format!("{searched:?}{fetched:?}").contains(NUMBER), "the trail has no number of a patient");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_to_the_administrator_and_to_the_doctor() {
    let orthanc = Orthanc::start();
    let wrong = with(form("radio", &orthanc.root()), "secret", json!("wrong"));
    let scene = Scene::numbered(app(Dialect::Sqlite, |_| {}).await, &[wrong]).await;
    let found = scene.found("radio").await;
    assert_eq!((&found["fault"], &found["about"]), (&json!("not_signed_in"), &json!("401")), "{found}");
    let trial = async |path: &str, body: Value| {
        let (status, told) = scene.alex.post(path, body).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        told
    };
    let at = format!("{PAGE}/radio");
    assert_eq!(trial(&format!("{at}/trial"), json!({})).await["fault"], "not_signed_in");
    let (_, listed) = scene.alex.get(PAGE).await;
    assert!(listed[0]["failingSince"].is_string() && listed[0]["reachedAt"].is_null(), "{listed}");

    let right = form("radio", &orthanc.root());
    let good = trial("/api/admin/pacs-trial", right.clone()).await;
    assert!(good["fault"].is_null() && good["tookMs"].is_u64(), "{good}");
    let deeper = with(right.clone(), "address", json!(format!("{}/nowhere", orthanc.root())));
    assert_eq!(trial("/api/admin/pacs-trial", deeper).await["fault"], "status");
    assert_eq!(scene.alex.put(&at, right.clone()).await.0, StatusCode::NO_CONTENT);
    assert!(scene.found("radio").await["fault"].is_null());
    let (_, listed) = scene.alex.get(PAGE).await;
    assert!(listed[0]["failingSince"].is_null() && listed[0]["reachedAt"].is_string(), "{listed}");
    // With the secret that is kept, which nobody typed again.
    let mut kept = right;
    kept.as_object_mut().unwrap().remove("secret");
    assert!(trial("/api/admin/pacs-trial", kept).await["fault"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_study_that_names_somebody_else_is_fetched_with_a_warning() {
    let orthanc = Orthanc::start();
    let renamed = |bytes: Vec<u8>| {
        let place = bytes.windows(14).position(|word| word == b"LEFEVRE^HELENE").unwrap();
        [&bytes[..place], b"DURAND^ANNETTE".as_slice(), &bytes[place + 14..]].concat()
    };
    for (_, bytes) in demo_objects(3).take(2) {
        orthanc.store(renamed(bytes)).await;
    }
    let scene = Scene::numbered(app(Dialect::Sqlite, |_| {}).await, &[form("radio", &orthanc.root())]).await;
    let found = scene.found("radio").await;
    assert_eq!(found["studies"][0]["isOtherPatient"], true, "{found}");
    let fetch = scene.begin("radio", found["studies"][0]["study"].as_str().unwrap()).await;
    let ended = scene.ended(&fetch).await;
    assert_eq!((&ended["received"], &ended["hasOtherPatient"]), (&json!(2), &json!(true)), "{ended}");
    assert_eq!(scene.studies().await[0]["isOtherPatient"], true);
}
