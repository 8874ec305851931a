//! Five people in one call who look at images.

use std::collections::BTreeMap;
use std::time::Duration;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use parvis::store::Dialect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Browser, Socket, TestApp};
use crate::visit::{doctor_named, secret, soon, zip_of};

const LIMIT: Duration = Duration::from_secs(15);

/// A device in the call that notes what it is told, and draws what it gets.
pub struct Device {
    pub socket: Socket,
    pub id: String,
    /// The last states.
    pub state: Value,
    pub own: Value,
    /// The last picture of each viewport, by whether it is of an own view; magnified ones have the viewport 9.
    pub pictures: BTreeMap<(bool, u64), (Value, Vec<u8>)>,
    /// Everything else, and how many states came.
    pub heard: Vec<Value>,
    pub states: usize,
    requests: u64,
}

impl Device {
    pub fn new(socket: Socket, welcome: &Value) -> Self {
        Self {
            socket,
            id: welcome["participant"].as_str().unwrap().to_owned(),
            state: Value::Null,
            own: Value::Null,
            pictures: BTreeMap::new(),
            heard: Vec::new(),
            states: 0,
            requests: 1000,
        }
    }

    /// Takes one message.
    pub async fn step(&mut self) {
        let message = self.socket.next().await;
        assert!(!message.is_null(), "the connection was closed");
        for (header, bytes) in std::mem::take(&mut self.socket.pictures) {
            self.socket.send(json!({"type": "drawn", "sequence": header["sequence"]})).await;
            let viewport = header["viewport"].as_u64().unwrap();
            let viewport = if header["isMagnified"] == true { 9 } else { viewport };
            self.pictures.insert((header["isOwn"] == true, viewport), (header, bytes));
        }
        match message["type"].as_str().unwrap() {
            "viewing" => {
                self.states += 1;
                self.state = message;
            }
            "own_view" => self.own = message,
            "picture" => {}
            _ => self.heard.push(message),
        }
    }

    pub async fn until(&mut self, what: &str, fits: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !fits(self) {
                self.step().await;
            }
        };
        if tokio::time::timeout(LIMIT, waiting).await.is_err() {
            let headers: Vec<_> = self.pictures.values().map(|(header, _)| header.to_string()).collect();
            panic!("{what} did not come: {} {} {headers:?}", self.state, self.own);
        }
    }

    pub async fn send(&mut self, message: Value) {
        self.socket.send(message).await;
    }

    pub async fn request(&mut self, mut message: Value) -> Result<(), String> {
        self.requests += 1;
        let number = json!(self.requests);
        message["request"] = number.clone();
        self.send(message).await;
        self.answer(&number).await
    }

    pub async fn answer(&mut self, number: &Value) -> Result<(), String> {
        let is_it = |message: &Value| message["request"] == *number;
        self.until("the answer", |device| device.heard.iter().any(is_it)).await;
        let answer = self.heard.iter().find(|message| is_it(message)).unwrap();
        match answer["type"].as_str().unwrap() {
            "accepted" => Ok(()),
            _ => Err(answer["code"].as_str().unwrap().to_owned()),
        }
    }

    /// How many messages of a type were heard.
    pub fn count(&self, kind: &str) -> usize {
        self.heard.iter().filter(|message| message["type"] == kind).count()
    }

    pub fn heard(&self, kind: &str) -> Option<&Value> {
        self.heard.iter().rev().find(|message| message["type"] == kind)
    }

    pub async fn surface(&mut self, viewport: u64, width: u64, height: u64) {
        let surface = json!({"type": "surface", "viewport": viewport, "width": width, "height": height});
        self.send(surface).await;
    }

    /// Has the exact picture of everything that is to be seen.
    pub fn rests(&self) -> bool {
        let is_own = self.own["arrangement"].is_object();
        let seen = if is_own { &self.own["arrangement"] } else { &self.state };
        let Some(viewports) = seen["viewports"].as_array() else { return false };
        (0_u64..).zip(viewports).filter(|(_, shown)| shown.is_object()).all(|(viewport, shown)| {
            self.pictures.get(&(is_own, viewport)).is_some_and(|(header, _)| {
                header["revision"] == shown["picture"]
                    && header["index"] == shown["index"]
                    && header["isLossless"] == true
            })
        })
    }

    pub async fn until_rest_at(&mut self, revision: &Value) {
        let is_there = |device: &Self| device.state["revision"] == *revision && device.rests();
        self.until(&format!("rest at {revision}"), is_there).await;
    }
}

/// Two doctors, the patient, a relative and an interpreter in one call.
pub struct Round {
    pub app: TestApp,
    pub browser: Browser,
    pub appointment: String,
    /// Claire, Karim, patient, relative, interpreter.
    pub devices: Vec<Device>,
    pub links: Vec<String>,
}

