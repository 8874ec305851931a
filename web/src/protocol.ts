// Made from src/protocol by `UPDATE=1 cargo test --test it protocol`. Do not edit.

export const PROTOCOL = 5;

export type RoleWord = "patient" | "relative" | "interpreter" | "practitioner";

export type StaffRoleWord = "secretary" | "nurse" | "doctor" | "radiologist" | "administrator" | "auditor";

export type LanguageWord = "fr" | "en";

export type AppointmentStatusWord = "booked" | "arrived" | "fulfilled" | "cancelled" | "noshow";

export type PlaceWord = "invited" | "testing" | "waiting" | "admitted" | "in_call" | "lost" | "left" | "removed";

export type OutcomeWord = "completed" | "follow_up" | "by_telephone" | "in_person" | "not_held";

export type DeviceStateWord = "works" | "refused" | "missing" | "in_use" | "off";

export type SourceWord = "microphone" | "auscultation" | "camera" | "second_camera" | "screen" | "screen_sound";

export type DirectionWord = "publish" | "subscribe";

export type DoorWord = "open" | "too_early" | "expired" | "revoked" | "unknown" | "cancelled" | "moved" | "over";

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

export type LayoutWord = "one" | "side_by_side" | "stacked" | "four";

export type MarkShapeWord = "arrow" | "circle" | "freehand" | "text" | "number" | "length" | "angle" | "ellipse" | "rectangle" | "probe";

export type LengthUnitWord = "mm" | "px";

export type ValueUnitWord = "hu" | "stored";

export type MeasureRefusalWord = "different_regions" | "no_length_here" | "colour" | "outside_frame" | "clip" | "frame_failed";

export type WindowWord = "main" | "second";

export type StepCauseWord = "show" | "clear" | "layout" | "hand_over" | "describe" | "mark" | "scroll" | "window" | "view" | "stop" | "unwatched";

export type PatientPlaceWord = "at_home" | "room";

export type CalledOffWord = "moved" | "by_patient" | "by_staff";

export type WeekdayWord = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export type HolidayWord = "new_year" | "easter_monday" | "labour_day" | "victory1945" | "ascension" | "whit_monday" | "national_day" | "assumption" | "all_saints" | "armistice1918" | "christmas";

export type QueueStateWord = "waiting" | "taken" | "refused" | "left" | "gone";

export type SelfTestWord = "not_run" | "passed" | "failed";

export type AssuranceWord = "link_only" | "telephone" | "link_and_code" | "signed_in";

export type ReadySentenceWord = "soon_your_turn" | "thank_you_for_waiting" | "have_papers_ready" | "check_microphone" | "check_camera" | "go_to_quiet_place" | "we_will_call_you";

export type RefusalSentenceWord = "call_us" | "we_call_you" | "not_yours";

export type IdentityMeansWord = "document" | "known_to_me" | "recognised" | "said";

export type IdentityWord = "unchecked" | "begun" | "checked";

export type DocumentKindWord = "identity_card" | "passport" | "residence_permit" | "driving_licence" | "health_card" | "other";

export type SexWord = "female" | "male" | "indeterminate";

export type InsRegisterWord = "nir" | "nia" | "nir_test" | "nir_demo";

export type InsStatusWord = "provisional" | "retrieved" | "validated" | "qualified";

export type ProblemCode = "bad_request" | "not_found" | "too_large" | "too_many" | "unsupported_protocol" | "out_of_order" | "internal" | "unavailable" | "sign_in_needed" | "not_allowed" | "foreign_origin" | "ticket_needed" | "no_role" | "sign_in_expired" | "sign_in_refused" | "sign_in_untrusted" | "sign_in_weak" | "sign_in_not_fresh" | "sign_in_other_person" | "fresh_sign_in_needed" | "provider_unreachable" | "local_wrong" | "second_factor_wrong" | "local_locked" | "local_expired" | "address_closed" | "bad_user_name" | "user_name_taken" | "password_short" | "password_guessable" | "role_missing" | "own_account" | "bad_token" | "color_too_pale" | "bad_logo" | "bad_provider_key" | "provider_key_taken" | "bad_issuer" | "issuer_taken" | "bad_discovery" | "client_id_missing" | "client_secret_missing" | "bad_role_rules" | "egress_forbidden" | "set_in_file" | "last_way_in" | "mail_host_missing" | "mail_unprotected" | "mail_user_and_password" | "sender_missing" | "bad_sms_address" | "bad_sms_body" | "bad_sms_header" | "bad_pacs_key" | "pacs_key_taken" | "bad_pacs_address" | "pacs_unprotected" | "bad_pacs_sign_in" | "pacs_secret_missing" | "bad_domain" | "in_the_past" | "too_far_ahead" | "ends_before_it_starts" | "too_long" | "not_one_patient" | "no_practitioner" | "practitioner_twice" | "too_many_people" | "name_missing" | "service_missing" | "note_too_long" | "bad_email" | "bad_telephone" | "bad_birth_date" | "unknown_service" | "service_name_taken" | "bad_service" | "unknown_practitioner" | "practitioner_busy" | "wrong_status" | "template_refused" | "link_unknown" | "link_expired" | "link_revoked" | "too_early" | "appointment_cancelled" | "consultation_over" | "pass_needed" | "not_admitted" | "not_recognised" | "consent_needed" | "not_waiting" | "not_in_call" | "not_presenter" | "nothing_shared" | "unknown_participant" | "unknown_series" | "bad_media" | "locked" | "wrong_file_kind" | "identity_not_compared" | "ins_name" | "ins_birth_date" | "ins_birth_place" | "ins_number" | "ins_status" | "bad_patient_number" | "patient_number_missing" | "bad_schedule" | "bad_place" | "slot_taken" | "change_not_offered" | "change_too_late" | "queue_closed" | "queue_code_wrong" | "queue_full" | "bad_queue_address" | "queue_address_taken" | "practitioner_taken_now" | "not_dicom" | "no_images" | "unsafe_archive" | "archive_too_large" | "other_patient" | "cannot_show" | "storage_full" | "stale" | "report_signed" | "draft_exists" | "why_missing" | "reason_too_short" | "already_yours" | "conclusions_missing" | "answered_before" | "folder_closed" | "quota_exceeded" | "checksum_mismatch" | "bad_folder";

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

export type NewMark = { shape: MarkShapeWord, 
/**
 * In units of the frame (0..1 along columns and rows). Arrow: where it comes from, then its tip. Circle: centre, then a point on it;
 * their distance counts in pixels as they are shown, so that it is round.
 * Ellipse and rectangle: two corners of the box. Angle: the vertex stands in the middle.
 */
points: Array<[number, number]>, 
/**
 * For a text, or beside another shape; at most 200 characters, may be empty.
 */
text: string, };

export type ClientMessage = { "type": "hello", protocol: number, language: LanguageWord, link?: string, appointment?: string, 
/**
 * From the last `welcome` of this person and appointment: the device takes its place again, and its media go on.
 */
resume?: string, 
/**
 * Of `POST /api/socket-ticket`, for the same link or login; needed unless `resume` brings the device back.
 */
ticket?: string, 
/**
 * Absent: the main one.
 */
window?: WindowWord, } | { "type": "ready", request: number, camera: DeviceStateWord, microphone: DeviceStateWord, } | { "type": "enter", request: number, } | { "type": "leave", request: number, } | { "type": "admit", request: number, participant: string, 
/**
 * They were asked who this is, and said that they see it. It is kept. Needed of whom `people` says `asksWho`.
 */
isRecognised?: boolean, } | { "type": "put_back", request: number, participant: string, } | { "type": "remove", request: number, participant: string, 
/**
 * What the person is told.
 */
sentence?: RefusalSentenceWord, } | { "type": "end", request: number, outcome: OutcomeWord, } | { "type": "publish_offer", generation: number, sdp: string, tracks: Array<OfferedTrack>, } | { "type": "subscribe_answer", generation: number, sdp: string, } | { "type": "restart_subscribe", } | { "type": "mute", source: SourceWord, isMuted: boolean, } | { "type": "watch", tracks: Array<WatchedTrack>, 
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
concealedPct: number, bitrateKbps: number, } | { "type": "chat", request: number, text: string, } | { "type": "mute_other", request: number, participant: string, source: SourceWord, } | { "type": "lock", request: number, isLocked: boolean, } | { "type": "telephone", request: number, isOver: boolean, reason?: TelephoneReason, } | { "type": "share", request: number, series: string, viewport: number, 
/**
 * The person was asked, and wants to show a study that names somebody else than the patient.
 */
isOtherPatient: boolean, } | { "type": "stop_sharing", request: number, } | { "type": "clear_viewport", request: number, viewport: number, } | { "type": "present", request: number, } | { "type": "ask_to_present", request: number, isAsking: boolean, } | { "type": "give_presenting", request: number, participant: string, } | { "type": "decline_asking", request: number, participant: string, } | { "type": "follow", request: number, isFollowing: boolean, } | { "type": "set_layout", layout: LayoutWord, } | { "type": "set_active", viewport: number, } | { "type": "set_linked", isLinked: boolean, } | { "type": "scroll", viewport: number, index: number, } | { "type": "set_window", viewport: number, center: number, width: number, } | { "type": "reset_window", viewport: number, } | { "type": "set_alternative", viewport: number, alternative: number, } | { "type": "set_layers", viewport: number, isOverlaid: boolean, isShuttered: boolean, } | { "type": "set_state", viewport: number, state?: string, } | { "type": "set_inverted", viewport: number, isInverted: boolean, } | { "type": "set_view", viewport: number, zoom: number, centerX: number, centerY: number, quarterTurns: number, isFlipped: boolean, } | { "type": "reset_view", viewport: number, } | { "type": "set_named", isNamed: boolean, } | { "type": "set_guest_tools", mayMark: boolean, mayMeasure: boolean, } | { "type": "describe", request: number, text: string, } | { "type": "point", viewport: number, x: number, y: number, } | { "type": "unpoint", } | { "type": "add_mark", request: number, viewport: number, index: number, mark: NewMark, } | { "type": "change_mark", request: number, mark: string, points: Array<[number, number]>, text: string, } | { "type": "delete_mark", request: number, mark: string, } | { "type": "undo_mark", request: number, } | { "type": "redo_mark", request: number, } | { "type": "show_marks", isShown: boolean, } | { "type": "save_marks", request: number, } | { "type": "keep_image", request: number, viewport: number, caption: string, } | { "type": "caption_image", request: number, image: string, caption: string, } | { "type": "remove_image", request: number, image: string, } | { "type": "surface", viewport: number, width: number, height: number, } | { "type": "magnify", viewport: number, x: number, y: number, factor: number, width: number, height: number, } | { "type": "stop_magnifying", } | { "type": "full_quality", viewport: number, } | { "type": "drawn", sequence: number, } | { "type": "ping", };

