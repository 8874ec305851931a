//! Every figure that has a name, measured in this version or not, with what it must reach and what it is to reach.

use crate::figure::Figure;

/// Figures that belong together.
pub struct Part {
    /// As `ONLY` names it; `join` runs with `start`, `first_image` with `render`.
    pub key: &'static str,
    pub title: &'static str,
    pub figures: &'static [Promise],
}

/// A figure, and what is promised of it.
pub struct Promise {
    pub name: &'static str,
    /// A version that misses it is not released: the run fails.
    pub must: Option<Bound>,
    pub goal: Option<Bound>,
    /// What keeps the figure from its goal, where it was last found missed.
    pub limit: &'static str,
}

/// Where a figure is to lie.
#[derive(Clone, Copy)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Against the peer in the same run.
    RatioAtMost(f64),
}

impl Bound {
    /// `None` where the figure has no peer to be compared with.
    pub fn is_met(self, figure: &Figure) -> Option<bool> {
        Some(match self {
            Self::AtMost(most) => figure.value <= most,
            Self::AtLeast(least) => figure.value >= least,
            Self::RatioAtMost(most) => figure.ratio? <= most,
        })
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::RatioAtMost(most) => write!(f, "ratio at most {most}"),
        }
    }
}

/// What is said of a measured figure, and whether it misses what it must reach.
pub struct Verdict {
    pub words: String,
    pub is_missed: bool,
}

impl Promise {
    pub fn judge(&self, figure: &Figure) -> Option<Verdict> {
        let judged = |bound: Option<Bound>| bound.and_then(|bound| Some((bound, bound.is_met(figure)?)));
        let (must, goal) = (judged(self.must), judged(self.goal));
        let word = |is_met: bool| if is_met { "reached" } else { "MISSED" };
        let mut words = Vec::new();
        if let Some((bound, is_met)) = must {
            words.push(format!("must be {bound}: {}", word(is_met)));
        }
        if let Some((bound, is_met)) = goal {
            let limit =
                if is_met || self.limit.is_empty() { String::new() } else { format!(" ({})", self.limit) };
            words.push(format!("goal {bound}: {}{limit}", if is_met { "reached" } else { "not reached" }));
        }
        let is_missed = must.is_some_and(|(_, is_met)| !is_met);
        (!words.is_empty()).then(|| Verdict { words: words.join("; "), is_missed })
    }
}

const fn told(name: &'static str) -> Promise {
    Promise { name, must: None, goal: None, limit: "" }
}

const fn promised(name: &'static str, must: Bound, goal: Bound, limit: &'static str) -> Promise {
    Promise { name, must: Some(must), goal: Some(goal), limit }
}

use Bound::{AtLeast, AtMost, RatioAtMost};

