//! Every figure that has a name, measured in this version or not.

/// Figures that belong together.
pub struct Part {
    /// As `ONLY` names it; `join` runs with `start`, `first_image` with `render`.
    pub key: &'static str,
    pub title: &'static str,
    pub figures: &'static [&'static str],
}

pub const CONTRACT: [Part; 7] = [
    Part { key: "start", title: "Start and idle", figures: &["start.ready_ms", "idle.rss_mb"] },
    Part {
        key: "join",
        title: "Joining a call",
        figures: &["join.first_frame_ms.p95", "keyframe.late_joiner_ms.p95"],
    },
    Part {
        key: "viewing",
        title: "Shared viewing",
        figures: &[
            "drag.bytes_ms.p50",
            "drag.bytes_ms.p99",
            "drag.drawn_ms.p50",
            "drag.drawn_ms.p99",
            "scroll.fps.1",
            "scroll.fps.8",
            "scroll.fps.32",
        ],
    },
    Part {
        key: "first_image",
        title: "First image after share",
        figures: &[
            "first_image.ct_raw_ms.p95",
            "first_image.ct_jpegll_ms.p95",
            "first_image.cr_raw_ms.p95",
            "first_image.cr_j2k_ms.p95",
        ],
    },
    Part {
        key: "render",
        title: "Rendering and decoding, against Orthanc",
        figures: &[
            "render.ct512.jpeg.cpu_ms",
            "render.ct512.png.cpu_ms",
            "render.cr.viewport.cpu_ms",
            "render.cr.png.cpu_ms",
            "decode.jpeg12.ct.cpu_ms",
            "decode.jpeg12.cr.cpu_ms",
            "decode.jpeg_lossless.ct.cpu_ms",
            "decode.jpeg_lossless.cr.cpu_ms",
            "decode.jpeg_ls.ct.cpu_ms",
            "decode.jpeg_ls.cr.cpu_ms",
            "decode.j2k.ct.cpu_ms",
            "decode.j2k.cr.cpu_ms",
        ],
    },
    Part {
        key: "sfu",
        title: "Forwarding media, against Janus",
        figures: &[
            "sfu.2x20.cpu_us_per_packet",
            "sfu.2x20.latency_ms.p50",
            "sfu.2x20.latency_ms.p95",
            "sfu.rooms3.cpu_us_per_packet",
            "sfu.rooms3.per_core",
            "sfu.memory_mb_per_participant",
        ],
    },
    Part {
        key: "net",
        title: "Bad networks",
        figures: &[
            "net.loss20.concealment_pct",
            "net.blackout10.audio_back_ms.p95",
            "net.blackout10.video_back_ms.p95",
            "net.restart.rejoin_ms.p95",
            "net.address.audio_gap_ms.max",
            "net.address.video_gap_ms.max",
        ],
    },
];
