import { describe, expect, it } from "vitest";
import { byPatient, isShowable } from "../../src/app/consultation/series";
import type { ObjectKindWord, SeriesEntry, StudyEntry } from "../../src/protocol";

const series = (kind: ObjectKindWord, frames: number, name = "s"): SeriesEntry => ({
  series: name,
  modality: "OT",
  description: "",
  kind,
  frames,
  bytes: 1,
});
const study = (name: string, patientName: string, isOtherPatient: boolean, prior?: string): StudyEntry => ({
  study: name,
  description: "",
  patientName,
  isOtherPatient,
  isPrior: prior !== undefined,
  ...(prior !== undefined && { date: prior }),
  series: [],
});

describe("what can be shown", () => {
  it("is everything but pictures without a frame and what the gateway has refused", () => {
    const none = new Set<string>();
    for (const kind of ["report", "document", "presentation", "key_objects", "waveform", "other"] as const)
      expect(isShowable(series(kind, 0), none)).toBe(true);
    expect(isShowable(series("image", 3), none)).toBe(true);
    expect(isShowable(series("image", 0), none)).toBe(false);
    expect(isShowable(series("video", 0), none)).toBe(false);
    expect(isShowable(series("report", 1, "no"), new Set(["no"]))).toBe(false);
  });
});

describe("studies of an appointment", () => {
  it("stand under the name that they carry, the patient of the appointment first", () => {
    const groups = byPatient([
      study("1", "DURAND^PAUL", true),
      study("2", "LEFEVRE^HELENE", false),
      study("3", "DURAND^PAUL", true),
      study("4", "LEFEVRE^H", false),
    ]);
    expect(
      groups.map(({ name, isOther, studies }) => [name, isOther, studies.map((each) => each.study).join()]),
    ).toEqual([
      ["LEFEVRE^HELENE", false, "2"],
      ["LEFEVRE^H", false, "4"],
      ["DURAND^PAUL", true, "1,3"],
    ]);
  });

  it("are apart from older ones, which stand with the newest first", () => {
    const [group, ...others] = byPatient([
      study("1", "LEFEVRE^H", false, "2020-01-01"),
      study("2", "LEFEVRE^H", false),
      study("3", "LEFEVRE^H", false, "2024-01-01"),
    ]);
    expect(others).toEqual([]);
    expect(group?.studies.map((each) => each.study)).toEqual(["2"]);
    expect(group?.priors.map((each) => each.study)).toEqual(["3", "1"]);
  });
});
