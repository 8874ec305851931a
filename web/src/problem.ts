import { ApiProblem } from "./api";
import { locale } from "./i18n";
import type { LanguageWord, ProblemCode } from "./protocol";
import { Rejected } from "./wire";

/** The code of whatever was thrown by a request over HTTP or over the wire. */
export function codeOf(cause: unknown): ProblemCode {
  if (cause instanceof ApiProblem || cause instanceof Rejected) return cause.code;
  console.error(cause);
  return "internal";
}

/** What only staff ask for, so that no guest meets it. */
type StaffProblem =
  | "no_role"
  | "sign_in_expired"
  | "sign_in_refused"
  | "sign_in_untrusted"
  | "sign_in_weak"
  | "sign_in_not_fresh"
  | "sign_in_other_person"
  | "fresh_sign_in_needed"
  | "provider_unreachable"
  | "local_wrong"
  | "second_factor_wrong"
  | "local_locked"
  | "local_expired"
  | "address_closed"
  | "bad_user_name"
  | "user_name_taken"
  | "password_short"
  | "password_guessable"
  | "role_missing"
  | "own_account"
  | "bad_token"
  | "color_too_pale"
  | "bad_logo"
  | "bad_provider_key"
  | "provider_key_taken"
  | "bad_issuer"
  | "issuer_taken"
  | "bad_discovery"
  | "client_id_missing"
  | "client_secret_missing"
  | "bad_role_rules"
  | "egress_forbidden"
  | "set_in_file"
  | "last_way_in"
  | "mail_host_missing"
  | "mail_unprotected"
  | "mail_user_and_password"
  | "sender_missing"
  | "bad_sms_address"
  | "bad_sms_body"
  | "bad_sms_header"
  | "bad_pacs_key"
  | "pacs_key_taken"
  | "bad_pacs_address"
  | "pacs_unprotected"
  | "bad_pacs_sign_in"
  | "pacs_secret_missing"
  | "bad_domain"
  | "in_the_past"
  | "too_far_ahead"
  | "ends_before_it_starts"
  | "too_long"
  | "not_one_patient"
  | "no_practitioner"
  | "practitioner_twice"
  | "too_many_people"
  | "name_missing"
  | "service_missing"
  | "note_too_long"
  | "bad_email"
  | "bad_telephone"
  | "bad_birth_date"
  | "unknown_service"
  | "service_name_taken"
  | "bad_service"
  | "template_refused"
  | "unknown_practitioner"
  | "practitioner_busy"
  | "identity_not_compared"
  | "not_recognised"
  | "ins_name"
  | "ins_birth_date"
  | "ins_birth_place"
  | "ins_number"
  | "ins_status"
  | "bad_patient_number"
  | "patient_number_missing"
  | "bad_schedule"
  | "bad_place"
  | "bad_queue_address"
  | "queue_address_taken"
  | "practitioner_taken_now"
  | "queue_closed"
  | "queue_code_wrong"
  | "queue_full"
  | "folder_closed"
  | "quota_exceeded"
  | "checksum_mismatch"
  | "bad_folder"
  | "not_dicom"
  | "no_images"
  | "other_patient"
  | "unsafe_archive"
  | "archive_too_large"
  | "stale"
  | "report_signed"
  | "draft_exists"
  | "why_missing"
  | "reason_too_short"
  | "already_yours"
  | "conclusions_missing";
export type GuestProblem = Exclude<ProblemCode, StaffProblem>;

/** Finds the sentence of a code in the language of now; a code that has none, as one of a newer gateway, reads as "internal". */
export function sentencesIn(words: Record<LanguageWord, Record<GuestProblem, string>>) {
  return (code: ProblemCode): string => {
    const sentences: Partial<Record<string, string>> = words[locale.value];
    return sentences[code] ?? words[locale.value].internal;
  };
}