export type Place = { state: PlaceWord, 
/**
 * When this state began; absent for `invited`.
 */
since?: string, 
/**
 * For `lost`: until when the place is kept.
 */
until?: string, };

export type Person = { participant: string, role: RoleWord, name: string, 
/**
 * Was not booked, and came in while the consultation ran. Absent: was.
 */
hasDroppedIn?: boolean, place: Place, 
/**
 * What the device check found; only staff get it.
 */
camera?: DeviceStateWord, microphone?: DeviceStateWord, 
/**
 * How sure it is who this is; absent while they have not come.
 */
assurance?: AssuranceWord, 
/**
 * Of guests, whether staff have looked who this is; only staff get it.
 */
identity?: IdentityWord, 
/**
 * Since when they wait to be let in, also while their page does not answer; only staff get it.
 */
waitingSince?: string, 
/**
 * Whoever lets them in is to say that they see who it is: `admit` with `isRecognised`. Only staff get it; absent: no.
 */
asksWho?: boolean, 
/**
 * Sources that this person sends now and has switched off.
 */
muted: Array<SourceWord>, };

export type SubscribedTrack = { mid: string, participant: string, source: SourceWord, };

export type IceServer = { urls: Array<string>, username: string, credential: string, };

export type TelephoneState = { since: string, reason: TelephoneReason, };

export type ChatLine = { id: string, participant: string, name: string, at: string, text: string, 
/**
 * `false`: it is not kept, or not yet, and whoever comes later may not see it. Absent: it is.
 */
isKept?: boolean, };

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

export type StackState = { 
/**
 * Its first place, from 0, and how many it has.
 */
first: number, count: number, 
/**
 * The usual step from slice to slice, mm; absent where places in the patient are not known.
 */
stepMm?: number, 
/**
 * Steps larger than that: slices are missing, or the series was planned so.
 */
gaps: number, 
/**
 * Slices at a place that another one has already.
 */
duplicates: number, };

export type SeriesShown = { series: string, modality: string, 
/**
 * Study and series description; empty for plain files. No name of a person.
 */
title: string, 
/**
 * How many places there are.
 */
count: number, 
/**
 * What the places are split into, in order; together they are all of them.
 */
stacks: Array<StackState>, 
/**
 * Presentation states that fit.
 */
states: Array<StateChoice>, };

export type Shown = { series: string, 
/**
 * Place from 0.
 */
index: number, 
/**
 * Revision at which what is rendered here last changed: the pictures of this viewport carry it.
 */
picture: number, 
/**
 * The object at this place, and the number of its frame, from 1: marks name them.
 */
instance: string, frame: number, 
/**
 * Name and birth date of the patient as the object has them. Guests get it only while `isNamed`.
 */
patient?: string, 
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
 * What values are in; absent for colour and where it is not known.
 */
valueUnit?: ValueUnitWord, 
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
 * What of the presentation state is not applied: one sentence in English. Nothing is missing of the frame itself.
 */
stateNotice?: string, 
/**
 * The pixels themselves may name the patient.
 */
isBurnedIn: boolean, 
/**
 * The presentation state that is chosen.
 */
state?: string, };

export type ArrangementState = { layout: LayoutWord, 
/**
 * The viewport that keys and tools act on, from 0.
 */
active: number, 
/**
 * Scrolling in one viewport takes the others along.
 */
isLinked: boolean, 
/**
 * As many as the layout has, row by row; null: empty.
 */
viewports: Array<Shown | null>, };

export type GuestTools = { mayMark: boolean, mayMeasure: boolean, };

export type DescriptionState = { text: string, 
/**
 * Who wrote it.
 */
participant: string, };

export type ViewingState = { revision: number, 
/**
 * Who changes the view; absent while nobody presents.
 */
presenter?: string, 
/**
 * The presenter's connection is lost; the place is theirs for ten seconds.
 */
isPresenterLost: boolean, 
/**
 * Who gets the presenter's place when its owner is lost: the first host in the call.
 */
host?: string, 
/**
 * Who may take the presenter's place without asking.
 */
hosts: Array<string>, 
/**
 * Who asks for the presenter's place, in that order.
 */
asking: Array<string>, 
/**
 * Staff who look by themselves just now.
 */
ownViews: Array<string>, 
/**
 * Guests see the patient's name.
 */
isNamed: boolean, 
/**
 * Marks are shown.
 */
hasMarks: boolean, guests: GuestTools, description?: DescriptionState, layout: LayoutWord, 
/**
 * The viewport that keys and tools act on, from 0.
 */
active: number, 
/**
 * Scrolling in one viewport takes the others along.
 */
isLinked: boolean, 
/**
 * As many as the layout has, row by row; null: empty.
 */
viewports: Array<Shown | null>, };

export type OwnViewState = { 
/**
 * Of the viewing: there is one count for all views.
 */
revision: number, 
/**
 * Absent: this person follows again.
 */
arrangement?: ArrangementState, };

export type LengthState = { value: number, unit: LengthUnitWord, 
/**
 * What millimetres rest on.
 */
source?: CalibrationWord, };

export type RegionState = { mean: number, 
/**
 * Of a sample (n - 1).
 */
sd: number, min: number, max: number, unit: ValueUnitWord, 
/**
 * How many pixels have their centre inside and hold a value.
 */
pixels: number, area?: LengthState, };

export type ValueState = { values: Array<number>, unit: ValueUnitWord, };

export type MeasuredState = { length?: LengthState, angleDegrees?: number, region?: RegionState, 
/**
 * Of a shape without `region`, such as one in colour.
 */
area?: LengthState, value?: ValueState, 
/**
 * Why something of it is not there, or only in pixels.
 */
refused?: MeasureRefusalWord, };

export type MarkState = { mark: string, 
/**
 * Who drew it, and when.
 */
participant: string, at: string, 
/**
 * The frame that it belongs to, wherever that is on show: `instance` and `frame` of what a viewport shows.
 */
series: string, instance: string, frame: number, 
/**
 * Its place in the stack of `series`, from 0, where that is on show.
 */
index?: number, shape: MarkShapeWord, 
/**
 * As in `add_mark`.
 */
points: Array<[number, number]>, text: string, 
/**
 * Counts the numbers of one viewing, from 1.
 */
number?: number, 
/**
 * What it measures, once that is known; computed by the gateway, the same for everybody.
 */
measured?: MeasuredState, };

export type KeyImageState = { image: string, at: string, 
/**
 * Who kept it.
 */
participant: string, 
/**
 * Of its series, as `title` of `series_shown`, and the place in it.
 */
title: string, index: number, caption: string, 
/**
 * It stands in the patient's summary.
 */
isShownToPatient: boolean, };

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
telephone?: TelephoneState, } | { "type": "accepted", request: number, } | { "type": "rejected", request: number, code: ProblemCode, detail: string, } | { "type": "problem", code: ProblemCode, detail: string, } | { "type": "place", place: Place, } | { "type": "staff_message", id: string, at: string, sentence?: ReadySentenceWord, text?: string, } | { "type": "delay", minutes: number, 
/**
 * When it was told; absent with 0.
 */
at?: string, } | { "type": "position", position?: number, } | { "type": "turned_away", sentence: RefusalSentenceWord, } | { "type": "people", revision: number, people: Array<Person>, } | { "type": "taken_over", } | { "type": "ended", outcome?: OutcomeWord, status: AppointmentStatusWord, } | { "type": "publish_answer", generation: number, sdp: string, } | { "type": "subscribe_offer", generation: number, sdp: string, tracks: Array<SubscribedTrack>, } | { "type": "media", direction: DirectionWord, isConnected: boolean, } | { "type": "muted", participant: string, source: SourceWord, isMuted: boolean, } | { "type": "layers_wanted", source: SourceWord, rids: Array<string>, } | { "type": "speaker", participant?: string, } | { "type": "video_paused", participant: string, source: SourceWord, isPaused: boolean, reason: PausedReason, } | { "type": "slow_uplink", isSlow: boolean, } | { "type": "unseen", source: SourceWord, people: number, } | { "type": "quality_of", participant: string, word: QualityWord, } | { "type": "chat_line" } & ChatLine | { "type": "chat_history", lines: Array<ChatLine>, files: Array<SharedFile>, } | { "type": "file_shared" } & SharedFile | { "type": "mute_asked", source: SourceWord, } | { "type": "locked", isLocked: boolean, } | { "type": "dropped_in", participant: string, name: string, } | { "type": "telephone", state?: TelephoneState, } | { "type": "viewing" } & ViewingState | { "type": "viewing_changed", changes: unknown, } | { "type": "own_view" } & OwnViewState | { "type": "series_shown" } & SeriesShown | { "type": "cine", viewport: number, isOwn: boolean, cine?: CineState, } | { "type": "graphics", viewport: number, isOwn: boolean, graphics: Array<GraphicState>, } | { "type": "frames_failed", series: string, places: Array<number>, } | { "type": "series_withdrawn", series: Array<string>, } | { "type": "pointer", participant: string, viewport: number, x: number, y: number, } | { "type": "pointer_gone", participant: string, } | { "type": "document", viewport: number, isOwn: boolean, 
/**
 * As `picture` of what is on show there.
 */
revision: number, index: number, document: DocumentState, } | { "type": "frame_failed", viewport: number, isOwn: boolean, 
/**
 * As `picture` of what is on show there.
 */
revision: number, series: string, index: number, detail: string, } | { "type": "marks", revision: number, marks: Array<MarkState>, } | { "type": "mark", revision: number, mark: MarkState, } | { "type": "mark_gone", revision: number, mark: string, } | { "type": "key_images", images: Array<KeyImageState>, } | { "type": "receiving", files: number, received: number, isOver: boolean, } | { "type": "studies_changed", } | { "type": "pong", } | { "type": "still_there", };

