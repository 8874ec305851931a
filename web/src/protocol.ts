// Made from src/protocol by `UPDATE=1 cargo test --test it protocol`. Do not edit.

export const PROTOCOL = 2;

export type RoleWord = "patient" | "relative" | "interpreter" | "practitioner";

export type StaffRoleWord = "secretary" | "doctor" | "radiologist" | "administrator";

export type LanguageWord = "fr" | "en";

export type AppointmentStatusWord = "booked" | "arrived" | "fulfilled" | "cancelled" | "noshow";

export type PlaceWord = "invited" | "testing" | "waiting" | "admitted" | "in_call" | "lost" | "left" | "removed";

export type OutcomeWord = "completed" | "follow_up" | "by_telephone" | "in_person" | "not_held";

export type DeviceStateWord = "works" | "refused" | "missing" | "in_use" | "off";

export type SourceWord = "microphone" | "auscultation" | "camera" | "second_camera" | "screen" | "screen_sound";

export type DirectionWord = "publish" | "subscribe";

export type DoorWord = "open" | "too_early" | "expired" | "revoked" | "unknown" | "cancelled" | "over";

export type PathWord = "udp" | "tcp" | "relay_udp" | "relay_tcp" | "relay_tls";

export type QualityWord = "good" | "fair" | "poor" | "lost";

export type PausedReason = "bandwidth" | "off";

export type TelephoneReason = "no_video" | "no_sound" | "network" | "device" | "other";

export type IncidentWord = "heavy_loss" | "high_delay" | "long_freeze" | "broken_sound" | "many_reconnections" | "relay_only" | "no_udp" | "no_microphone" | "no_camera";

export type PictureFormatWord = "png" | "jpeg";

export type ContentWord = "pictures" | "text" | "pages" | "sound" | "awaited";

export type CalibrationWord = "patient" | "fiducial" | "detector" | "magnification" | "scanned" | "ultrasound";

export type ShapeWord = "points" | "polyline" | "curve" | "circle" | "ellipse" | "text";

export type ObjectKindWord = "image" | "video" | "report" | "document" | "presentation" | "key_objects" | "waveform" | "other";

export type SelfTestWord = "not_run" | "passed" | "failed";

export type ProblemCode = "bad_request" | "not_found" | "too_large" | "too_many" | "unsupported_protocol" | "out_of_order" | "internal" | "unavailable" | "sign_in_needed" | "not_allowed" | "foreign_origin" | "no_role" | "sign_in_expired" | "sign_in_refused" | "provider_unreachable" | "in_the_past" | "too_far_ahead" | "ends_before_it_starts" | "too_long" | "not_one_patient" | "no_practitioner" | "practitioner_twice" | "too_many_people" | "name_missing" | "service_missing" | "note_too_long" | "unknown_practitioner" | "practitioner_busy" | "wrong_status" | "link_unknown" | "link_expired" | "link_revoked" | "too_early" | "appointment_cancelled" | "consultation_over" | "not_admitted" | "not_waiting" | "not_in_call" | "not_presenter" | "nothing_shared" | "unknown_participant" | "unknown_series" | "bad_media" | "locked" | "wrong_file_kind" | "not_dicom" | "no_images" | "unsafe_archive" | "archive_too_large" | "other_patient" | "cannot_show" | "storage_full";

export type Problem = { status: number, code: ProblemCode, 
/**
 * One English sentence for the log of whoever called; no personal data.
 */
detail: string, };

export type OfferedTrack = { mid: string, source: SourceWord, };

export type WatchedTrack = { participant: string, source: SourceWord, width: number, height: number, 
/**
 * The person chose to see this one large.
 */
isPinned: boolean, };

