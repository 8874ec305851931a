//! What is spoken with a child. A request is a length and JSON, with the opened files that it is about as ancillary data of its
//! first byte (SCM_RIGHTS): a child opens nothing itself. An answer is two lengths, JSON, and bytes. Both ends are this
//! program, so the form is its own.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use chrono::NaiveDate;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Interest};

use crate::imaging::clip::Clip;
use crate::imaging::{
    ContentHash, Document, FrameFacts, Inspection, InstanceDetails, InstanceFacts, MeasureShape, Measured,
    ObjectKind, PatientFacts, Received, ReferencedImage, SeriesFacts, StudyFacts, Window, WindowPreset,
};
use crate::imaging::{Presentation, View, VoiChoice};
use crate::secret::Pii;

/// The largest bytes of an answer: the values of the largest frame.
const MAX_BYTES: usize = 320 << 20;
/// The largest answer without its bytes: facts with all that an object says of its windows, a report, what a presentation state draws.
const MAX_WORDS: usize = 4 << 20;
/// Bytes of the length before a request.
const LENGTH: usize = size_of::<u32>();
/// Requests up to this size come in one piece.
const SHORT: usize = 4 << 10;

/// What a child is asked, of the file that comes along.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// The facts of the object.
    Header { content: [u8; 32] },
    /// What the object is.
    Inspect,
    /// The stored values of a frame.
    Values { frame: u32 },
    /// Render a frame without loss, at its own size or at that of a surface.
    Render { frame: u32, how: Box<How>, size: Option<(u32, u32)> },
    /// Decode a frame and keep it.
    Warm { content: [u8; 32], frame: u32 },
    /// Render a frame and encode it.
    Picture {
        content: [u8; 32],
        frame: u32,
        how: Box<How>,
        width: u32,
        height: u32,
        /// `None`: lossless.
        percent: Option<u8>,
    },
    /// Measure a shape on a frame.
    Measure { content: [u8; 32], frame: u32, shape: MeasureShape },
    /// What objects about an image say again of it and of these frames.
    Referenced { frames: Vec<u32> },
    /// What the object is shown as, when it is no picture.
    Content,
}

/// [`Presentation`] and [`View`] as they are spoken.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct How {
    voi: Voi,
    is_inverted: bool,
    has_overlays: bool,
    has_shutters: bool,
    is_subtracted: bool,
    /// The hash of the presentation state, which comes along as the second file.
    state: Option<[u8; 32]>,
    range: Option<(f64, f64)>,
    zoom: f64,
    center: (f64, f64),
    quarter_turns: u8,
    is_flipped: bool,
}

#[derive(Debug, Serialize, Deserialize)]
enum Voi {
    Object,
    Window(f64, f64),
    Alternative(u16),
}

impl How {
    pub(super) fn new(presentation: &Presentation, view: &View) -> Self {
        Self {
            voi: match presentation.voi {
                VoiChoice::Object => Voi::Object,
                VoiChoice::Window(window) => Voi::Window(window.center, window.width),
                VoiChoice::Alternative(number) => Voi::Alternative(number),
            },
            is_inverted: presentation.is_inverted,
            has_overlays: presentation.has_overlays,
            has_shutters: presentation.has_shutters,
            is_subtracted: presentation.is_subtracted,
            state: presentation.state.map(|hash| hash.0),
            range: presentation.range,
            zoom: view.zoom,
            center: view.center,
            quarter_turns: view.quarter_turns,
            is_flipped: view.is_flipped,
        }
    }

    pub(super) fn presentation(&self) -> Presentation {
        Presentation {
            voi: match self.voi {
                Voi::Object => VoiChoice::Object,
                Voi::Window(center, width) => VoiChoice::Window(Window { center, width }),
                Voi::Alternative(number) => VoiChoice::Alternative(number),
            },
            is_inverted: self.is_inverted,
            has_overlays: self.has_overlays,
            has_shutters: self.has_shutters,
            is_subtracted: self.is_subtracted,
            state: self.state.map(ContentHash),
            range: self.range,
        }
    }

    pub(super) fn view(&self) -> View {
        View {
            zoom: self.zoom,
            center: self.center,
            quarter_turns: self.quarter_turns,
            is_flipped: self.is_flipped,
        }
    }
}