export type AgendaHello = { ticket: string, };

export type AgendaMessage = { "type": "agenda_changed", };

export type PictureHeader = { 
/**
 * Counts the pictures of this connection; `drawn` repeats it. At most two of a viewport are under way.
 */
sequence: number, viewport: number, 
/**
 * Of the view that this person has alone.
 */
isOwn: boolean, 
/**
 * As `magnify` asked for it; then `width` and `height` are those of the magnifier, and the whole picture is its part.
 */
isMagnified: boolean, 
/**
 * As `picture` of what is on show in the viewport.
 */
revision: number, 
/**
 * Place in the stack, from 0.
 */
index: number, width: number, height: number, 
/**
 * The surface that it is for, as the client last told it when the picture was ordered.
 */
surfaceWidth: number, surfaceHeight: number, 
/**
 * What of the picture fills that surface: left, top, width and height in pixels of the picture. It may reach beyond the
 * picture, where nothing is. Pictures are shared among surfaces that are nearly alike, and scaled down by the client.
 */
part: [number, number, number, number], format: PictureFormatWord, 
/**
 * The rendered pixels exactly; otherwise the client shows the lossy mark until the sharp one is there.
 */
isLossless: boolean, };

export type ContentHeader = { viewport: number, isOwn: boolean, 
/**
 * As `picture` of what is on show in the viewport.
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

export type ScopeWord = "read_services" | "read_appointments" | "read_statistics";

export type ByHandWord = "nothing" | "given" | "taken";

export type PersonEntry = { practitioner: string, name: string, 
/**
 * The provider that knows them; absent: an account of the gateway itself.
 */
provider?: string | null, 
/**
 * What they have.
 */
roles: Array<StaffRoleWord>, 
/**
 * Each role, what claims say of it, and what was said by hand.
 */
sources: Array<RoleSource>, disabledAt?: string | null, 
/**
 * The last time that a login of theirs was used, if one is kept.
 */
seenAt?: string | null, 
/**
 * It is whoever asks.
 */
isOwn: boolean, };

export type RoleSource = { role: StaffRoleWord, isClaimed: boolean, byHand: ByHandWord, };

export type RolesRequest = { roles: Array<RoleChoice>, };

export type RoleChoice = { role: StaffRoleWord, byHand: ByHandWord, };

export type TokenEntry = { token: string, name: string, scopes: Array<ScopeWord>, 
/**
 * Names of services.
 */
services: Array<string>, madeAt: string, madeBy: string, expiresAt: string, usedAt?: string | null, revokedAt?: string | null, isGood: boolean, };

export type TokenRequest = { name: string, scopes: Array<ScopeWord>, 
/**
 * Identifiers of services, at least one.
 */
services: Array<string>, days: number, };

export type IssuedToken = { secret: string, expiresAt: string, };

export type SettingChangeEntry = { what: SettingWord, subject: string, before: string, after: string, by: string, at: string, };

export type SettingWord = "roles" | "disabled" | "enabled" | "token_made" | "token_revoked" | "site" | "branding" | "logo" | "provider_made" | "provider_changed" | "provider_on" | "provider_off" | "provider_removed" | "mail_server" | "sms_gateway" | "pacs_made" | "pacs_changed" | "pacs_on" | "pacs_off" | "pacs_removed" | "other";

export type BrandingState = { name: string, telephone: string, 
/**
 * `#rrggbb`
 */
color: string, hasLogo: boolean, 
/**
 * As the file of settings says.
 */
fileName: string, fileTelephone: string, };

export type BrandingRequest = { name: string, telephone: string, color: string, };

export type SendersState = { 
/**
 * Absent: nothing is sent by mail.
 */
mail?: MailSenderState | null, 
/**
 * Absent: nothing is sent by SMS.
 */
sms?: SmsSenderState | null, };

export type MailSenderState = { 
/**
 * It is set in the file, and changed there alone.
 */
isOfFile: boolean, host: string, port: number, security: MailSecurityWord, 
/**
 * Empty: none is shown.
 */
user: string, 
/**
 * The address that messages come from.
 */
from: string, 
/**
 * Whoever is told when an emergency account is used.
 */
administrators: Array<string>, };

export type MailSenderRequest = { host: string, port: number, security: MailSecurityWord, user: string, 
/**
 * Absent: as it was.
 */
password?: string | null, from: string, administrators: Array<string>, };

export type MailSecurityWord = "starttls" | "tls" | "none";

export type SmsSenderState = { 
/**
 * It is set in the file, and changed there alone.
 */
isOfFile: boolean, url: string, method: SmsMethodWord, content: SmsContentWord, 
/**
 * With `{to}` and `{text}`.
 */
body: string, 
/**
 * Names alone: what they hold may be secret.
 */
headers: Array<string>, };

export type SmsSenderRequest = { url: string, method: SmsMethodWord, content: SmsContentWord, body: string, headers: Array<SmsHeaderRequest>, };

export type SmsHeaderRequest = { name: string, 
/**
 * Absent: as it was.
 */
value?: string | null, };

export type SmsMethodWord = "post" | "put";

export type SmsContentWord = "json" | "form";

export type TrialRequest = { channel: ChannelWord, 
/**
 * An e-mail address or a telephone number.
 */
to: string, };

export type TrialOutcome = { 
/**
 * Why it did not go out; absent: the other side has taken it.
 */
failed?: FailReasonWord | null, };

export type ProvidersState = { 
/**
 * Those of the file of settings first.
 */
providers: Array<ProviderEntry>, 
/**
 * What the address begins with to which a provider sends the browser back; the provider's name follows.
 */
callbackStart: string, 
/**
 * What is registered with every provider for signing out.
 */
signedOutUrl: string, backChannelLogoutUrl: string, 
/**
 * The first two for a provider of patients.
 */
patientCallbackStart: string, patientSignedOutUrl: string, };

export type ProviderEntry = { 
/**
 * What addresses and settings call it.
 */
provider: string, 
/**
 * What the sign-in page calls it; absent: the hospital's own account.
 */
label?: string | null, issuer: string, clientId: string, authentication: ClientAuthenticationWord, discoveryUrl?: string | null, scopes: Array<string>, acrValues: Array<string>, freshAcrValues: Array<string>, roles: Array<RoleRuleEntry>, nameClaim: string, subjectClaim: string, 
/**
 * It opens documents to patients and signs no staff in.
 */
isForPatients: boolean, 
/**
 * It is set in the file, and changed there alone.
 */
isOfFile: boolean, isOn: boolean, 
/**
 * Where it sends the browser back.
 */
callbackUrl: string, 
/**
 * How many logins that began there are in force.
 */
logins: number, 
/**
 * When it was asked last and answered, since the gateway runs with these settings.
 */
reachedAt?: string | null, 
/**
 * It answers no more since then.
 */
failingSince?: string | null, };

export type ClientAuthenticationWord = "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "tls_client_auth";

export type RoleRuleEntry = { claim: string, value: string, role: StaffRoleWord, };

export type ProviderRequest = { 
/**
 * Small letters, digits and hyphens; never changed.
 */
provider: string, label: string, issuer: string, clientId: string, authentication: ClientAuthenticationWord, 
/**
 * Absent: as it was.
 */
clientSecret?: string | null, discoveryUrl?: string | null, scopes: Array<string>, acrValues: Array<string>, freshAcrValues: Array<string>, roles: Array<RoleRuleEntry>, nameClaim: string, subjectClaim: string, 
/**
 * It opens documents to patients and signs no staff in; never changed.
 */
isForPatients: boolean, };

export type ProviderSwitch = { isOn: boolean, 
/**
 * Whoever is signed in by it is signed out.
 */
endsLogins: boolean, };

export type ProviderTrial = { fault?: ProviderFaultWord | null, 
/**
 * Of the fault: a host, an address, a status, what it calls itself.
 */
about: string, keys: number, 
/**
 * Where the browser is sent.
 */
authorizationHost: string, hasUserinfo: boolean, 
/**
 * It signs people out when they sign out here.
 */
hasSignOut: boolean, 
/**
 * How far its clock is ahead, in seconds; negative: behind; absent: it does not tell.
 */
clockAheadS?: number | null, };