impl Round {
    pub async fn begin() -> Self {
        Self::begin_in(TestApp::start(Dialect::Sqlite).await, 3).await
    }

    /// So many of the guests come in.
    pub async fn begin_in(app: TestApp, guests: usize) -> Self {
        let (claire, karim) = (app.sign_in("claire").await, app.sign_in("karim").await);
        let secretary = app.sign_in("camille").await;
        let mut practitioners = Vec::new();
        for name in ["Claire Martin", "Karim Benali"] {
            practitioners.push(doctor_named(&secretary, name).await);
        }
        let wanted = json!({
            "startsAt": soon(5), "endsAt": soon(35), "service": "Cardiologie", "note": "",
            "guests": [
                {"role": "patient", "name": "Hélène Lefèvre", "language": "fr"},
                {"role": "relative", "name": "Luc Lefèvre", "language": "fr"},
                {"role": "interpreter", "name": "Nadia Haddad", "language": "en"},
            ],
            "practitioners": practitioners,
        });
        let (status, booked) = secretary.post("/api/appointments", wanted).await;
        assert_eq!(status, StatusCode::CREATED, "{booked}");
        let appointment = booked["appointment"]["appointment"].as_str().unwrap().to_owned();
        let links = booked["links"].as_array().unwrap().iter().map(secret).collect();
        let mut round = Self { app, browser: claire.clone(), appointment, devices: Vec::new(), links };
        for browser in [&claire, &karim] {
            let (mut socket, welcome) = browser.attend(&round.appointment).await;
            socket.request(json!({"type": "enter"})).await.unwrap();
            round.devices.push(Device::new(socket, &welcome));
        }
        for guest in 0..guests {
            round.join(guest).await;
        }
        round
    }

    /// A guest comes in.
    pub async fn join(&mut self, guest: usize) {
        let (mut socket, welcome) = self.app.guest(&self.links[guest]).await;
        socket.request(json!({"type": "ready", "camera": "works", "microphone": "works"})).await.unwrap();
        let admit = json!({"type": "admit", "participant": welcome["participant"], "isRecognised": true});
        self.devices[0].request(admit).await.unwrap();
        socket.wait_for("place", |m| m["place"]["state"] == "admitted").await;
        socket.send(json!({"type": "enter", "request": 1})).await;
        let mut device = Device::new(socket, &welcome);
        device.until("the way in", |device| !device.state.is_null()).await;
        self.devices.push(device);
    }

    /// Uploads objects; the answer names the series, in the order of the list.
    pub async fn upload(&self, objects: impl IntoIterator<Item = Vec<u8>>) -> Vec<Value> {
        let files = objects.into_iter().enumerate().map(|(i, bytes)| (format!("IM{i:04}"), bytes));
        let (status, receipt) = self.browser.upload(&self.appointment, "study.zip", zip_of(files)).await;
        assert_eq!(status, StatusCode::OK, "{receipt}");
        let (_, studies) = self.browser.get(&format!("/api/appointments/{}/studies", self.appointment)).await;
        let studies = studies.as_array().unwrap().iter();
        let series = studies.flat_map(|study| study["series"].as_array().unwrap());
        series.map(|series| series["series"].clone()).collect()
    }

    /// Waits until everybody has seen this revision, and has the exact pictures of what is on show.
    pub async fn rest(&mut self, revision: &Value) {
        for device in &mut self.devices {
            device.until_rest_at(revision).await;
        }
    }
}

pub fn slices(count: usize) -> Vec<Vec<u8>> {
    parvis::demo::studies::demo_objects(1).take(count).map(|(_, bytes)| bytes).collect()
}

/// The same objects as another series of the same study, some of them changed.
pub fn as_series(
    number: u32,
    objects: &[Vec<u8>],
    change: impl Fn(usize, &mut dicom_object::InMemDicomObject),
) -> Vec<Vec<u8>> {
    let renamed = objects.iter().enumerate().map(|(place, bytes)| {
        let mut object = dicom_object::from_reader(&bytes[..]).unwrap();
        let uid = format!("2.25.99{number}{place:04}");
        for (tag, text) in
            [(tags::SOP_INSTANCE_UID, uid.as_str()), (tags::SERIES_INSTANCE_UID, &format!("2.25.98{number}"))]
        {
            object.put(DataElement::new(tag, VR::UI, PrimitiveValue::from(text)));
        }
        change(place, &mut object);
        let mut written = Vec::new();
        object.update_meta(|meta| meta.media_storage_sop_instance_uid.clone_from(&uid));
        object.write_all(&mut written).unwrap();
        written
    });
    renamed.collect()
}

pub fn share(series: &Value, viewport: u64) -> Value {
    json!({"type": "share", "series": series, "viewport": viewport, "isOtherPatient": false})
}