impl Request {
    /// The frame that it is about; 0 for the header.
    pub(super) fn frame(&self) -> u32 {
        match self {
            Self::Header { .. } | Self::Inspect | Self::Referenced { .. } | Self::Content => 0,
            Self::Values { frame }
            | Self::Render { frame, .. }
            | Self::Warm { frame, .. }
            | Self::Measure { frame, .. }
            | Self::Picture { frame, .. } => *frame,
        }
    }

    /// The most bytes that an honest answer has behind its words: the gateway takes no more from a child that lies.
    fn most_bytes(&self) -> usize {
        match self {
            Self::Header { .. }
            | Self::Inspect
            | Self::Warm { .. }
            | Self::Measure { .. }
            | Self::Referenced { .. } => 0,
            // Encoded, a picture of noise is a little larger than its pixels.
            Self::Picture { width, height, .. } | Self::Render { size: Some((width, height)), .. } => {
                (*width as usize).saturating_mul(*height as usize).saturating_mul(4).min(MAX_BYTES)
                    + (1 << 20)
            }
            Self::Render { size: None, .. } | Self::Values { .. } | Self::Content => MAX_BYTES,
        }
    }
}

/// What a child answers; the bytes of a picture or of values follow it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The first word of a child, before any request: it has taken its limits, and stands behind these walls.
    Ready {
        has_landlock: bool,
        has_seccomp: bool,
    },
    Header(Box<Facts>),
    Inspection {
        facts: Box<Facts>,
        photometric: String,
        bits_stored: Option<u16>,
        samples: Option<u16>,
        is_cut: bool,
    },
    /// `kind` as numpy writes it.
    Values {
        rows: u32,
        columns: u32,
        samples: u8,
        kind: String,
    },
    Warm,
    Picture {
        is_png: bool,
        width: u32,
        height: u32,
        is_whole: bool,
        facts: Box<FrameFacts>,
    },
    Measured(Box<Measured>),
    Referenced(Box<ReferencedImage>),
    Text(Box<Document>),
    /// What was to be rendered is a frame of a clip, which is not decoded in a child.
    Clip(Clip),
    /// The bytes of a PDF follow.
    Pages,
    /// The bytes of a sound of this media type follow.
    Sound(String),
    /// One sentence.
    Failed(String),
}

/// [`Received`] as it is spoken.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Facts {
    patient: (String, String, Option<NaiveDate>),
    study: (String, Option<NaiveDate>, String),
    series: (String, String, Option<i32>, String),
    uid: String,
    class_uid: String,
    transfer_syntax_uid: String,
    kind: u8,
    frames: u32,
    rows: u32,
    columns: u32,
    number: Option<i32>,
    position: Option<[f64; 3]>,
    orientation: Option<[f64; 6]>,
    windows: Vec<(f64, f64, String)>,
    is_lossy: bool,
    bytes: u64,
    content: [u8; 32],
    details: InstanceDetails,
}

const KINDS: [ObjectKind; 8] = [
    ObjectKind::Image,
    ObjectKind::Video,
    ObjectKind::Report,
    ObjectKind::Document,
    ObjectKind::Presentation,
    ObjectKind::KeyObjects,
    ObjectKind::Waveform,
    ObjectKind::Other,
];

impl From<Received> for Facts {
    fn from(received: Received) -> Self {
        let Received { patient, study, series, instance } = received;
        let kind = KINDS.iter().position(|kind| *kind == instance.kind).unwrap_or(KINDS.len() - 1);
        Self {
            patient: (
                patient.name.into_inner(),
                patient.id.into_inner(),
                patient.birth_date.map(Pii::into_inner),
            ),
            study: (study.uid, study.date, study.description),
            series: (series.uid, series.modality, series.number, series.description),
            uid: instance.uid,
            class_uid: instance.class_uid,
            transfer_syntax_uid: instance.transfer_syntax_uid,
            kind: kind as u8,
            frames: instance.frames,
            rows: instance.rows,
            columns: instance.columns,
            number: instance.number,
            position: instance.position,
            orientation: instance.orientation,
            windows: instance
                .windows
                .into_iter()
                .map(|preset| (preset.window.center, preset.window.width, preset.explanation))
                .collect(),
            is_lossy: instance.is_lossy,
            bytes: instance.bytes,
            content: instance.content.0,
            details: instance.details,
        }
    }
}

