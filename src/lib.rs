//! Parvis: a hospital's own gateway for video consultations with its medical images.
//!
//! This file is the table of contents. ARCHITECTURE.md draws the arrows; `tests/it/architecture.rs` holds them.

// Pure cores: told the time, return effects, never wait.
pub mod audit; // the trail of what is done with patients' data: a chain that proves itself
pub mod clinical; // rules of appointments, consultations, participants and permissions
pub mod imaging; // from DICOM bytes to a rendered frame under a presentation
pub mod paper; // blocks of words and pictures as a PDF that lasts
pub mod protocol; // what goes over the wire
pub mod relay; // TURN for networks that block UDP: leads into the forwarding and nowhere else
pub mod report; // what a practitioner signs of a consultation: as PDF and as FHIR
pub mod room; // the state machine of one call
pub mod stun; // STUN messages, read and written
pub mod summary; // what a patient takes home: plain words and images as PDF
pub mod viewing; // the state machine of one shared viewing

// Settings, redaction, time and chance.
pub mod clock;
pub mod config;
pub mod sealing; // keys, and the encryption of what is kept
pub mod secret;
pub mod tasks; // named tasks with an end

// Adapters: do things, decide nothing.
pub mod acme; // orders certificates
pub mod archive; // bytes of instances, bounded decoding, caches
pub mod backup; // everything that is kept in one sealed file, and back
pub mod egress; // every HTTP request to somebody else: to whom the settings name, and nowhere else
pub mod live; // one task a consultation: marries the cores with sfu, archive, store and sockets
pub mod login; // proves who somebody is, keeps them logged in
pub mod metrics; // figures for the hospital's monitoring
pub mod outbox; // e-mail and SMS: a queue, and the two ways out
pub mod pacs; // asks archives of images (DICOMweb) for the studies of one patient
pub mod port; // one TCP port for HTTP, ICE-TCP, the relay and TLS
pub mod retention; // deletes what has been kept long enough, with proof
pub mod sfu; // packets and peer connections
pub mod store; // rows in and out
pub mod telemetry; // logs
pub mod trail; // takes records, signs the chain by the hour, tells other systems
pub mod web; // HTTP and WebSocket edge

// Wiring.
pub mod app;
pub mod command; // the verbs of the command line
pub mod demo; // synthetic people, appointments, studies and an identity provider, on loopback only