export type ClientMessage = { "type": "hello", protocol: number, language: LanguageWord, link?: string, appointment?: string, 
/**
 * From the last `welcome` of this person and appointment: the device takes its place again, and its media go on.
 */
resume?: string, } | { "type": "ready", request: number, camera: DeviceStateWord, microphone: DeviceStateWord, } | { "type": "enter", request: number, } | { "type": "leave", request: number, } | { "type": "admit", request: number, participant: string, } | { "type": "put_back", request: number, participant: string, } | { "type": "remove", request: number, participant: string, } | { "type": "end", request: number, outcome: OutcomeWord, } | { "type": "publish_offer", generation: number, sdp: string, tracks: Array<OfferedTrack>, } | { "type": "subscribe_answer", generation: number, sdp: string, } | { "type": "restart_subscribe", } | { "type": "mute", source: SourceWord, isMuted: boolean, } | { "type": "watch", tracks: Array<WatchedTrack>, 
/**
 * The person asked to spare a paid or slow connection.
 */
isSavingData: boolean, 
/**
 * No video at all.
 */
isVideoOff: boolean, } | { "type": "quality", direction: DirectionWord, path: PathWord, 
/**
 * Packets that did not arrive, in percent.
 */
lossPct: number, 
/**
 * Round trip, ms.
 */
rttMs: number, jitterMs: number, 
/**
 * How long pictures stood still, ms.
 */
freezesMs: number, 
/**
 * Sound that was made up because packets were missing, in percent.
 */
concealedPct: number, bitrateKbps: number, } | { "type": "chat", request: number, text: string, } | { "type": "mute_other", request: number, participant: string, source: SourceWord, } | { "type": "lock", request: number, isLocked: boolean, } | { "type": "telephone", request: number, isOver: boolean, reason?: TelephoneReason, } | { "type": "share", request: number, series: string, } | { "type": "stop_sharing", request: number, } | { "type": "present", request: number, } | { "type": "scroll", index: number, } | { "type": "set_window", center: number, width: number, } | { "type": "reset_window", } | { "type": "set_alternative", alternative: number, } | { "type": "set_layers", isOverlaid: boolean, isShuttered: boolean, } | { "type": "set_state", state?: string, } | { "type": "set_inverted", isInverted: boolean, } | { "type": "set_view", zoom: number, centerX: number, centerY: number, quarterTurns: number, isFlipped: boolean, } | { "type": "reset_view", } | { "type": "point", x: number, y: number, } | { "type": "unpoint", } | { "type": "surface", width: number, height: number, } | { "type": "drawn", sequence: number, } | { "type": "ping", };

export type Place = { state: PlaceWord, 
/**
 * When this state began; absent for `invited`.
 */
since?: string, 
/**
 * For `lost`: until when the place is kept.
 */
until?: string, };

export type Person = { participant: string, role: RoleWord, name: string, place: Place, 
/**
 * What the device check found; only staff get it.
 */
camera?: DeviceStateWord, microphone?: DeviceStateWord, 
/**
 * Sources that this person sends now and has switched off.
 */
muted: Array<SourceWord>, };

export type SubscribedTrack = { mid: string, participant: string, source: SourceWord, };

export type IceServer = { urls: Array<string>, username: string, credential: string, };

export type TelephoneState = { since: string, reason: TelephoneReason, };

export type ChatLine = { id: string, participant: string, name: string, at: string, text: string, };

export type SharedFile = { id: string, participant: string, name: string, fileName: string, bytes: number, 
/**
 * What its bytes are, whatever its name says.
 */
mediaType: string, at: string, };

export type WindowState = { center: number, width: number, };

export type AlternativeState = { 
/**
 * The object's own words; may be empty.
 */
explanation: string, 
/**
 * Absent for a table.
 */
window?: WindowState, };

export type EdgesState = { left: string, right: string, top: string, bottom: string, };

export type CalibrationState = { widthMm: number, heightMm: number, source: CalibrationWord, 
/**
 * Left, top, right, bottom in pixels of the source; absent: everywhere.
 */
region?: [number, number, number, number], };

export type LossyState = { ratio?: number, 
/**
 * As DICOM names it; may be empty.
 */
method: string, };

export type StateChoice = { state: string, 
/**
 * Its own words; may be empty.
 */
label: string, };

export type GraphicState = { shape: ShapeWord, 
/**
 * Along columns and rows: in units of the frame (0..1), or of the screen when `isOnScreen`. Circle: centre, then a point on it. Ellipse: ends of
 * the long axis, then of the short one. Text: box (top left, bottom right) or one anchor; a third point is where a line leads.
 */
points: Array<[number, number]>, isOnScreen: boolean, isFilled: boolean, 
/**
 * `#rrggbb`
 */
color?: string, 
/**
 * For text.
 */
text?: string, };