export type ProviderFaultWord = "no_address" | "no_connection" | "slow" | "untrusted" | "status" | "unreadable" | "other_issuer" | "missing_endpoint" | "unsafe_address" | "host_not_named" | "address_forbidden" | "no_keys" | "clock";

export type PacsEntry = { 
/**
 * What addresses and the trail call it.
 */
pacs: string, label: string, 
/**
 * The root of its DICOMweb services.
 */
address: string, signIn: PacsSignInWord, 
/**
 * Of a sign-in by password.
 */
user: string, 
/**
 * Whose numbers of patients it knows; empty: the hospital's own.
 */
domain: string, 
/**
 * For which services it is asked; empty: for all.
 */
services: Array<string>, isOn: boolean, 
/**
 * When it was asked last and answered, since the gateway runs with these settings.
 */
reachedAt?: string, 
/**
 * It does not answer as it should since then.
 */
failingSince?: string, };

export type PacsSignInWord = "none" | "password" | "token";

export type PacsRequest = { 
/**
 * Small letters, digits and hyphens; never changed.
 */
pacs: string, label: string, address: string, signIn: PacsSignInWord, user: string, 
/**
 * Password or token. Absent: as it was.
 */
secret?: string, domain: string, services: Array<string>, };

export type PacsSwitch = { isOn: boolean, };

export type PacsTrial = { fault?: PacsFaultWord, 
/**
 * Of the fault: an address, a status.
 */
about: string, 
/**
 * In how many milliseconds it answered.
 */
tookMs: number, };

export type PacsFaultWord = "no_address" | "no_connection" | "slow" | "busy" | "untrusted" | "address_forbidden" | "not_signed_in" | "redirected" | "status" | "too_long" | "not_dicomweb" | "cut";

export type PacsState = { 
/**
 * Which participant is the patient.
 */
patient: string, nodes: Array<PacsChoice>, 
/**
 * Of this appointment, the newest last.
 */
fetches: Array<FetchEntry>, };

export type PacsChoice = { pacs: string, label: string, 
/**
 * Whose numbers of patients it knows; empty: the hospital's own.
 */
domain: string, 
/**
 * The number by which it knows the patient is known: it can be asked.
 */
hasNumber: boolean, 
/**
 * The domain is a register of national health identities: its number comes with a qualified identity, and is not typed here.
 */
isNational: boolean, };

export type PacsSearch = { pacs: string, };

export type PacsAnswer = { fault?: PacsFaultWord, about: string, 
/**
 * The newest first.
 */
studies: Array<PacsStudy>, 
/**
 * How many of other patients it told of, which nobody asked for.
 */
dropped: number, 
/**
 * There are more.
 */
isCut: boolean, };

export type PacsStudy = { 
/**
 * Study Instance UID.
 */
study: string, date?: string, description: string, modalities: Array<string>, instances?: number, patientName: string, 
/**
 * It is under that number, and names somebody else than the patient of the appointment.
 */
isOtherPatient: boolean, 
/**
 * How many of its images are among the studies of the appointment.
 */
here: number, };

export type FetchRequest = { pacs: string, 
/**
 * Study Instance UID, as the search told it.
 */
study: string, };

export type FetchEntry = { fetch: string, 
/**
 * Study Instance UID.
 */
study: string, 
/**
 * What the archive is called.
 */
label: string, state: FetchWord, 
/**
 * How many images the archive counts; absent: it does not.
 */
total?: number, 
/**
 * Images that are here now.
 */
received: number, 
/**
 * How many were not taken.
 */
refusedCount: number, 
/**
 * The first of those.
 */
refused: Array<RefusedFile>, 
/**
 * Something of it names another patient.
 */
hasOtherPatient: boolean, 
/**
 * While it runs: nothing has come for so many seconds.
 */
quietS: number, 
/**
 * Why it failed.
 */
fault?: PacsFaultWord, about: string, };

export type FetchWord = "running" | "done" | "stopped" | "failed" | "gone" | "full" | "broken";

export type PatientNumberRequest = { number: string, 
/**
 * Whose number it is; empty: the hospital's own.
 */
domain: string, };

export type PatientNumberEntry = { participant: string, number: string, domain: string, 
/**
 * The name of whoever wrote it down.
 */
by: string, at: string, };

export type SiteEntry = { 
/**
 * Empty: the services that have no site.
 */
site: string, services: Array<string>, };

export type SiteRequest = { from: string, to: string, };

export type MachineService = { service: string, name: string, site: string, isClosed: boolean, };

export type MachineAppointment = { appointment: string, service: string, startsAt: string, endsAt: string, 
/**
 * FHIR R4 Appointment.status.
 */
status: AppointmentStatusWord, participants: Array<MachineParticipant>, };

export type MachineParticipant = { role: RoleWord, name: string, };

export type LocalFacts = { isOffered: boolean, };

export type LocalSignInRequest = { userName: string, password: string, };

export type LocalStepEntry = { 
/**
 * To be shown in the second step.
 */
ticket: string, 
/**
 * The account has an app that shows codes.
 */
hasTotp: boolean, 
/**
 * For `navigator.credentials.get`, as JSON; absent: the account has no passkey.
 */
passkey?: string | null, };

export type SecondStepRequest = { ticket: string, code?: string | null, recoveryCode?: string | null, 
/**
 * What the device answered, as JSON.
 */
passkey?: string | null, };

export type SetUpLookRequest = { secret: string, };

export type SetUpFacts = { 
/**
 * Of the first administrator, who says their own name.
 */
isFirst: boolean, name: string, roles: Array<StaffRoleWord>, 
/**
 * Of an account that is set up anew.
 */
userName?: string | null, };

export type SetUpRequest = { secret: string, userName: string, 
/**
 * Counts for the first administrator only.
 */
name: string, password: string, };

export type SetUpFactors = { ticket: string, 
/**
 * The key for an app, in base32.
 */
totpKey: string, 
/**
 * The same as an address (`otpauth:`), for a square code.
 */
totpUrl: string, 
/**
 * For `navigator.credentials.create`, as JSON; absent: passkeys cannot be used at this address.
 */
passkey?: string | null, };

export type SetUpDone = { 
/**
 * Told this once.
 */
recoveryCodes: Array<string>, };

export type InviteRequest = { name: string, roles: Array<StaffRoleWord>, };

export type InvitedEntry = { address: string, expiresAt: string, };

export type LocalAccountsState = { accounts: Array<LocalAccountEntry>, invitations: Array<LocalInvitationEntry>, 
/**
 * The last ones, the newest first.
 */
uses: Array<LocalUseEntry>, 
/**
 * Every use is told by mail too.
 */
isMailed: boolean, };

export type LocalAccountEntry = { account: string, name: string, userName: string, roles: Array<StaffRoleWord>, hasTotp: boolean, passkeys: number, recoveryCodes: number, madeAt: string, usedAt?: string | null, 
/**
 * It is locked until then.
 */
lockedUntil?: string | null, 
/**
 * It is the one of whoever asks.
 */
isOwn: boolean, };

export type LocalInvitationEntry = { invitation: string, name: string, roles: Array<StaffRoleWord>, 
/**
 * For an account that is there, to be set up anew.
 */
isReset: boolean, expiresAt: string, };

export type LocalUseWord = "invited" | "invitation_withdrawn" | "set_up" | "set_up_anew" | "signed_in_passkey" | "signed_in_totp" | "signed_in_recovery_code" | "wrong_password" | "wrong_second_factor" | "locked" | "unlocked" | "closed";

export type LocalUseEntry = { 
/**
 * The user name, or the name of whoever was invited.
 */
userName: string, what: LocalUseWord, 
/**
 * Who did it, where that is somebody else.
 */
by?: string | null, address?: string | null, at: string, 
/**
 * No administrator has said yet that they have read it.
 */
isNew: boolean, };

export type SeenRequest = { until: string, };

export type UnseenUses = { uses: number, };

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
isDemo: boolean, version: string, 
/**
 * The hospital's own colour, `#rrggbb`, and a darker one.
 */
color?: string | null, strongColor?: string | null, 
/**
 * The address of the logo.
 */
logo?: string | null, };

export type TicketRequest = { link?: string, };

export type SocketTicket = { ticket: string, };

export type Me = { practitioner: string, name: string, roles: Array<StaffRoleWord>, 
/**
 * The activity in which they work, where their provider tells of several.
 */
activity?: string, };

export type SignInWay = { 
/**
 * What `GET /login?provider=` takes.
 */
provider: string, 
/**
 * Absent for the hospital's own account.
 */
label?: string, };

export type Activities = { choices: Array<string>, };

export type ActivityChoice = { choice: number, };

export type SignedOut = { next: string, };

export type PractitionerEntry = { practitioner: string, name: string, roles: Array<StaffRoleWord>, };

export type CourseEntry = { place: PatientPlaceWord, 
/**
 * The name of the room, where the patient is in one.
 */
room?: string, 
/**
 * Where the practitioner sits; empty: where the service is.
 */
site: string, 
/**
 * The appointment that was moved here.
 */
replaces?: string, 
/**
 * The one that took its place.
 */
movedTo?: string, 
/**
 * The one after whose visit it was booked.
 */
follows?: string, calledOff?: CalledOffWord, };

export type CourseRequest = { place: PatientPlaceWord, 
/**
 * The name of the room, where the patient is in one.
 */
room?: string, 
/**
 * Where the practitioner sits; absent: where the service is.
 */
site?: string, 
/**
 * The appointment after whose visit this is booked. Guests of the same name are reached as they were there.
 */
follows?: string, };