pub const CONTRACT: [Part; 8] = [
    Part { key: "start", title: "Start and idle", figures: &[told("start.ready_ms"), told("idle.rss_mb")] },
    Part {
        key: "join",
        title: "Joining a call",
        figures: &[
            promised(
                "join.first_frame_ms.p95",
                AtMost(1500.0),
                AtMost(500.0),
                "the browser needs most of it: two handshakes, the camera's first key frame, the decoder's start",
            ),
            promised(
                "keyframe.late_joiner_ms.p95",
                AtMost(500.0),
                AtMost(300.0),
                "a key frame is asked for at once; the encoder of the sending browser takes its time",
            ),
        ],
    },
    Part {
        key: "viewing",
        title: "Shared viewing",
        figures: &[
            promised(
                "drag.bytes_ms.p50",
                AtMost(4.0),
                AtMost(1.2),
                "one picture is rendered and encoded anew: see render.ct512",
            ),
            promised(
                "drag.bytes_ms.p99",
                AtMost(15.0),
                AtMost(4.0),
                "two wakes of threads and a pipe each way, on two cores",
            ),
            promised(
                "drag.drawn_ms.p50",
                AtMost(16.0),
                AtMost(9.0),
                "the browser decodes and draws at its next refresh",
            ),
            promised("drag.drawn_ms.p99", AtMost(50.0), AtMost(25.0), "as its median"),
            promised(
                "scroll.fps.1",
                AtLeast(30.0),
                AtLeast(60.0),
                "the readers ask 60 times a second at most",
            ),
            promised(
                "scroll.fps.8",
                AtLeast(30.0),
                AtLeast(60.0),
                "the readers ask 60 times a second at most",
            ),
            promised(
                "scroll.fps.32",
                AtLeast(30.0),
                AtLeast(60.0),
                "the readers and the gateway share two cores",
            ),
            promised(
                "scroll.renders.1",
                AtMost(4.0),
                AtMost(1.0),
                "a picture in motion and the sharp one at rest",
            ),
            promised(
                "scroll.renders.8",
                AtMost(8.0),
                AtMost(4.0),
                "four classes of surfaces, lossy and lossless",
            ),
            promised(
                "scroll.renders.32",
                AtMost(8.0),
                AtMost(4.0),
                "four classes of surfaces, lossy and lossless",
            ),
            told("scroll.cpu_ms.1"),
            told("scroll.cpu_ms.8"),
            told("scroll.cpu_ms.32"),
            told("viewing.first_image_ms.100m"),
            told("viewing.first_image_ms.4m"),
            told("viewing.first_image_ms.400k"),
            told("viewing.drag.bytes_per_s.100m"),
            told("viewing.drag.bytes_per_s.4m"),
            told("viewing.drag.bytes_per_s.400k"),
            told("viewing.drag.stale_ms.p95.100m"),
            told("viewing.drag.stale_ms.p95.4m"),
            told("viewing.drag.stale_ms.p95.400k"),
            told("viewing.rest_sharp_ms.100m"),
            told("viewing.rest_sharp_ms.4m"),
            told("viewing.rest_sharp_ms.400k"),
            told("viewing.linked4.fps.active"),
            told("viewing.linked4.fps.others"),
            told("viewing.linked4.stale_ms.p95.active.100m"),
            told("viewing.linked4.stale_ms.p95.others.100m"),
            told("viewing.linked4.stale_ms.p95.active.4m"),
            told("viewing.linked4.stale_ms.p95.others.4m"),
            told("viewing.linked4.stale_ms.p95.active.400k"),
            told("viewing.linked4.stale_ms.p95.others.400k"),
            told("viewing.linked4.rest_sharp_ms.active.100m"),
            told("viewing.linked4.rest_sharp_ms.others.100m"),
            told("viewing.linked4.rest_sharp_ms.active.4m"),
            told("viewing.linked4.rest_sharp_ms.others.4m"),
            told("viewing.linked4.rest_sharp_ms.active.400k"),
            told("viewing.linked4.rest_sharp_ms.others.400k"),
            promised(
                "viewing.open_study.memory_ratio",
                AtMost(1.25),
                AtMost(1.1),
                "copies scaled for the screens in use are kept beside the decoded frame",
            ),
        ],
    },
    Part {
        key: "first_image",
        title: "First image after share",
        figures: &[
            promised(
                "first_image.ct_raw_ms.p95",
                AtMost(20.0),
                AtMost(2.0),
                "the first of each series starts a decoder and reads the object",
            ),
            promised(
                "first_image.ct_jpegll_ms.p95",
                AtMost(40.0),
                AtMost(5.0),
                "lossless JPEG has no fast path",
            ),
            promised(
                "first_image.cr_raw_ms.p95",
                AtMost(100.0),
                AtMost(25.0),
                "15 MB are read, checked and scaled once",
            ),
            promised(
                "first_image.cr_j2k_ms.p95",
                AtMost(300.0),
                AtMost(120.0),
                "a quarter of the resolution still decodes every code block of it",
            ),
        ],
    },
    Part {
        key: "render",
        title: "Rendering and decoding, against Orthanc",
        figures: &[
            promised(
                "render.ct512.jpeg.cpu_ms",
                RatioAtMost(0.5),
                RatioAtMost(0.333),
                "half of it is the JPEG, and half of that its transform",
            ),
            promised(
                "render.ct512.png.cpu_ms",
                RatioAtMost(0.1),
                RatioAtMost(0.05),
                "the pipe to the decoder costs as much as the compression",
            ),
            promised(
                "render.cr.viewport.cpu_ms",
                RatioAtMost(0.05),
                RatioAtMost(0.02),
                "half of it is the JPEG of 833 x 1000 pixels, which have to be looked at",
            ),
            told("render.cr.png.cpu_ms"),
            told("decode.jpeg12.ct.cpu_ms"),
            told("decode.jpeg12.cr.cpu_ms"),
            told("decode.jpeg_lossless.ct.cpu_ms"),
            told("decode.jpeg_lossless.cr.cpu_ms"),
            told("decode.jpeg_ls.ct.cpu_ms"),
            told("decode.jpeg_ls.cr.cpu_ms"),
            told("decode.j2k.ct.cpu_ms"),
            told("decode.j2k.cr.cpu_ms"),
        ],
    },
    Part {
        key: "import",
        title: "Taking a study in",
        figures: &[told("import.ct500.ms"), told("import.ct500.mb_per_s"), told("import.ct500.sealing_pct")],
    },
    Part {
        key: "sfu",
        title: "Forwarding media, against Janus",
        figures: &[
            promised(
                "sfu.2x20.cpu_us_per_packet",
                RatioAtMost(0.3),
                RatioAtMost(0.18),
                "the way through the kernel and AES are most of it",
            ),
            told("sfu.2x20.latency_ms.p50"),
            promised(
                "sfu.2x20.latency_ms.p95",
                RatioAtMost(1.0),
                RatioAtMost(0.5),
                "the load generator shares the two cores",
            ),
            promised(
                "sfu.rooms3.cpu_us_per_packet",
                RatioAtMost(0.4),
                RatioAtMost(0.25),
                "two receivers a packet: few datagrams leave together",
            ),
            promised(
                "sfu.rooms3.per_core",
                AtLeast(40.0),
                AtLeast(100.0),
                "the way through the kernel and AES are most of it",
            ),
            promised(
                "sfu.memory_mb_per_participant",
                AtMost(2.0),
                AtMost(0.7),
                "packets of three layers are kept to be sent again",
            ),
            promised(
                "sfu.beside_rendering.later_ms.p99",
                AtMost(5.0),
                AtMost(1.0),
                "rendering, forwarding and the load generator share two cores",
            ),
        ],
    },
    Part {
        key: "net",
        title: "Bad networks",
        figures: &[
            promised(
                "net.loss20.concealment_pct",
                AtMost(15.0),
                AtMost(8.0),
                "sound is sent once more inside of the next packets, not more often",
            ),
            promised(
                "net.blackout10.audio_back_ms.p95",
                AtMost(2000.0),
                AtMost(1000.0),
                "the browser's checks",
            ),
            promised(
                "net.blackout10.video_back_ms.p95",
                AtMost(4000.0),
                AtMost(2000.0),
                "a key frame is due",
            ),
            promised(
                "net.restart.rejoin_ms.p95",
                AtMost(8000.0),
                AtMost(3000.0),
                "connections and handshakes are made anew",
            ),
            told("net.address.audio_gap_ms.max"),
            told("net.address.video_gap_ms.max"),
        ],
    },
];