export type CineState = { 
/**
 * From a frame to the next, ms.
 */
frameMs: number, 
/**
 * Where it differs from frame to frame; empty otherwise.
 */
framesMs: Array<number>, 
/**
 * Forth and back instead of around.
 */
isSweep: boolean, 
/**
 * First and last place to play, from 0.
 */
first: number, last: number, };

export type SectionState = { 
/**
 * May be empty.
 */
heading: string, 
/**
 * Paragraphs, separated by line breaks; may be empty.
 */
text: string, 
/**
 * How many images the part refers to.
 */
images: number, sections: Array<SectionState>, };

export type DocumentState = { title: string, 
/**
 * Names and values, in this order.
 */
facts: Array<[string, string]>, sections: Array<SectionState>, };

export type Shown = { series: string, modality: string, 
/**
 * Study and series description; empty for plain files. No name of a person.
 */
title: string, 
/**
 * Place in the stack from 0, and its length.
 */
index: number, count: number, 
/**
 * What is on show at this place: pictures, or the content of another object.
 */
content: ContentWord, 
/**
 * Size of the frame in pixels of the source; 0 for what is no picture.
 */
columns: number, rows: number, 
/**
 * Height over width of the frame as it must be shown, pixel aspect ratio counted in.
 */
aspect: number, 
/**
 * The window that is in force; absent for colour.
 */
window?: WindowState, 
/**
 * What the object offers to spread over the greys, the default first; tables have no window.
 */
alternatives: Array<AlternativeState>, 
/**
 * The alternative that the presenter chose; absent for the default and for a window of their own.
 */
alternative?: number, isInverted: boolean, 
/**
 * Overlay planes are drawn, if there are any; so shutters.
 */
hasOverlays: boolean, isOverlaid: boolean, hasShutters: boolean, isShuttered: boolean, zoom: number, 
/**
 * The point of the frame at the middle of the screen, along columns and rows of the source, whatever the turn.
 */
centerX: number, centerY: number, 
/**
 * Quarter turns clockwise, 0..=3; then left and right exchanged.
 */
quarterTurns: number, isFlipped: boolean, 
/**
 * What lies at the edges as shown now, turned and flipped; absent where the object does not say.
 */
edges?: EdgesState, 
/**
 * Side of the body, and view, in the object's words; may be empty.
 */
laterality: string, viewPosition: string, 
/**
 * What a pixel measures; none where lengths are not known.
 */
calibrations: Array<CalibrationState>, 
/**
 * The object itself was compressed with loss.
 */
lossySource?: LossyState, 
/**
 * What is missing of the frame: one sentence in English.
 */
damage?: string, 
/**
 * The pixels themselves may name the patient.
 */
isBurnedIn: boolean, 
/**
 * Presentation states that fit, and the one that is applied.
 */
states: Array<StateChoice>, state?: string, 
/**
 * What the presentation state draws.
 */
graphics: Array<GraphicState>, 
/**
 * How the stack plays; absent where nothing is said and there is one frame.
 */
cine?: CineState, };

export type ViewingState = { revision: number, 
/**
 * Who changes the view; absent while nobody presents.
 */
presenter?: string, 
/**
 * Absent while nothing is shared.
 */
shown?: Shown, };