export type Chain = { links: Array<ChainLink>, followUps: Array<ChainLink>, };

export type ChainLink = { appointment: string, startsAt: string, endsAt: string, status: AppointmentStatusWord, calledOff?: CalledOffWord, };

export type MoveRequest = { 
/**
 * RFC 3339 with offset.
 */
startsAt: string, endsAt: string, practitioners?: Array<string>, };

export type CloseRequest = { outcome: OutcomeWord, };

export type SearchRequest = { name: string, };

export type SlotEntry = { startsAt: string, endsAt: string, practitioner: string, name: string, 
/**
 * Where the practitioner sits; may be empty.
 */
site: string, };

export type ServiceEntry = { service: string, name: string, site: string, telephone: string, isClosed: boolean, members: Array<MemberEntry>, 
/**
 * Services whose radiologists come into its consultations, beside its own.
 */
readers: Array<string>, policy: ServicePolicyEntry, queue: QueueSettingsEntry, changed?: ChangeEntry, };

export type MemberEntry = { practitioner: string, name: string, };

export type ServicePolicyEntry = { mayPatientsCancel: boolean, mayPatientsMove: boolean, 
/**
 * Until so many hours before the start.
 */
noticeHours: number, isOpenOnHolidays: boolean, };

export type QueueSettingsEntry = { 
/**
 * The whole public address; absent while there is none.
 */
address?: string, 
/**
 * What the service gives out; absent while the queue takes nobody.
 */
code?: string, 
/**
 * How long an appointment from the queue lasts at most.
 */
minutes: number, };

export type ChangeEntry = { name: string, at: string, };

export type ServiceRequest = { name: string, site: string, telephone: string, isClosed: boolean, 
/**
 * Identifiers of practitioners.
 */
members: Array<string>, 
/**
 * Identifiers of services whose radiologists come into its consultations, beside its own. Absent: as they are.
 */
readers?: Array<string> | null, policy: ServicePolicyEntry, };

export type QueueSettingsRequest = { slug: string | null, isOpen: boolean, wantsNewCode: boolean, minutes: number, };

export type ScheduleEntry = { 
/**
 * By day and beginning.
 */
patterns: Array<PatternEntry>, 
/**
 * By first day: those of the service and those of the whole hospital.
 */
exceptions: Array<ExceptionEntry>, 
/**
 * The public holidays of the next twelve months.
 */
holidays: Array<HolidayEntry>, };

export type PatternEntry = { pattern: string, 
/**
 * Absent: of every member.
 */
practitioner?: string, site: string, weekday: WeekdayWord, from: string, to: string, slotMinutes: number, validFrom: string, 
/**
 * The last day; absent: until further notice.
 */
validUntil?: string, changed: ChangeEntry, };

export type PatternRequest = { practitioner?: string, site: string, weekday: WeekdayWord, from: string, to: string, slotMinutes: number, validFrom: string, validUntil?: string, };

export type ExceptionEntry = { exception: string, 
/**
 * Of the whole hospital, not only of this service.
 */
isOfHospital: boolean, practitioner?: string, firstDay: string, lastDay: string, from?: string, to?: string, 
/**
 * Of hours that are open beside the weekly ones; absent: closed.
 */
slotMinutes?: number, reason: string, changed: ChangeEntry, };

export type ExceptionRequest = { isOfHospital: boolean, practitioner?: string, firstDay: string, lastDay: string, from?: string, to?: string, slotMinutes?: number, reason: string, };

export type HolidayEntry = { day: string, holiday: HolidayWord, };

export type GuestChangeRequest = { link: string, };

export type GuestChanges = { mayCancel: boolean, mayMove: boolean, 
/**
 * Until then.
 */
until: string, 
/**
 * Where it may be moved to, by start; empty when it may not.
 */
slots: Array<GuestSlot>, };

export type GuestSlot = { startsAt: string, endsAt: string, };

export type GuestMoveRequest = { link: string, startsAt: string, };

export type GuestMoved = { startsAt: string, endsAt: string, address: string, };

export type QueueEnterRequest = { 
/**
 * The last part of the address.
 */
queue: string, code: string, name: string, telephone: string, language: LanguageWord, };

export type QueueEntered = { entry: string, };

export type QueueStateRequest = { entry: string, };

export type QueueState = { state: QueueStateWord, since: string, };

export type QueueEntryEntry = { entry: string, service: string, serviceName: string, name: string, telephone: string, language: LanguageWord, since: string, 
/**
 * Their page has said nothing for a minute: they may not hear when they are taken.
 */
isSilent: boolean, 
/**
 * Who of the service may be booked.
 */
members: Array<MemberEntry>, };

export type QueueTakeRequest = { practitioner?: string, };

export type BookingRequest = { 
/**
 * RFC 3339 with offset.
 */
startsAt: string, endsAt: string, service: string, 
/**
 * Which service that is, if it is one that the hospital keeps.
 */
serviceId?: string | null, 
/**
 * Guests: exactly one patient, any number of relatives and interpreters.
 */
guests: Array<GuestRequest>, 
/**
 * Identifiers of practitioners, at least one.
 */
practitioners: Array<string>, note: string, 
/**
 * Where the patient is, and what this visit follows; absent: at home, and nothing.
 */
course?: CourseRequest | null, };

export type GuestRequest = { role: RoleWord, name: string, language: LanguageWord, 
/**
 * Where they are written to.
 */
email?: string | null, 
/**
 * With its country, or a French one.
 */
telephone?: string | null, 
/**
 * `1950-02-28`
 */
birthDate?: string | null, 
/**
 * A PIN is wanted, for somebody who gets no code by SMS or e-mail. Absent: none.
 */
wantsPin?: boolean | null, };

export type Booked = { appointment: AppointmentEntry, links: Array<IssuedLink>, };

export type IssuedLink = { participant: string, role: RoleWord, name: string, 
/**
 * The whole address; its secret stands behind `#`, which browsers send to nobody.
 */
address: string, expiresAt: string, 
/**
 * The PIN that was made with it: six digits, told this once.
 */
pin?: string, };

export type AppointmentEntry = { appointment: string, startsAt: string, endsAt: string, service: string, serviceId?: string, status: AppointmentStatusWord, outcome?: OutcomeWord, participants: Array<ParticipantEntry>, note: string, course: CourseEntry, 
/**
 * The reader is booked in it, so may enter its consultation.
 */
mayEnter: boolean, 
/**
 * The reader may cancel it and replace its links.
 */
mayChange: boolean, };

export type ParticipantEntry = { participant: string, role: RoleWord, name: string, 
/**
 * What they read; for guests.
 */
language?: LanguageWord, place: Place, 
/**
 * For guests: whether their link opens now.
 */
link?: DoorWord, 
/**
 * For guests: what has happened at their door.
 */
door?: GuestDoor, };

export type CodeChannelWord = "sms" | "email";

export type OpeningWord = "link_only" | "sms" | "email" | "pin" | "birth_date";

export type TryWord = "opened" | "wrong" | "code_expired" | "locked";

export type SendWord = "sent" | "too_soon" | "too_many" | "locked" | "failed";

export type ConsentWord = "given" | "refused";

export type HeardSoundWord = "heard" | "not_heard" | "not_tried";

export type NetworkFoundWord = "good" | "detour" | "blocked" | "not_tried";

export type LookRequest = { link: string, };

export type Look = { door: DoorWord, 
/**
 * UTC now, for the countdown on a device with a wrong clock.
 */
now: string, 
/**
 * Absent for unknown and revoked links. Of a moved visit: its new time.
 */
startsAt?: string, 
/**
 * For early ones: when the door opens.
 */
opensAt?: string, 
/**
 * With whom, as the service wants it said to whoever has only the link.
 */
service?: string, 
/**
 * Whom to call about it, where the service has a number of its own.
 */
telephone?: string, 
/**
 * What has to be shown besides the link. Absent when there is nothing, or this browser holds a pass.
 */
asks?: DoorAsks, 
/**
 * Another device of this person is in the waiting room or in the call.
 */
isElsewhere: boolean, 
/**
 * What the person answered to the information, if they did.
 */
consent?: ConsentWord, 
/**
 * Of the text that is to be read: 0 is the one that comes with the program. Absent when the link leads nowhere.
 */
consentVersion?: number, 
/**
 * Present when this person may call the appointment off or move it now.
 */
mayChange?: boolean, 
/**
 * Of a visit that has taken place: how it goes on.
 */
outcome?: OutcomeWord, };

export type DoorAsks = { sms: boolean, email: boolean, pin: boolean, birthDate: boolean, 
/**
 * Too many wrong tries: only staff open it again.
 */
isLocked: boolean, 
/**
 * A code that was sent is still good until then.
 */
codeUntil?: string, };

export type CodeRequest = { link: string, channel: CodeChannelWord, };

export type CodeAnswer = { outcome: SendWord, 
/**
 * UTC now, by the gateway's clock.
 */
now: string, 
/**
 * When another can be asked for.
 */
againAt?: string, };

export type OpenRequest = { link: string, digits?: string, 
/**
 * `1946-04-23`
 */
birthDate?: string, };

export type OpenAnswer = { outcome: TryWord, 
/**
 * How often it may still be tried.
 */
triesLeft?: number, };

export type Information = { version: number, 
/**
 * Paragraphs, parted by line breaks.
 */
fr: string, en: string, };

export type ConsentRequest = { answer: ConsentWord, 
/**
 * Of the text that was on the screen.
 */
version: number, language: LanguageWord, };

export type CompanyRequest = { isAccompanied: boolean, who: string, };