impl From<Facts> for Received {
    fn from(facts: Facts) -> Self {
        let (name, id, birth_date) = facts.patient;
        let preset =
            |(center, width, explanation)| WindowPreset { window: Window { center, width }, explanation };
        Self {
            patient: PatientFacts {
                name: Pii::new(name),
                id: Pii::new(id),
                birth_date: birth_date.map(Pii::new),
            },
            study: StudyFacts { uid: facts.study.0, date: facts.study.1, description: facts.study.2 },
            series: SeriesFacts {
                uid: facts.series.0,
                modality: facts.series.1,
                number: facts.series.2,
                description: facts.series.3,
            },
            instance: InstanceFacts {
                uid: facts.uid,
                class_uid: facts.class_uid,
                transfer_syntax_uid: facts.transfer_syntax_uid,
                kind: KINDS.get(usize::from(facts.kind)).copied().unwrap_or(ObjectKind::Other),
                frames: facts.frames,
                rows: facts.rows,
                columns: facts.columns,
                number: facts.number,
                position: facts.position,
                orientation: facts.orientation,
                windows: facts.windows.into_iter().map(preset).collect(),
                is_lossy: facts.is_lossy,
                bytes: facts.bytes,
                content: ContentHash(facts.content),
                details: facts.details,
            },
        }
    }
}

impl From<Inspection> for Answer {
    fn from(inspection: Inspection) -> Self {
        let Inspection { received, photometric, bits_stored, samples, is_cut } = inspection;
        Self::Inspection { facts: Box::new(received.into()), photometric, bits_stored, samples, is_cut }
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message is too long")
}

fn head(json: &[u8], payload: &[u8]) -> io::Result<[u8; 8]> {
    let json = u32::try_from(json.len()).map_err(|_| too_long())?.to_le_bytes();
    let payload = u32::try_from(payload.len()).map_err(|_| too_long())?.to_le_bytes();
    let mut head = [0; 8];
    head[..4].copy_from_slice(&json);
    head[4..].copy_from_slice(&payload);
    Ok(head)
}

fn lengths(head: [u8; 8]) -> (usize, usize) {
    let length = |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    (length(&head[..4]), length(&head[4..]))
}

/// The child's side: the next request and the files that it is about, or `None` when the parent is gone.
pub(super) fn read_request(from: &mut UnixStream) -> io::Result<Option<(Request, Vec<File>)>> {
    // Nobody asks again before they are answered, so that what comes at once is of one request.
    let mut message = [0; SHORT];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::io::retry_on_intr(|| {
        let mut into = [IoSliceMut::new(&mut message)];
        rustix::net::recvmsg(&*from, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC)
    })?;
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received.map(File::from));
        }
    }
    if received.bytes == 0 {
        return Ok(None);
    }
    let mut there = received.bytes;
    if there < LENGTH {
        from.read_exact(&mut message[there..LENGTH])?;
        there = LENGTH;
    }
    let (length, begun) = message[..there].split_first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut text = vec![0; u32::from_le_bytes(*length) as usize];
    let (come, missing) = text.split_at_mut_checked(begun.len()).ok_or_else(too_long)?;
    come.copy_from_slice(begun);
    from.read_exact(missing)?;
    Ok(Some((serde_json::from_slice(&text)?, files)))
}

/// The child's side: an answer and the bytes that follow it.
pub(super) fn write_answer(to: &mut impl Write, answer: &Answer, payload: &[u8]) -> io::Result<()> {
    let mut json = serde_json::to_vec(answer)?;
    let mut payload = payload;
    if json.len() > MAX_WORDS {
        json = serde_json::to_vec(&Answer::Failed("its header says more than can be kept".to_owned()))?;
        payload = &[];
    }
    let head = head(&json, payload)?;
    // In one piece where the pipe takes it: whoever waits is woken once, and finds all of it.
    let mut left = &mut [IoSlice::new(&head), IoSlice::new(&json), IoSlice::new(payload)][..];
    while !left.is_empty() {
        match to.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    to.flush()
}

/// The parent's side.
pub(super) async fn send_request(
    to: &mut tokio::net::UnixStream,
    request: &Request,
    object: &File,
    state: Option<&File>,
) -> io::Result<()> {
    let json = serde_json::to_vec(request)?;
    let mut message = u32::try_from(json.len()).map_err(|_| too_long())?.to_le_bytes().to_vec();
    message.extend_from_slice(&json);
    let files: Vec<_> = std::iter::once(object).chain(state).map(File::as_fd).collect();
    let socket = &*to;
    let send = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&files));
        let from = [IoSlice::new(&message)];
        Ok(rustix::net::sendmsg(socket, &from, &mut control, SendFlags::NOSIGNAL)?)
    };
    let sent = socket.async_io(Interest::WRITABLE, send).await?;
    to.write_all(message.get(sent..).unwrap_or_default()).await
}

