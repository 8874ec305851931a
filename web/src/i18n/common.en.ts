import type { GuestProblem } from "../problem";

const AGAIN = "That did not work. Try again in a moment, or call us.";
const ASK_STAFF = "Only the hospital’s staff can do this. Call us if you need it.";

/** What a patient reads for each code that a guest can meet: what happened and what to do. */
export const problems: Record<GuestProblem, string> = {
  bad_request: "This page is out of date. Reload it, then start again.",
  not_found: "We cannot find this page. Open the link in your message again.",
  too_large: "This is too big to send.",
  too_many: "Too many tries in a short time. Wait a minute, then try again.",
  unsupported_protocol: "This page is out of date. Reload it to go on.",
  out_of_order: "This is no longer possible. Reload the page to see where you are.",
  internal: AGAIN,
  unavailable: "The hospital is not answering at the moment. Check your connection, then try again.",
  sign_in_needed: "Open the link in your message again to go on.",
  not_allowed: ASK_STAFF,
  ticket_needed: "The connection could not be verified. Load the page again.",
  foreign_origin: "Open the link in your message again, directly in your browser.",
  slot_taken: "This time has just been taken. Choose another one.",
  change_not_offered: "This appointment cannot be changed here. Call the hospital.",
  change_too_late: "It is too late to change this appointment here. Call the hospital.",
  wrong_status: "Your appointment has changed. Reload the page to see where it stands.",
  link_unknown: "This link does not open any appointment. Check that it is complete, or call us.",
  link_expired: "This link has expired. Call us to get a new one.",
  link_revoked: "This link has been replaced. Use the link in your latest message, or call us.",
  too_early: "You are early. This page will open by itself.",
  appointment_cancelled: "This appointment was cancelled. Call us to make another.",
  pass_needed: "Your code is needed too. Open the link of your message again.",
  consultation_over: "This consultation is over. Call us if you have a question.",
  not_admitted: "Your doctor has to let you in first. Keep this page open.",
  not_waiting: "You are no longer in the waiting room. Reload the page to go back.",
  not_in_call: "You are no longer in the consultation. Reload the page to go back.",
  not_presenter: "Somebody else is showing the images.",
  nothing_shared: "No image is being shown at the moment.",
  locked: "The consultation is locked. Wait a little.",
  wrong_file_kind: "Send a PDF or a photo.",
  unknown_participant: "This person is no longer in the consultation.",
  unknown_series: "This image is no longer available.",
  bad_media: "Sound and picture could not be set up. Reload the page to try again.",
  cannot_show: "This image cannot be shown. Your doctor can show another one.",
  storage_full: AGAIN,
  answered_before: "We have your opinion already. Thank you.",
};