export type RehearsalRequest = { camera: DeviceStateWord, microphone: DeviceStateWord, sound: HeardSoundWord, network: NetworkFoundWord, };

export type GuestDoor = { 
/**
 * Five wrong tries: nobody comes in by this link until staff unlock it.
 */
isLocked: boolean, hasPin: boolean, 
/**
 * The link alone leads into the waiting room: there is nothing else that the person could show.
 */
isLinkOnly: boolean, consent?: ConsentWord, consentAt?: string, 
/**
 * Who is with them, as they said; empty when somebody is there who was not named.
 */
company?: string, 
/**
 * They said that nobody is.
 */
isAlone: boolean, rehearsal?: RehearsalEntry, };

export type RehearsalEntry = { at: string, camera: DeviceStateWord, microphone: DeviceStateWord, sound: HeardSoundWord, network: NetworkFoundWord, 
/**
 * The visit would go well with that device.
 */
isGood: boolean, };

export type IssuedPin = { participant: string, 
/**
 * Six digits.
 */
pin: string, };

export type ServiceDoor = { acceptsBirthDate: boolean, 
/**
 * What whoever has only the link reads instead of the service's name.
 */
label?: string, 
/**
 * Whoever lets somebody in says that they see who it is, also of those who showed more than the link.
 */
asksWhoOfAll: boolean, 
/**
 * The agreement is taken in another way: nobody is kept out for not having answered the information.
 */
waivesConsent: boolean, 
/**
 * By what patients come to their documents after the visit, where they have a provider.
 */
documentsNeed: DocumentNeedWord, };

export type InformationRequest = { fr: string, en: string, };

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
isOtherPatient: boolean, 
/**
 * Older than the newest study of the same patient, by its date.
 */
isPrior: boolean, series: Array<SeriesEntry>, };

export type SeriesEntry = { series: string, modality: string, number?: number, description: string, kind: ObjectKindWord, 
/**
 * Frames that can be shown.
 */
frames: number, 
/**
 * Size of all objects.
 */
bytes: number, 
/**
 * When the first of it was acquired, by the clock of the device, without a zone: `2026-11-18T09:41:00`. Absent when the objects do not say.
 */
acquiredAt?: string, };

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

export type ViewingRecord = { 
/**
 * Oldest first.
 */
steps: Array<StepEntry>, };

export type StepEntry = { step: string, 
/**
 * Since when it was shown.
 */
at: string, 
/**
 * How long, until the next step, ms; absent for the last one.
 */
untilMs?: number, cause: StepCauseWord, 
/**
 * It was kept on the way: the view went on. Not everybody draws all that is on the way.
 */
isMoving: boolean, 
/**
 * Revision of the viewing; after a restart of the gateway they begin anew.
 */
revision: number, 
/**
 * Absent: nobody presented.
 */
presenter?: string, layout: LayoutWord, 
/**
 * Those that showed something.
 */
viewports: Array<StepViewport>, 
/**
 * Who had all its pictures on the screen.
 */
seenBy: Array<StepSight>, 
/**
 * Who was in the call when it began, and did not.
 */
missedBy: Array<string>, };

export type StepViewport = { viewport: number, series: string, 
/**
 * Place from 0.
 */
index: number, 
/**
 * Else a text, pages or a sound: it is not known who saw that.
 */
isPicture: boolean, };

export type StepSight = { participant: string, at: string, 
/**
 * Exact pictures, at least in the end.
 */
isLossless: boolean, };

export type KeyImageEntry = { image: string, at: string, 
/**
 * Who kept it.
 */
participant: string, series: string, 
/**
 * Of its series, as `title` of `series_shown`.
 */
title: string, modality: string, 
/**
 * The place in its series that it was kept from.
 */
index: number, caption: string, 
/**
 * Of its picture, pixels.
 */
width: number, height: number, 
/**
 * It stands in the patient's summary.
 */
isShownToPatient: boolean, 
/**
 * A key object selection beside the studies names it, with the caption that it has.
 */
isSaved: boolean, };

export type CaptionRequest = { 
/**
 * At most 200 characters, without line breaks.
 */
caption: string, };

export type SavedImages = { 
/**
 * Images that these selections name.
 */
images: number, 
/**
 * Selections: one for each study.
 */
selections: number, };

export type SummaryRequest = { language: LanguageWord, 
/**
 * At most 60 paragraphs of at most 2000 characters.
 */
sentences: string[], 
/**
 * Identifiers of key images of this appointment, in the order of the summary; at most 60.
 */
images: Array<string>, };

export type SummaryState = { texts: Array<SummaryText>, };

export type SummaryText = { language: LanguageWord, sentences: string[], 
/**
 * Those that are kept still.
 */
images: Array<string>, changedAt: string, 
/**
 * Who changed it last.
 */
participant: string, };

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

export type WorklistEntry = { appointment: string, startsAt: string, service: string, 
/**
 * The patient's name, as booked.
 */
patient: string, 
/**
 * Somebody is in the call now.
 */
isRunning: boolean, 
/**
 * In the order in which they came.
 */
studies: Array<WorklistStudy>, };

export type WorklistStudy = { study: string, 
/**
 * The series to begin with: the first that has pictures, else the first.
 */
series: string, 
/**
 * Of the study; may be empty.
 */
description: string, 
/**
 * Of that series.
 */
modality: string, 
/**
 * `2026-11-18`, absent when the objects do not say.
 */
date?: string, };

export type DroppedIn = { participant: string, };

export type NoteEntry = { participant: string, name: string, text: string, 
/**
 * Grows by one with each change.
 */
version: number, changedAt: string, 
/**
 * Of whoever asks.
 */
isOwn: boolean, };

export type NoteRequest = { 
/**
 * At most 20000 characters.
 */
text: string, version: number, };

export type NoteSaved = { version: number, changedAt: string, };

export type ReportWords = { language: LanguageWord, reason: string, findings: string, act: string, conclusions: string, prescriptions: string, followUp: string, 
/**
 * Identifiers of key images, in the order of the report; at most 60.
 */
images: Array<string>, };

export type ReportStatusWord = "draft" | "final" | "amended";

export type ReportVersion = { report: string, number: number, status: ReportStatusWord, 
/**
 * Of the draft: what a change and a signature name.
 */
revision: number, words: ReportWords, 
/**
 * Why it was amended; empty for the first.
 */
why: string, changedAt: string, 
/**
 * Who changed it last.
 */
changedBy: string, signedAt?: string, signedBy?: string, 
/**
 * What the gateway says in it: of a signed one as it was then, of a draft as it is now.
 */
facts: Array<ReportSection>, };

export type ReportSection = { title: string, lines: string[], };

export type ReportState = { versions: Array<ReportVersion>, 
/**
 * The visit is over: a draft may be signed.
 */
isOver: boolean, };

export type ReportRequest = { 
/**
 * For the first one.
 */
language: LanguageWord, 
/**
 * For an amendment.
 */
why: string, };

export type ReportChange = { revision: number, words: ReportWords, };

export type SignRequest = { revision: number, };

export type DocumentKind = "summary" | "report" | "image" | "file";

export type DocumentItem = { kind: DocumentKind, 
/**
 * The language of a summary, else the identifier of the report, the image or the file.
 */
item: string, };

export type OfferedDocument = { kind: DocumentKind, item: string, 
/**
 * Its caption, its file name, or the number of its version.
 */
name: string, 
/**
 * Since when the patient may fetch it.
 */
releasedAt?: string, };

export type DocumentsState = { documents: Array<OfferedDocument>, 
/**
 * Days after the end for which they are there.
 */
days: number, 
/**
 * When they go; absent before the visit is over.
 */
until?: string, downloads: Array<DownloadEntry>, };

export type DownloadEntry = { at: string, who: string, kind: DocumentKind, item: string, name: string, door: OpenedBy, 
/**
 * What the provider is called where they signed in, and the class of that in brackets.
 */
provider?: string | null, };

export type ReleaseRequest = { 
/**
 * At most 200.
 */
documents: Array<DocumentItem>, };

export type AfterEntry = { 
/**
 * Until then `POST /api/appointments/{id}/reopen` opens it again.
 */
reopensUntil?: string, askedBack: Array<AskedBack>, ratings: Array<RatingEntry>, };

export type AskedBack = { participant: string, name: string, at: string, };

export type CallBackEntry = { appointment: string, name: string, at: string, reopensUntil: string, };

export type RatingEntry = { 
/**
 * From 1 to 5.
 */
score: number, words: string, };

export type OpenedBy = "sms" | "email" | "pin" | "birth_date" | "provider";

export type DocumentAskWord = "code" | "either" | "provider" | "both";

export type DocumentNeedWord = "either" | "provider" | "both";

export type PatientSignInEnd = "done" | "other" | "not_booked" | "not_said" | "closed" | "expired" | "refused" | "weak" | "untrusted" | "unreachable" | "failed" | "signed_out";

export type PatientProvider = { provider: string, label: string, };

export type PatientSignInRequest = { provider: string, };

export type PatientSignIn = { next: string, };

export type AfterState = { 
/**
 * UTC now.
 */
now: string, endedAt: string, outcome: OutcomeWord, 
/**
 * Until then they may ask to be called back in.
 */
reopensUntil: string, 
/**
 * When they did.
 */
askedBackAt?: string, 
/**
 * They have said what they think of the visit.
 */
hasRated: boolean, 
/**
 * There are documents for this person, or may be.
 */
mayHaveDocuments: boolean, documentsUntil: string, 
/**
 * Absent where a second factor has to be shown first.
 */
documents?: Array<AfterDocument>, 
/**
 * What has to be shown for them.
 */
ask: DocumentAskWord, 
/**
 * A code was shown, or what stands for one.
 */
hasShownCode: boolean, 
/**
 * Where the patient can prove who they are.
 */
providers: Array<PatientProvider>, 
/**
 * There is something to compare whoever signs in there with.
 */
isComparable: boolean, 
/**
 * What the provider is called at which the patient is signed in.
 */
signedInWith?: string, };

