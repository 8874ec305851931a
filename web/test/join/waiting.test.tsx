import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { soundState } from "../../src/call/sound";
import { chooseLanguage } from "../../src/i18n";
import { calling, isQuiet, setQuiet } from "../../src/join/calling";
import { Join } from "../../src/join/Join";
import { loadCall } from "../../src/join/later";
import { Visit } from "../../src/join/visit";
import type { Look } from "../../src/protocol";
import { installDevices, installPeers } from "../call/fake-media";
import { FakeSocket } from "../fake-socket";

const HOSPITAL = { name: "Hôpital d’essai", telephone: "01 23 45 67 89", timeZone: "Europe/Paris", isDemo: false };
const NOW = "2026-11-25T13:20:00.000Z";
const SINCE = "2026-11-25T13:21:00.000Z";
let look: Partial<Look>;
let visibility: DocumentVisibilityState;
let visits: Visit[] = [];
const vibrate = vi.fn();

beforeAll(loadCall, 60_000);
beforeEach(() => {
  look = { door: "open" };
  visibility = "visible";
  sessionStorage.clear();
  localStorage.clear();
  setQuiet(false);
  calling.value = undefined;
  chooseLanguage("fr");
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  vibrate.mockClear();
  vi.stubGlobal("fetch", async (path: string) => {
    const body = path === "/api/hospital" ? HOSPITAL : { now: NOW, startsAt: "2026-11-25T13:30:00.000Z", ...look };
    return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  });
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
  Object.defineProperty(navigator, "vibrate", { value: vibrate, configurable: true });
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
});
afterEach(() => {
  cleanup();
  for (const visit of visits) visit.close();
  visits = [];
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const title = (text: string | RegExp) => screen.findByRole("heading", { level: 1, name: text });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
function open(): Visit {
  const visit = new Visit("secret");
  visits.push(visit);
  render(<Join visit={visit} />);
  return visit;
}
async function waiting(): Promise<Visit> {
  const visit = open();
  await title("Votre consultation vidéo");
  press("Continuer");
  FakeSocket.last.welcome("waiting");
  FakeSocket.last.say({ type: "place", place: { state: "waiting", since: SINCE } });
  await title("Vous êtes au bon endroit");
  return visit;
}
/** By the clock of the fake gateway, as the page knows it. */
const message = (id: string, words: { sentence?: "soon_your_turn"; text?: string }, at = "2026-11-25T13:25:00.000Z") =>
  FakeSocket.last.say({ type: "staff_message", id, at, ...words });

describe("the waiting room of the patient", () => {
  it("shows what staff say in the language of the page, once, the newest first", async () => {
    await waiting();
    message("1", { sentence: "soon_your_turn" });
    message("2", { text: "Encore dix minutes." });
    message("1", { sentence: "soon_your_turn" });
    await screen.findByText("Encore dix minutes.");
    expect(screen.getAllByRole("listitem").map((each) => each.querySelector("p")?.textContent)).toEqual([
      "Encore dix minutes.",
      "C’est bientôt à vous.",
    ]);
    chooseLanguage("en");
    await screen.findByText("It is your turn soon.");
    expect(screen.getByText("Encore dix minutes.")).toBeTruthy();
  });

  it("says how late it is, and no number unless the service tells it", async () => {
    await waiting();
    expect(screen.queryByText(/avant vous|prochaine/)).toBeNull();
    FakeSocket.last.say({ type: "delay", minutes: 10 });
    await screen.findAllByText(/environ 10 minutes de retard/);
    FakeSocket.last.say({ type: "position", position: 3 });
    await screen.findByText("2 personnes passent avant vous.");
    FakeSocket.last.say({ type: "position", position: 1 });
    await screen.findByText("Vous êtes la prochaine personne.");
    FakeSocket.last.say({ type: "delay", minutes: 0 });
    FakeSocket.last.say({ type: "position" });
    await waitFor(() => expect(within(screen.getByRole("main")).queryByText(/retard|prochaine/)).toBeNull());
  });

  it("calls back with its title until it is looked at, and shakes once", async () => {
    await waiting();
    visibility = "hidden";
    message("1", { sentence: "soon_your_turn" });
    await waitFor(() => expect(document.title).toBe("● Message de l’équipe"));
    expect(vibrate).toHaveBeenCalledTimes(1);
    visibility = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    await waitFor(() => expect(document.title).toContain("Vous êtes au bon endroit"));
  });

  it("calls nobody for what was said before the page was loaded", async () => {
    await waiting();
    visibility = "hidden";
    message("1", { sentence: "soon_your_turn" }, "2026-11-25T13:24:00.000Z");
    await screen.findAllByText(/C’est bientôt à vous/);
    expect(vibrate).not.toHaveBeenCalled();
    expect(calling.value).toBeUndefined();
  });

  it("respects who wants it quiet, and who asked for less motion", async () => {
    await waiting();
    fireEvent.click(screen.getByLabelText("Me prévenir par un son et une vibration"));
    expect(isQuiet.value).toBe(true);
    message("1", { sentence: "soon_your_turn" });
    await screen.findAllByText(/C’est bientôt à vous/);
    expect(vibrate).not.toHaveBeenCalled();
    setQuiet(false);
    vi.stubGlobal("matchMedia", (query: string) => ({ matches: query.includes("reduced-motion"), media: query }));
    message("2", { sentence: "soon_your_turn" });
    await waitFor(() => expect(screen.getAllByText("C’est bientôt à vous.")).toHaveLength(2));
    expect(vibrate).not.toHaveBeenCalled();
  });

  it("promises a sound only when one will come", async () => {
    const promise = "Gardez cette page ouverte. Un son vous préviendra.";
    // After a reload there was no tap on this page yet.
    soundState.value = "suspended";
    await waiting();
    expect(screen.queryByText(promise)).toBeNull();
    expect(screen.getByText(/aucun son ne vous préviendra/)).toBeTruthy();
    press("Activer le son");
    expect(document.activeElement?.textContent).toMatch(/aucun son/);
    soundState.value = "running";
    await screen.findByText(promise);
    expect(screen.queryByRole("button", { name: "Activer le son" })).toBeNull();
    fireEvent.click(screen.getByLabelText("Me prévenir par un son et une vibration"));
    await screen.findByText(/aucun son ne vous préviendra/);
    expect(screen.queryByRole("button", { name: "Activer le son" })).toBeNull();
    soundState.value = "none";
  });

  it("goes by itself from the early test into the waiting room when the door opens", async () => {
    look = { door: "too_early", opensAt: "2026-11-25T13:20:02.000Z" };
    const visit = open();
    await title("Vous êtes en avance");
    press("Tester mon matériel");
    await title("Testons votre matériel");
    await waitFor(() => expect(visit.devices.value.camera.value).toBe("works"));
    look = { door: "open", now: "2026-11-25T13:20:02.500Z" };
    await waitFor(() => expect(FakeSocket.all).toHaveLength(1), { timeout: 5_000 });
    FakeSocket.last.welcome("testing");
    await waitFor(() => expect(FakeSocket.last.of("ready")).toMatchObject([{ camera: "works", microphone: "works" }]));
    // Once: whoever comes back to the test later decides for themselves.
    FakeSocket.last.say({ type: "place", place: { state: "testing", since: SINCE } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(FakeSocket.last.of("ready")).toHaveLength(1);
  }, 10_000);

  it("says kindly why somebody is not let in, with the number to call", async () => {
    await waiting();
    FakeSocket.last.say({ type: "turned_away", sentence: "we_call_you" });
    FakeSocket.last.say({ type: "place", place: { state: "removed", since: SINCE } });
    await title("Nous ne pouvons pas vous recevoir maintenant");
    expect(screen.getByText(/Nous allons vous appeler/)).toBeTruthy();
    expect(screen.getByRole("link", { name: /Appeler/ }).getAttribute("href")).toBe("tel:0123456789");
  });
});