/// The parent's side: the answer to a request, or the first word of a child.
pub(super) async fn receive_answer(
    from: &mut (impl AsyncRead + Unpin),
    request: Option<&Request>,
) -> io::Result<(Answer, Vec<u8>)> {
    let mut head = [0; 8];
    from.read_exact(&mut head).await?;
    let (json, payload) = lengths(head);
    if json > MAX_WORDS || payload > request.map_or(0, Request::most_bytes) {
        return Err(too_long());
    }
    let mut text = vec![0; json];
    from.read_exact(&mut text).await?;
    // A picture is large enough that zeroes before it would be seen in its time.
    let mut bytes = Vec::with_capacity(payload);
    while bytes.len() < payload {
        let left = (payload - bytes.len()) as u64;
        if (&mut *from).take(left).read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((serde_json::from_slice(&text)?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes at a time, and is interrupted before each.
    struct Narrow {
        most: usize,
        is_interrupted: bool,
        taken: Vec<u8>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
            self.is_interrupted = !self.is_interrupted;
            if self.is_interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let before = self.taken.len();
            self.taken.extend(slices.iter().flat_map(|slice| slice.iter()).take(self.most));
            Ok(self.taken.len() - before)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn values(columns: u32) -> (Answer, Request) {
        let answer = Answer::Values { rows: 1, columns, samples: 1, kind: "u1".to_owned() };
        (answer, Request::Values { frame: 1 })
    }

    /// What a pipe takes in parts comes whole, wherever it is cut: in the lengths, in the words, in the bytes.
    #[tokio::test]
    async fn an_answer_that_is_taken_in_parts_comes_whole() {
        let payload: Vec<u8> = (0..1000_u32).map(|number| number as u8).collect();
        let (answer, request) = values(1000);
        for most in (1..200).chain([999, 10_000]) {
            let mut narrow = Narrow { most, is_interrupted: false, taken: Vec::new() };
            write_answer(&mut narrow, &answer, &payload).unwrap();
            let mut from = &narrow.taken[..];
            let (read, bytes) = receive_answer(&mut from, Some(&request)).await.unwrap();
            assert!(matches!(read, Answer::Values { columns: 1000, .. }), "{most}");
            assert!(bytes == payload && from.is_empty(), "{most}");
        }
        let mut full = Narrow { most: 0, is_interrupted: false, taken: Vec::new() };
        let error = write_answer(&mut full, &answer, &payload).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }

    /// A child that lies about lengths is not believed, and one that ends in the middle is told from one that is done.
    #[tokio::test]
    async fn an_answer_that_is_longer_than_its_question_or_cut_is_refused() {
        let (answer, request) = values(8);
        let mut whole = Vec::new();
        write_answer(&mut whole, &answer, &[7; 8]).unwrap();
        for length in 0..whole.len() {
            let cut = receive_answer(&mut &whole[..length], Some(&request)).await;
            assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
        let nothing = Request::Warm { content: [0; 32], frame: 1 };
        let error = receive_answer(&mut &whole[..], Some(&nothing)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    /// Requests in one piece, byte by byte, and larger than what is read at once.
    #[test]
    fn a_request_comes_whole_however_it_is_cut() {
        let json = serde_json::to_vec(&Request::Values { frame: 77 }).unwrap();
        let mut long = json.clone();
        long.resize(3 * SHORT, b' ');
        for (text, piece) in [(&json, 1), (&json, 3), (&json, SHORT), (&long, 1000), (&long, 4 * SHORT)] {
            let (mut to, mut from) = UnixStream::pair().unwrap();
            let mut message = (text.len() as u32).to_le_bytes().to_vec();
            message.extend_from_slice(text);
            let sender = std::thread::Builder::new().name("sender".to_owned()).spawn(move || {
                for part in message.chunks(piece) {
                    to.write_all(part).unwrap();
                }
            });
            let sender = sender.unwrap();
            let (request, files) = read_request(&mut from).unwrap().unwrap();
            assert!(matches!(request, Request::Values { frame: 77 }) && files.is_empty(), "{piece}");
            sender.join().unwrap();
            assert!(read_request(&mut from).unwrap().is_none());
        }
    }
}
