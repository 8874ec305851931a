import { locale } from "../../i18n";
import { t } from "./reading.words";

/** Names that the gateway gives to facts of a document; those that are not here are shown as they are. */
const NAMES = {
  kind: "fact.kind",
  modality: "fact.modality",
  study: "fact.study",
  series: "fact.series",
  title: "fact.title",
  date: "fact.date",
  time: "fact.time",
  author: "fact.author",
  verified: "fact.verified",
  completion: "fact.completion",
  verification: "fact.verification",
  institution: "fact.institution",
  language: "fact.language",
  duration: "fact.duration",
  channels: "fact.channels",
  images: "fact.images",
  body_part: "fact.bodyPart",
  label: "fact.label",
  description: "fact.description",
  creator: "fact.creator",
  manufacturer: "fact.manufacturer",
  laterality: "fact.laterality",
  preliminary: "fact.preliminary",
  verified_by: "fact.verified",
  organization: "fact.institution",
  status: "fact.status",
  media_type: "fact.mediaType",
  bytes: "fact.bytes",
} as const;

export function factName(name: string): string {
  const key = name.trim().toLowerCase().replaceAll(/[ -]/g, "_");
  return key in NAMES ? t(NAMES[key as keyof typeof NAMES]) : name;
}

/** Dates as people write them; everything else as it is. */
export function factInWords(_name: string, value: string): string {
  const date = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(value.trim());
  if (!date) return value;
  const at = new Date(`${date[1]}-${date[2]}-${date[3]}T12:00:00Z`);
  if (Number.isNaN(at.getTime())) return value;
  return new Intl.DateTimeFormat(locale.value === "fr" ? "fr-FR" : "en-GB", {
    dateStyle: "long",
    timeZone: "UTC",
  }).format(at);
}
