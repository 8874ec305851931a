import { afterEach, expect, test, vi } from "vitest";
import { told } from "../../src/app/admin/Changes";
import { draftOf, finding, requestOf, scopeOf, stateOf, withService } from "../../src/app/admin/pacs-form";
import {
  Archives,
  faultOf,
  hereInWords,
  isMissing,
  partOf,
  quietInWords,
  stateInWords,
} from "../../src/app/pacs/archives";
import { locale } from "../../src/i18n";
import type { FetchEntry, PacsEntry, PacsFaultWord, PacsStudy } from "../../src/protocol";

const ENTRY: PacsEntry = {
  pacs: "radio",
  label: "Radiologie",
  address: "https://pacs.example/dicom-web",
  signIn: "password",
  user: "parvis",
  domain: "",
  services: [],
  isOn: true,
};

const FETCH: FetchEntry = {
  fetch: "1",
  study: "1.2",
  label: "Radiologie",
  state: "running",
  total: 30,
  received: 12,
  refusedCount: 0,
  refused: [],
  hasOtherPatient: false,
  quietS: 0,
  about: "",
};

const STUDY: PacsStudy = {
  study: "1.2",
  description: "Thorax",
  modalities: ["CT"],
  instances: 30,
  patientName: "LEFEVRE Helene",
  isOtherPatient: false,
  here: 0,
};

const FAULTS = [
  "no_address",
  "no_connection",
  "slow",
  "busy",
  "untrusted",
  "address_forbidden",
  "not_signed_in",
  "redirected",
  "status",
  "too_long",
  "not_dicomweb",
  "cut",
] as const satisfies readonly PacsFaultWord[];

afterEach(() => {
  locale.value = "fr";
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("of an archive that is changed the secret is sent only when it was typed", () => {
  const { isOn: _, ...same } = ENTRY;
  expect(requestOf(draftOf(ENTRY))).toEqual(same);
  expect(requestOf({ ...draftOf(ENTRY), secret: "x" }).secret).toBe("x");
  expect(requestOf({ ...draftOf(ENTRY), signIn: "token", secret: "x" })).toMatchObject({ user: "", secret: "x" });
  expect(requestOf({ ...draftOf(ENTRY), signIn: "none", secret: "x" })).not.toHaveProperty("secret");
  expect(withService(["a", "b"], "a", false)).toEqual(["b"]);
  expect(withService(["a", "b"], "b", true)).toEqual(["a", "b"]);
});

test("an archive says whom it is for, and whether it answers", () => {
  const services = [{ service: "s1", name: "Cardiologie" }] as unknown as Parameters<typeof scopeOf>[1];
  expect(scopeOf(ENTRY, services)).toBe("Pour tous les services");
  expect(scopeOf({ ...ENTRY, services: ["s1"], domain: "CHU" }, services)).toBe("Pour Cardiologie · domaine CHU");
  expect(stateOf(ENTRY)).toContain("Pas encore interrogé");
  const at = "2026-11-25T10:00:00Z";
  expect(stateOf({ ...ENTRY, reachedAt: at })).toContain("A répondu le");
  expect(stateOf({ ...ENTRY, failingSince: at })).toContain("Ne répond pas comme il faut depuis le");
  expect(stateOf({ ...ENTRY, reachedAt: at, failingSince: at })).toContain("pour la dernière fois");
});

test("every fault has a sentence for administrators and one for doctors, in both languages", () => {
  for (const language of ["fr", "en"] as const) {
    locale.value = language;
    for (const fault of FAULTS) {
      const trial = finding({ fault, about: "401", tookMs: 0 });
      const answer = faultOf({ fault, about: "401", studies: [], dropped: 0, isCut: false });
      for (const sentence of [trial, answer]) expect(sentence, fault).toMatch(/^[A-ZÀ-Þ].{15,}[.)\d]$/su);
      expect(`${trial} ${answer}`).not.toMatch(/[{}]/);
    }
    expect(finding({ about: "", tookMs: 41 })).toContain("41");
  }
});

test("a change of an archive is told without its secret", () => {
  expect(told("pacs_changed", "user: x; secret: changed")).toBe("user: x; secret changé");
  expect(told("pacs_off", "off")).toBe("désactivé");
});

test("a fetch says how far it is, that nothing comes, and how it ended", () => {
  expect(stateInWords(FETCH)).toBe("12 sur 30 images");
  const { total: _, ...uncounted } = FETCH;
  expect(stateInWords(uncounted)).toBe("12 images");
  expect([partOf(FETCH), partOf(uncounted)]).toEqual([0.4, undefined]);
  expect(quietInWords({ ...FETCH, quietS: 4 })).toBe("");
  expect(quietInWords({ ...FETCH, quietS: 7 })).toContain("7 secondes");
  expect(quietInWords({ ...FETCH, quietS: 7, state: "done" })).toBe("");
  expect(stateInWords({ ...FETCH, state: "stopped", received: 1 })).toBe("Arrêté. 1 image est ici.");
  expect(stateInWords({ ...FETCH, state: "failed", fault: "cut" })).toBe(
    "L’envoi du PACS s’est coupé. Réessayez. Ce qui est arrivé reste.",
  );
  for (const state of ["done", "gone", "full", "broken"] as const)
    expect(stateInWords({ ...FETCH, state })).toMatch(/\.$/);
});

test("what is here already is told, and the rest is offered", () => {
  expect([hereInWords(STUDY), isMissing(STUDY)]).toEqual(["", true]);
  expect([hereInWords({ ...STUDY, here: 12 }), isMissing({ ...STUDY, here: 12 })]).toEqual(["12 sur 30 ici", true]);
  expect([hereInWords({ ...STUDY, here: 30 }), isMissing({ ...STUDY, here: 30 })]).toEqual(["déjà ici", false]);
  const { instances: _, ...uncounted } = { ...STUDY, here: 3 };
  expect([hereInWords(uncounted), isMissing(uncounted)]).toEqual(["déjà ici", false]);
});

test("while something is fetched it is looked at again, and what has come in is told", async () => {
  vi.useFakeTimers();
  const answers = [
    [FETCH],
    [{ ...FETCH, received: 20 }],
    [{ ...FETCH, received: 20 }],
    [{ ...FETCH, received: 30, state: "done" as const }],
  ];
  const asked = vi.fn(async () => {
    const fetches = answers.shift();
    if (!fetches) throw new Error("asked for no reason");
    return new Response(JSON.stringify({ patient: "p", nodes: [], fetches }), {
      headers: { "content-type": "application/json" },
    });
  });
  vi.stubGlobal("fetch", asked);
  const onReceived = vi.fn();
  const archives = new Archives("a", onReceived);
  await archives.look();
  for (let second = 0; second < 6; second += 1) await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveBeenCalledTimes(4);
  expect(archives.fetches.value[0]?.state).toBe("done");
  expect(onReceived).toHaveBeenCalledTimes(3);
  archives.close();
});

test("a look that got lost says nothing of a fetch that runs, and what was said is taken back", async () => {
  vi.useFakeTimers();
  let isAway = false;
  vi.stubGlobal("fetch", async () => {
    if (isAway) throw new TypeError("no network");
    return new Response(JSON.stringify({ patient: "p", nodes: [], fetches: [FETCH] }), {
      headers: { "content-type": "application/json" },
    });
  });
  const archives = new Archives("a", () => undefined);
  await archives.look();
  isAway = true;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(archives.problem.value).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(archives.problem.value).toBe("unavailable");
  isAway = false;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(archives.problem.value).toBeUndefined();
  archives.close();
});