export type AfterDocument = { document: string, kind: DocumentKind, 
/**
 * Its caption or file name, the language of a summary, the number of a version.
 */
name: string, releasedAt: string, };

export type RatingRequest = { 
/**
 * From 1 to 5.
 */
score: number, 
/**
 * At most 500 characters; may be empty.
 */
words: string, };

export type WaitingRoomState = { people: Array<WaitingEntry>, 
/**
 * Those among the practitioners of today whose delay holds.
 */
delays: Array<DelayEntry>, 
/**
 * The practitioners whose delay the reader may tell.
 */
mayBeLate: Array<WaitingPractitioner>, 
/**
 * The services whose rooms the reader sees.
 */
services: Array<WaitingService>, 
/**
 * The reader may change what these services decided.
 */
maySetPolicy: boolean, };

export type WaitingEntry = { appointment: string, participant: string, role: RoleWord, name: string, 
/**
 * In which they read.
 */
language: LanguageWord, startsAt: string, 
/**
 * As the patient knows it.
 */
service: string, 
/**
 * Those who have the same wait in one room, in one order.
 */
room: string, 
/**
 * Since when they wait; a page that was loaded again or a telephone that was locked changes nothing about it.
 */
since: string, 
/**
 * Their page does not answer since then; the place is kept until `awayUntil`.
 */
awaySince?: string, awayUntil?: string, camera?: DeviceStateWord, microphone?: DeviceStateWord, assurance?: AssuranceWord, isIdentityChecked: boolean, 
/**
 * Everybody else of the appointment, with where they stand.
 */
others: Array<WaitingOther>, 
/**
 * What they were told last.
 */
told?: WaitingMessageEntry, 
/**
 * The reader is in the appointment: goes in, and lets them in.
 */
mayEnter: boolean, 
/**
 * The reader may take the consultation over.
 */
mayTakeOver: boolean, };

export type WaitingOther = { role: RoleWord, name: string, place: PlaceWord, };

export type WaitingMessageEntry = { at: string, sentence?: ReadySentenceWord, text?: string, };

export type DelayEntry = { practitioner: string, name: string, 
/**
 * 0: not any more.
 */
minutes: number, toldAt: string, };

export type WaitingPractitioner = { practitioner: string, name: string, };

export type WaitingService = { service: string, name: string, policy: WaitingPolicyState, };

export type WaitingPolicyState = { 
/**
 * Those who wait are told which number they are.
 */
showsPosition: boolean, 
/**
 * Members of the service may take over consultations that they are not booked in.
 */
mayTakeOver: boolean, };

export type WaitingMessageRequest = { sentence?: ReadySentenceWord, text?: string, };

export type WaitingPlaceRequest = { before?: string, };

export type DelayRequest = { minutes: number, };

export type IdentityState = { 
/**
 * What is known of the guests, to compare with.
 */
known: Array<KnownPerson>, checks: Array<IdentityCheckEntry>, 
/**
 * Of each patient the last one counts.
 */
ins: Array<InsEntry>, 
/**
 * Of each domain the last one counts.
 */
numbers: Array<PatientNumberEntry>, 
/**
 * Whose numbers the archives know that serve this appointment, each once; empty: the hospital's own.
 */
domains: Array<string>, };

export type KnownPerson = { participant: string, name: string, 
/**
 * `1950-02-28`, where it is known.
 */
birthDate?: string, };

export type IdentityCheckEntry = { participant: string, 
/**
 * The name of whoever looked.
 */
by: string, at: string, means: IdentityMeansWord, document?: DocumentKindWord, isNameRight: boolean, isBirthDateRight: boolean, 
/**
 * The person counts as checked by it.
 */
isEnough: boolean, };

export type IdentityCheckRequest = { means: IdentityMeansWord, 
/**
 * The kind of document that was seen, with `means` `document` only.
 */
document?: DocumentKindWord, isNameRight: boolean, isBirthDateRight: boolean, };

export type InsRequest = { birthName: string, givenNames: string, 
/**
 * `1950-02-28`.
 */
birthDate: string, sex: SexWord, 
/**
 * INSEE code of the commune or the country, five characters.
 */
birthPlace: string, 
/**
 * Thirteen characters and the key; with an identity that was retrieved or qualified, and only then.
 */
number?: string, register?: InsRegisterWord, status: InsStatusWord, };

export type InsEntry = { participant: string, 
/**
 * The name of whoever wrote it down.
 */
by: string, at: string, traits: InsRequest, 
/**
 * The object identifier of the number's register.
 */
oid?: string, };

export type MessageKindWord = "invitation" | "change" | "cancellation" | "reminder_day" | "reminder_hour" | "late" | "code";

export type ChannelWord = "email" | "sms";

export type FailReasonWord = "no_server" | "no_such_address" | "refused" | "not_now" | "unreachable" | "not_trusted" | "no_contact" | "lost";

export type DropReasonWord = "cancelled" | "moved" | "begun" | "over" | "too_late" | "link_withdrawn";

export type PlaceholderWord = "when" | "time" | "was" | "link" | "hospital" | "telephone" | "minutes" | "code";

export type MessageStateWord = "waiting" | "queued" | "sent" | "failed" | "dropped" | "bounced";

export type MessageEntry = { message: string, participant: string, role: RoleWord, name: string, kind: MessageKindWord, channel: ChannelWord, state: MessageStateWord, 
/**
 * Since when it stands there; for one that waits, when it is due or tried next.
 */
at: string, 
/**
 * Of one that failed or is tried again.
 */
failed?: FailReasonWord, dropped?: DropReasonWord, attempts: number, 
/**
 * Of a delay.
 */
minutes?: number, 
/**
 * Somebody should look at it.
 */
isAlarming: boolean, 
/**
 * The reader may send it once more.
 */
mayRepeat: boolean, };

export type MessageAlarmEntry = { appointment: string, startsAt: string, messages: number, };

export type LateRequest = { 
/**
 * 1 to 240.
 */
minutes: number, };

export type OutboxState = { 
/**
 * What is set to send: a channel that is missing sends nothing.
 */
channels: Array<ChannelWord>, 
/**
 * Newest first, at most 200.
 */
messages: Array<OutboxEntry>, };

export type OutboxEntry = { entry: MessageEntry, appointment: string, startsAt: string, 
/**
 * What it would have said: of the demonstration, which sends nothing.
 */
text?: OutboxText, };

export type OutboxText = { to: string, 
/**
 * Empty for an SMS.
 */
subject: string, text: string, };

export type TemplateEntry = { kind: MessageKindWord, channel: ChannelWord, language: LanguageWord, 
/**
 * Empty for an SMS.
 */
subject: string, body: string, 
/**
 * The places that it may have, and of these the ones that it must have.
 */
places: Array<PlaceholderWord>, needed: Array<PlaceholderWord>, 
/**
 * Who wrote it here, and when; absent for the program's own.
 */
changedBy?: string, changedAt?: string, };

export type TemplateRequest = { 
/**
 * Empty for an SMS.
 */
subject: string, body: string, };

export type TemplatePreview = { subject: string, text: string, 
/**
 * In how many parts an SMS goes.
 */
parts: number, 
/**
 * Without any, it can be kept.
 */
faults: Array<TemplateFaultEntry>, };

export type TemplateFaultWord = "subject" | "subject_of_sms" | "telling_subject" | "body" | "missing" | "unknown" | "brace" | "control_character" | "too_many_parts";

export type TemplateFaultEntry = { fault: TemplateFaultWord, 
/**
 * Without braces.
 */
place?: string, };

export type ReminderEntry = { service: string, name: string, site: string, daysBefore: number, minutesBefore: number, };

export type ReminderRequest = { 
/**
 * 0 to 14, at the same time of day.
 */
daysBefore: number, 
/**
 * 0 to 1440.
 */
minutesBefore: number, };

export type CalendarFeedState = { 
/**
 * When the address was made; absent: there is none.
 */
madeAt?: string, 
/**
 * The address itself, in the answer to `POST` and never again.
 */
address?: string, };

export type BounceReport = { 
/**
 * The `Message-ID` of the message that came back.
 */
messageId: string, };

export type ContactState = { email?: string, 
/**
 * With its country, or a French one.
 */
telephone?: string, };

export type FolderWord = "open" | "pass_needed" | "unknown" | "revoked" | "expired" | "over";

export type ReaderWord = "pdf" | "image" | "text" | "video" | "sound" | "none";

export type FolderRequest = { 
/**
 * What the centre is called; it sees it too.
 */
label: string, quotaMib: number, quotaFiles: number, days: number, };

export type IssuedFolder = { folder: FolderEntry, 
/**
 * The whole address; its secret stands behind `#`, which browsers send to nobody.
 */
address: string, };

export type FolderEntry = { folder: string, label: string, 
/**
 * It is a guest's, who sends by their personal link.
 */
isGuest: boolean, state: FolderWord, expiresAt: string, quotaBytes: number, quotaFiles: number, usedBytes: number, usedFiles: number, };

export type UploadLook = { state: FolderWord, 
/**
 * By a personal link: words for a patient.
 */
isGuest: boolean, 
/**
 * What a centre is called.
 */
label: string, expiresAt?: string, bytesLeft: number, filesLeft: number, 
/**
 * The largest single file, in bytes.
 */
maxBytes: number, };