export type ServerMessage = { "type": "welcome", protocol: number, 
/**
 * This person.
 */
participant: string, 
/**
 * The appointment, by whose address files are handed over.
 */
appointment: string, role: RoleWord, startsAt: string, endsAt: string, place: Place, 
/**
 * UTC now, to show "since" truly on a device with a wrong clock.
 */
now: string, 
/**
 * Shown in the `hello` after a lost connection, within 60 seconds, it brings this device back to its place.
 */
resume: string, 
/**
 * Relays that this person's connections may use, with credentials that end.
 */
iceServers: Array<IceServer>, 
/**
 * Nobody new comes in at present.
 */
isLocked: boolean, 
/**
 * The visit goes on by telephone. Staff and people in the call are told.
 */
telephone?: TelephoneState, } | { "type": "accepted", request: number, } | { "type": "rejected", request: number, code: ProblemCode, detail: string, } | { "type": "problem", code: ProblemCode, detail: string, } | { "type": "place", place: Place, } | { "type": "people", revision: number, people: Array<Person>, } | { "type": "taken_over", } | { "type": "ended", outcome?: OutcomeWord, status: AppointmentStatusWord, } | { "type": "publish_answer", generation: number, sdp: string, } | { "type": "subscribe_offer", generation: number, sdp: string, tracks: Array<SubscribedTrack>, } | { "type": "media", direction: DirectionWord, isConnected: boolean, } | { "type": "muted", participant: string, source: SourceWord, isMuted: boolean, } | { "type": "layers_wanted", source: SourceWord, rids: Array<string>, } | { "type": "speaker", participant?: string, } | { "type": "video_paused", participant: string, source: SourceWord, isPaused: boolean, reason: PausedReason, } | { "type": "slow_uplink", isSlow: boolean, } | { "type": "quality_of", participant: string, word: QualityWord, } | { "type": "chat_line" } & ChatLine | { "type": "chat_history", lines: Array<ChatLine>, files: Array<SharedFile>, } | { "type": "file_shared" } & SharedFile | { "type": "mute_asked", source: SourceWord, } | { "type": "locked", isLocked: boolean, } | { "type": "telephone", state?: TelephoneState, } | { "type": "viewing" } & ViewingState | { "type": "pointer", participant: string, x: number, y: number, } | { "type": "pointer_gone", participant: string, } | { "type": "document", revision: number, index: number, document: DocumentState, } | { "type": "frame_failed", revision: number, detail: string, } | { "type": "studies_changed", } | { "type": "pong", };

export type AgendaMessage = { "type": "agenda_changed", };

export type PictureHeader = { 
/**
 * Counts the pictures of this connection; `drawn` repeats it. At most two are under way.
 */
sequence: number, 
/**
 * Revision of the viewing that the picture shows.
 */
revision: number, 
/**
 * Place in the stack, from 0.
 */
index: number, width: number, height: number, format: PictureFormatWord, 
/**
 * The rendered pixels exactly; otherwise the client shows the lossy mark until the sharp one is there.
 */
isLossless: boolean, };

export type ContentHeader = { 
/**
 * Revision of the viewing that shows it.
 */
revision: number, 
/**
 * Place in the stack, from 0.
 */
index: number, 
/**
 * `application/pdf`, `audio/wav`.
 */
mediaType: string, };

export type HospitalFacts = { name: string, 
/**
 * Where a person in trouble gets help.
 */
telephone: string, 
/**
 * IANA name; times are shown in it.
 */
timeZone: string, 
/**
 * A demonstration with synthetic people: the page says so.
 */
isDemo: boolean, version: string, };

export type Me = { practitioner: string, name: string, roles: Array<StaffRoleWord>, };

export type SignedOut = { next: string, };

export type PractitionerEntry = { practitioner: string, name: string, roles: Array<StaffRoleWord>, };

export type BookingRequest = { 
/**
 * RFC 3339 with offset.
 */
startsAt: string, endsAt: string, service: string, 
/**
 * Guests: exactly one patient, any number of relatives and interpreters.
 */
guests: Array<GuestRequest>, 
/**
 * Identifiers of practitioners, at least one.
 */
practitioners: Array<string>, note: string, };

export type GuestRequest = { role: RoleWord, name: string, language: LanguageWord, };

export type Booked = { appointment: AppointmentEntry, links: Array<IssuedLink>, };

export type IssuedLink = { participant: string, role: RoleWord, name: string, 
/**
 * The whole address; its secret stands behind `#`, which browsers send to nobody.
 */
address: string, expiresAt: string, };

export type AppointmentEntry = { appointment: string, startsAt: string, endsAt: string, service: string, status: AppointmentStatusWord, outcome?: OutcomeWord, participants: Array<ParticipantEntry>, note: string, 
/**
 * The reader is booked in it, so may enter its consultation.
 */
mayEnter: boolean, 
/**
 * The reader may cancel it and replace its links.
 */
mayChange: boolean, };

export type ParticipantEntry = { participant: string, role: RoleWord, name: string, place: Place, 
/**
 * For guests: whether their link opens now.
 */
link?: DoorWord, };

export type LookRequest = { link: string, };

export type Look = { door: DoorWord, 
/**
 * UTC now, for the countdown on a device with a wrong clock.
 */
now: string, 
/**
 * Absent for unknown and revoked links.
 */
startsAt?: string, 
/**
 * For early ones: when the door opens.
 */
opensAt?: string, };

export type StudyEntry = { study: string, 
/**
 * `2026-11-18`, absent when the objects do not say.
 */
date?: string, description: string, 
/**
 * As the objects say it.
 */
patientName: string, 
/**
 * The objects name somebody else than the patient of the appointment: shown with a warning, never hidden.
 */
isOtherPatient: boolean, series: Array<SeriesEntry>, };

export type SeriesEntry = { series: string, modality: string, number?: number, description: string, kind: ObjectKindWord, 
/**
 * Frames that can be shown.
 */
frames: number, bytes: number, };

export type Receipt = { 
/**
 * Objects taken in; those that were there already count too.
 */
received: number, 
/**
 * The files of these objects, in the order of the upload.
 */
files: Array<ReceivedFile>, 
/**
 * Whom the objects name, each once.
 */
patients: Array<FoundPatient>, 
/**
 * Files that are no part of a study, such as a viewer program on a CD.
 */
ignored: Array<string>, refused: Array<RefusedFile>, };

export type ReceivedFile = { name: string, 
/**
 * Whose it is: a place in `patients`, from 0.
 */
patient: number, };

export type FoundPatient = { name: string, 
/**
 * `1961-04-23`, absent when the objects do not say.
 */
birthDate?: string, objects: number, 
/**
 * Not the patient of the appointment, by name.
 */
isOtherPatient: boolean, };

export type RefusedFile = { name: string, code: ProblemCode, 
/**
 * One English sentence.
 */
reason: string, };

export type QualityRecord = { 
/**
 * People who were in the call, in the order of the appointment.
 */
people: Array<PersonQuality>, 
/**
 * When the visit went on by telephone, oldest first.
 */
telephone: Array<TelephoneEntry>, };

export type PersonQuality = { participant: string, role: RoleWord, name: string, paths: Array<PathQuality>, 
/**
 * Each once, the gravest first.
 */
incidents: Array<IncidentWord>, };

export type PathQuality = { direction: DirectionWord, path: PathWord, 
/**
 * Measurements, and the time that they cover.
 */
reports: number, seconds: number, meanLossPct: number, maxLossPct: number, meanRttMs: number, maxRttMs: number, meanJitterMs: number, maxJitterMs: number, meanConcealedPct: number, maxConcealedPct: number, meanBitrateKbps: number, 
/**
 * How long pictures stood still, altogether and in the worst measurement, ms.
 */
freezesMs: number, longestFreezesMs: number, 
/**
 * How often the connection came back after it was lost.
 */
reconnections: number, };

export type TelephoneEntry = { since: string, 
/**
 * Absent while it does.
 */
until?: string, reason: TelephoneReason, 
/**
 * The participant who said so.
 */
by: string, };

export type DiagReport = { version: string, 
/**
 * UTC now.
 */
now: string, 
/**
 * Address and UDP port that browsers are told.
 */
announced: Array<string>, rungs: Array<DiagRung>, relayUrls: Array<string>, 
/**
 * The relay is one of the hospital's, not the gateway's own.
 */
isRelayExternal: boolean, 
/**
 * The gateway's own test of its own relay, at the start.
 */
selfTest: SelfTestWord, 
/**
 * One English sentence, when it failed.
 */
selfTestDetail?: string, };

export type DiagRung = { path: PathWord, 
/**
 * Where it leads: `203.0.113.5:7882`, or addresses of a relay.
 */
targets: Array<string>, 
/**
 * A session description.
 */
answer: string, 
/**
 * Good for five minutes. Empty for the ways without a relay, and for a relay of the hospital's when nobody is signed in.
 */
iceServers: Array<IceServer>, };