export type ReceiptRequest = { 
/**
 * SHA-256, hexadecimal.
 */
sha256: string, };

export type UploadReceipt = { receipt: string, at: string, bytes: number, 
/**
 * Of what has come, computed here.
 */
sha256: string, 
/**
 * Medical images in it; 0 for a document.
 */
objects: number, 
/**
 * Files in it that were not taken.
 */
refused: number, 
/**
 * It had come before, and was not kept a second time.
 */
isKnown: boolean, };

export type ReceivedEntry = { upload: string, at: string, name: string, 
/**
 * Of the folder.
 */
label: string, isGuest: boolean, bytes: number, sha256: string, 
/**
 * Medical images, which are among the studies; 0 for a file.
 */
objects: number, refused: number, 
/**
 * Some of them name another patient than the appointment has: staff check.
 */
isOtherPatient: boolean, 
/**
 * Staff put it among the images of the visit.
 */
isAmongImages: boolean, reader: ReaderWord, mediaType: string, };

export type PeriodWord = "day" | "week" | "month";

export type StatisticsChoice = { 
/**
 * All visits together, those without a service among them.
 */
maySeeAll: boolean, services: Array<ServiceChoice>, };

export type ServiceChoice = { service: string, name: string, site: string, };

export type StatisticsReport = { from: string, to: string, period: PeriodWord, 
/**
 * From the earliest; those without a visit are missing.
 */
rows: Array<StatisticsRow>, 
/**
 * Of all rows. What is not named is 0; `null` is a number below five, which is hidden.
 */
total: { [key in string]: number | null }, 
/**
 * Messages are counted on this server.
 */
hasMessages: boolean, hasRatings: boolean, };

export type StatisticsRow = { 
/**
 * Its first day.
 */
from: string, counts: { [key in string]: number | null }, };

export type RetentionState = { classes: Array<RetentionClass>, 
/**
 * Newest first; `/api/retention/proofs.csv` has all of them.
 */
proofs: Array<ProofEntry>, holds: Array<HoldEntry>, };

export type RetentionClass = { class: string, 
/**
 * After the planned end of a visit; absent where another rule says it.
 */
days?: number, 
/**
 * Visits of which something is kept, is due now, and would be due but is held.
 */
kept: number, due: number, held: number, 
/**
 * When the next of it goes.
 */
nextAt?: string, };

export type ProofEntry = { proof: string, at: string, class: string, 
/**
 * `after_visit:` and days, `chat_over` or `chat_written`; or the words of an earlier release.
 */
rule: string, rows: number, 
/**
 * SHA-256 over the sorted identifiers of the rows.
 */
sha256: string, };

export type HoldEntry = { hold: string, 
/**
 * Absent once nothing is left of it.
 */
appointment?: HoldableEntry, reason: string, setAt: string, liftedAt?: string, };

export type HoldableEntry = { appointment: string, patient: string, service: string, startsAt: string, };

export type HoldableRequest = { name: string, 
/**
 * `2026-11-30`, by the clocks of the hospital.
 */
day?: string, };

export type HoldRequest = { appointment: string, reason: string, };

export type PurgeRun = { 
/**
 * Rows that went.
 */
rows: number, };

export type TrailPage = { entries: Array<TrailEntry>, 
/**
 * What `before` has to be for the next page; absent on the last.
 */
next?: number, 
/**
 * Records there are, and up to which one the chain is signed.
 */
records: number, signed: number, 
/**
 * The public key that signs, in hexadecimal letters.
 */
key: string, };

export type TrailEntry = { seq: number, at: string, 
/**
 * `staff`, `guest`, `sender`, `machine`, `gateway` or `nobody`.
 */
actor: string, actorId?: string, 
/**
 * Of staff, as they are called now.
 */
name?: string, 
/**
 * For whom they acted, when it was not for themselves.
 */
forName?: string, deed: string, subject: string, subjectId?: string, appointment?: string, outcome: string, origin?: string, detail?: string, reason?: string, digest: string, };

export type TrailAlerts = { alerts: Array<TrailEntry>, };

export type OwnTrail = { entries: Array<OwnTrailEntry>, };

export type OwnTrailEntry = { 
/**
 * `you`, `staff`, `guest` (whoever came along), `sender` or `gateway`.
 */
who: string, name?: string, deed: string, subject: string, firstAt: string, lastAt: string, times: number, };

export type EmergencySearch = { name?: string, 
/**
 * `1950-02-28`.
 */
birthDate?: string, appointment?: string, };

export type EmergencyFound = { appointment: string, startsAt: string, };

export type EmergencyRequest = { reason: string, };

export type EmergencyEntry = { appointment: string, startsAt: string, service: string, patient: string, 
/**
 * Who has it.
 */
by: string, reason: string, beganAt: string, endsAt: string, };

export type EmergencyState = { 
/**
 * For how long an access is given.
 */
minutes: number, 
/**
 * One's own that are open.
 */
open: Array<EmergencyEntry>, 
/**
 * Those of others, of the last days, to appointments in which one is booked.
 */
told: Array<EmergencyEntry>, };

export type DelegationRequest = { to: string, 
/**
 * RFC 3339 with offset.
 */
startsAt: string, endsAt: string, };

export type DelegationEntry = { delegation: string, 
/**
 * The other one.
 */
practitioner: string, name: string, startsAt: string, endsAt: string, isInForce: boolean, };

export type DelegationCandidate = { practitioner: string, name: string, roles: Array<StaffRoleWord>, };

export type DelegationState = { 
/**
 * Who acts for oneself.
 */
given: Array<DelegationEntry>, 
/**
 * For whom one acts.
 */
received: Array<DelegationEntry>, 
/**
 * Empty for whoever can let nobody act.
 */
candidates: Array<DelegationCandidate>, };

export type OpenAtWord = "gateway" | "people";

export type OutsideWord = "mail" | "sms" | "relay" | "syslog" | "fhir" | "sign_in" | "authority" | "pacs";

export type StrengthWord = "unsaid" | "strong" | "named";

export type CertificateNewsWord = "expired" | "refused" | "awaited" | "ends_soon";

export type ProtectionFacts = { hospital: string, 
/**
 * The name under which browsers reach the gateway.
 */
site: string, 
/**
 * They do so over TLS.
 */
isSiteEncrypted: boolean, 
/**
 * Where sound and picture, the chat with its files, and images are in the open.
 */
media: OpenAtWord, chat: OpenAtWord, images: OpenAtWord, isMediaRecorded: boolean, 
/**
 * The gateway encrypts what it keeps.
 */
isEncryptedAtRest: boolean, 
/**
 * For how many days lines and files of the chat are kept; absent: until the consultation is over.
 */
chatDays?: number, kept: Array<KeptFor>, outside: Array<OutsideFact>, 
/**
 * Of a call: its people, as far as they are told of.
 */
people: Array<PersonProof>, 
/**
 * For administrators and auditors.
 */
deployment?: DeploymentFacts, };

export type KeptFor = { 
/**
 * As in `RetentionClass`.
 */
class: string, 
/**
 * Absent: the rule of the chat.
 */
days?: number, };

export type OutsideFact = { kind: OutsideWord, 
/**
 * Guests are not told the names of systems inside of the hospital.
 */
host?: string, 
/**
 * The way there is protected by TLS.
 */
isEncrypted: boolean, };

export type PersonProof = { participant: string, 
/**
 * Absent: they have not come.
 */
assurance?: AssuranceWord, 
/**
 * With `link_and_code`, what it was besides the link; only staff and the person are told.
 */
opening?: OpeningWord, 
/**
 * With `signed_in`, as far as it is known.
 */
signIn?: SignInProof, seen?: SeenProof, };

export type SignInProof = { 
/**
 * Absent: the hospital's own account.
 */
provider?: string, strength: StrengthWord, 
/**
 * With `named`, the class (`acr`) that the provider tells.
 */
class?: string, at: string, };

export type SeenProof = { means: IdentityMeansWord, at: string, 
/**
 * Who looked; absent for guests who do not see that person.
 */
name?: string, };

export type DeploymentFacts = { version: string, 
/**
 * Those that the gateway uses itself; none where a proxy in front does TLS.
 */
certificates: Array<CertificateFact>, 
/**
 * For how many seconds browsers ask for this site over TLS only; absent: they are not told to.
 */
hstsSeconds?: number, 
/**
 * `sqlite` or `postgres`.
 */
database: string, 
/**
 * Origins that may show the pages in a frame.
 */
frameAncestors: Array<string>, trail: TrailFact, providers: Array<ProviderFact>, 
/**
 * Hosts that the settings allow beside those that they name for a purpose.
 */
allowedHosts: Array<string>, 
/**
 * Addresses of relays that browsers are told; empty: there is none.
 */
relayUrls: Array<string>, isRelayExternal: boolean, };

export type CertificateFact = { 
/**
 * Absent while it is awaited.
 */
issuer?: string, until?: string, 
/**
 * It vouches for itself: browsers trust it only where they were told to.
 */
isSelfSigned: boolean, news?: CertificateNewsWord, };

export type TrailFact = { records: number, 
/**
 * The number of the last record under a signature.
 */
signed: number, 
/**
 * The public key that signs, in hexadecimal digits.
 */
key: string, };

export type ProviderFact = { 
/**
 * Absent: the hospital's own account.
 */
label?: string, issuer: string, 
/**
 * Classes (`acr`) of which a sign-in needs one; empty: any will do.
 */
classes: Array<string>, 
/**
 * Those of which one is needed for what is privileged.
 */
privilegedClasses: Array<string>, };
