import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { isInApp } from "../../src/join/browser";
import { closedBy, untilOpenMs } from "../../src/join/door";
import { Join } from "../../src/join/Join";
import { loadCall, loaded } from "../../src/join/later";
import { addressOf, hasContinued, setContinued, takeLink } from "../../src/join/link";
import { Visit } from "../../src/join/visit";
import type { Look, OutcomeWord } from "../../src/protocol";
import { installDevices, installPeers } from "../call/fake-media";
import { FakeSocket } from "../fake-socket";

const HOSPITAL = { name: "Hôpital d’essai", telephone: "01 23 45 67 89", timeZone: "Europe/Paris", isDemo: false };
const NOW = "2026-11-25T13:20:00.000Z";
let look: Partial<Look> | "down";
let failure: (kind: "audio" | "video") => string | undefined;

function answer(path: string): Response {
  const json = (body: unknown) =>
    new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  if (path === "/api/hospital") return json(HOSPITAL);
  if (look === "down") throw new TypeError("no network");
  return json({ now: NOW, startsAt: "2026-11-25T13:30:00.000Z", ...look });
}

const visits: Visit[] = [];

beforeAll(loadCall, 60_000);
beforeEach(() => {
  look = { door: "open" };
  failure = () => undefined;
  sessionStorage.clear();
  chooseLanguage("fr");
  FakeSocket.install();
  installPeers();
  installDevices((kind) => failure(kind));
  vi.stubGlobal("fetch", async (path: string) => answer(path));
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
});
afterEach(() => {
  cleanup();
  for (const visit of visits.splice(0)) visit.close();
  vi.unstubAllGlobals();
});

const title = (text: string | RegExp) => screen.findByRole("heading", { level: 1, name: text });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
function open(link: string | undefined = "secret"): Visit {
  const visit = new Visit(link);
  visits.push(visit);
  render(<Join visit={visit} />);
  return visit;
}
async function toWaiting(): Promise<Visit> {
  const visit = open();
  await title("Votre consultation vidéo");
  press("Continuer");
  FakeSocket.last.welcome("testing");
  await waitFor(() => expect(visit.isAsking.value).toBe(false));
  press("Entrer dans la salle d’attente");
  await waitFor(() => expect(FakeSocket.last.of("ready")).toHaveLength(1));
  FakeSocket.last.say({ type: "place", place: { state: "waiting", since: "2026-11-25T13:21:00.000Z" } });
  FakeSocket.last.say({ type: "accepted", request: FakeSocket.last.of("ready")[0]?.request ?? 0 });
  await title("Vous êtes au bon endroit");
  return visit;
}

describe("the link", () => {
  it("goes out of the address and survives a reload of the tab", () => {
    location.hash = "#abc";
    expect(takeLink()).toBe("abc");
    expect(location.hash).toBe("");
    expect(takeLink()).toBe("abc");
    expect(addressOf("abc")).toMatch(/#abc$/);
  });

  it("of somebody else does not go on where the last one was", () => {
    location.hash = "#abc";
    takeLink();
    setContinued(true);
    location.hash = "#other";
    expect(takeLink()).toBe("other");
    expect(hasContinued()).toBe(false);
  });
});

describe("the door", () => {
  it("tells day and time in the hospital's zone, and whom to call", async () => {
    open();
    await title("Votre consultation vidéo");
    await waitFor(() => expect(screen.getByText(/mercredi 25 novembre, 14 h 30/)).toBeTruthy());
    expect(screen.getByRole("link", { name: "01 23 45 67 89" }).getAttribute("href")).toBe("tel:0123456789");
  });

  it.each([
    ["expired", "Ce lien a expiré"],
    ["revoked", "Ce lien a été remplacé"],
    ["unknown", "Ce lien n’ouvre aucun rendez-vous"],
    ["cancelled", "Ce rendez-vous a été annulé"],
    ["over", "La consultation est terminée"],
  ] as const)("%s has a page of its own and the number to call", async (door, text) => {
    look = { door };
    open();
    await title(text);
    expect(await screen.findByRole("link", { name: /Appeler/ })).toBeTruthy();
    expect(FakeSocket.all).toHaveLength(0);
  });

  it("opens by itself, and goes on to the test when the devices were tested before", async () => {
    look = { door: "too_early", opensAt: "2026-11-25T13:20:02.000Z" };
    const visit = open();
    await title("Vous êtes en avance");
    press("Tester mon matériel");
    await title("Testons votre matériel");
    expect(screen.queryByRole("button", { name: /salle d’attente/ })).toBeNull();
    look = { door: "open", now: "2026-11-25T13:20:02.500Z" };
    await waitFor(() => expect(FakeSocket.all).toHaveLength(1), { timeout: 5_000 });
    expect(visit.page.value).toBe("test");
    expect(visit.devices.value.camera.value).toBe("works");
  }, 8_000);

  it("says that the hospital does not answer", async () => {
    look = "down";
    open();
    await title("L’hôpital ne répond pas");
  });

  it("asks for the link when there is none", async () => {
    render(<Join visit={new Visit(undefined)} />);
    await title("Ouvrez le lien de votre message");
  });

  it("sends people out of windows of other apps, but leaves them a way on", async () => {
    Object.defineProperty(navigator, "mediaDevices", { value: undefined, configurable: true });
    open();
    await title("Ouvrez ce lien dans Chrome ou Safari");
    press("Continuer quand même");
    await title("Votre consultation vidéo");
    expect(isInApp("Mozilla/5.0 (Linux; Android 14; wv) Version/4.0 Chrome/120")).toBe(true);
    expect(isInApp("Mozilla/5.0 (iPhone) Version/17.0 Mobile/15E148 Safari/604.1")).toBe(false);
  });

  it("counts by the gateway's clock", () => {
    const early: Look = { door: "too_early", isElsewhere: false, now: NOW, opensAt: "2026-11-25T13:21:00.000Z" };
    expect(untilOpenMs(early, Date.parse(NOW))).toBe(60_000);
    expect(untilOpenMs({ ...early, door: "open" }, Date.parse(NOW))).toBe(0);
    expect(closedBy("link_revoked")).toBe("revoked");
    expect(closedBy("internal")).toBeUndefined();
  });
});

describe("the device test", () => {
  it.each([
    ["NotAllowedError", /bloque la caméra et le micro/, "refused"],
    ["NotFoundError", /Aucune caméra ni aucun micro/, "missing"],
    ["NotReadableError", /Une autre application utilise la caméra et le micro/, "in_use"],
  ] as const)("%s is told in words and stops nobody", async (name, sentence, state) => {
    failure = () => name;
    open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("testing");
    await screen.findByText(sentence);
    expect(screen.getByRole("button", { name: "Réessayer" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Rejoindre avec le son seulement" })).toBeTruthy();
    press("Entrer sans caméra ni micro");
    await waitFor(() =>
      expect(FakeSocket.last.of("ready")).toEqual([{ type: "ready", request: 1, camera: state, microphone: state }]),
    );
  });

  it("joins with sound only when the camera does not work", async () => {
    failure = (kind) => (kind === "video" ? "NotFoundError" : undefined);
    open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("testing");
    await screen.findByText(/Aucune caméra trouvée/);
    press("Rejoindre avec le son seulement");
    await waitFor(() =>
      expect(FakeSocket.last.of("ready")[0]).toMatchObject({ camera: "missing", microphone: "works" }),
    );
  });

  it("tells a refusal of the gateway in words", async () => {
    const visit = open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("testing");
    await waitFor(() => expect(visit.isAsking.value).toBe(false));
    press("Entrer dans la salle d’attente");
    await waitFor(() => expect(FakeSocket.last.of("ready")).toHaveLength(1));
    FakeSocket.last.say({ type: "rejected", request: 1, code: "too_many", detail: "" });
    await screen.findByText(/Trop d’essais/);
  });
});

describe("the way into the call and out of it", () => {
  it("goes in by itself when it is let in", async () => {
    const visit = await toWaiting();
    expect(screen.getByText(/Vous attendez depuis 14 h 21/)).toBeTruthy();
    FakeSocket.last.say({ type: "place", place: { state: "admitted" } });
    await waitFor(() => expect(FakeSocket.last.of("enter").length).toBeGreaterThan(0));
    expect(visit.said.value).toBe("C’est à vous\u00a0!");
    FakeSocket.last.say({ type: "place", place: { state: "in_call" } });
    await screen.findByRole("group", { name: "Commandes de l’appel" });
    for (const name of [/^Micro/, /^Caméra/, /^Plus/, /^Quitter/])
      expect(screen.getByRole("button", { name })).toBeTruthy();
    const doctor = { participant: "d", role: "practitioner", name: "Dr Martin", muted: [] } as const;
    FakeSocket.last.say({
      type: "people",
      revision: 1,
      people: [{ ...doctor, muted: [], place: { state: "in_call" } }],
    });
    expect((await screen.findByText(/Dr Martin/)).textContent).toContain("médecin");
    FakeSocket.last.drop();
    await screen.findByText(/Liaison avec l’hôpital perdue/);
  });

  it("tells somebody in the call why the camera that they tapped for does not come", async () => {
    failure = (kind) => (kind === "video" ? "NotAllowedError" : undefined);
    open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("in_call");
    await screen.findByRole("group", { name: "Commandes de l’appel" });
    expect(screen.queryByText(/bloque la caméra/)).toBeNull();
    press(/^Caméra/);
    await screen.findByText(/bloque la caméra/);
    failure = () => undefined;
    press("Réessayer");
    await waitFor(() => expect(screen.queryByText(/bloque la caméra/)).toBeNull());
  });

  it("tells in the call how far a photo is whose dialog was closed, and asks before the call is left", async () => {
    let request: { upload: { onprogress?(event: object): void }; abort(): void } | undefined;
    const abort = vi.fn();
    vi.stubGlobal(
      "XMLHttpRequest",
      class {
        upload: { onprogress?(event: object): void } = {};
        abort = abort;
        constructor() {
          request = this;
        }
        open() {}
        setRequestHeader() {}
        send() {}
      },
    );
    vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:photo");
    open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("in_call");
    await screen.findByRole("group", { name: "Commandes de l’appel" });
    press(/^Plus/);
    fireEvent.click(await screen.findByText("Prendre une photo"));
    const picker = await waitFor(() => {
      const found = document.querySelector<HTMLInputElement>("input[type=file]");
      if (!found) throw new Error("not yet");
      return found;
    });
    Object.defineProperty(picker, "files", { value: [new File(["x"], "a.jpg", { type: "image/jpeg" })] });
    fireEvent.change(picker);
    fireEvent.click(await screen.findByText("Envoyer la photo"));
    await waitFor(() => expect(request).toBeDefined());
    fireEvent.click(screen.getByText("Retour"));
    request?.upload.onprogress?.({ loaded: 42, total: 100 });
    await screen.findByText(/La photo part.*42/);
    expect(abort).not.toHaveBeenCalled();
    press(/^Quitter/);
    await screen.findByText(/Ce que vous envoyez n’est pas encore arrivé/);
  });

  it("goes in when the call comes later than the admission", async () => {
    loaded.value = undefined;
    const visit = open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("admitted");
    expect(visit.call.value).toBeUndefined();
    await waitFor(() => expect(FakeSocket.last.of("enter")).toHaveLength(1));
    FakeSocket.last.say({ type: "place", place: { state: "in_call" } });
    await screen.findByRole("group", { name: "Commandes de l’appel" });
  });

  it("makes one call though the page asks for it again while it is fetched", async () => {
    loaded.value = undefined;
    const visit = open();
    await title("Votre consultation vidéo");
    press("Continuer");
    let calls = 0;
    const stop = visit.call.subscribe((call) => {
      if (call) calls += 1;
    });
    // The place was kept: the page of the call is there at once, and asks too.
    void loadCall();
    FakeSocket.last.welcome("in_call");
    await waitFor(() => expect(FakeSocket.last.of("publish_offer").length).toBeGreaterThan(0));
    await loadCall();
    stop();
    expect(calls).toBe(1);
  });

  it("names the messages that wait once", async () => {
    await toWaiting();
    FakeSocket.last.say({ type: "place", place: { state: "in_call" } });
    await screen.findByRole("button", { name: "Plus" });
    const line = { id: "1", participant: "d", name: "Dr Martin", at: NOW, text: "Bonjour" };
    FakeSocket.last.say({ type: "chat_line", ...line });
    await screen.findByRole("button", { name: "Plus, 1 message non lu" });
  });

  it("goes back to the waiting room when staff put the person back", async () => {
    await toWaiting();
    FakeSocket.last.say({ type: "place", place: { state: "in_call" } });
    FakeSocket.last.say({ type: "place", place: { state: "waiting", since: NOW } });
    await screen.findByText(/vous a fait revenir dans la salle d’attente/);
  });

  it("goes back to the device test when the place was not kept", async () => {
    const visit = await toWaiting();
    FakeSocket.last.drop();
    await waitFor(() => expect(FakeSocket.all).toHaveLength(2), { timeout: 2_000 });
    FakeSocket.last.welcome("testing");
    await title("Testons votre matériel");
    expect(visit.devices.value.camera.value).toBe("works");
  });

  it("says that it is over, not that the person left, when staff end it", async () => {
    await toWaiting();
    FakeSocket.last.say({ type: "place", place: { state: "left" } });
    FakeSocket.last.say({ type: "ended", outcome: "follow_up" as OutcomeWord, status: "fulfilled" });
    await title("La consultation est terminée");
    expect(screen.getByText(/Un autre rendez-vous est prévu/)).toBeTruthy();
    expect(hasContinued()).toBe(false);
  });

  it("says that staff removed the person", async () => {
    const visit = await toWaiting();
    const track = visit.devices.value.cameraTrack.value;
    FakeSocket.last.say({ type: "place", place: { state: "removed" } });
    await title("L’équipe a mis fin à votre participation");
    expect(track?.readyState).toBe("ended");
  });

  it("can be used here again after another window took over", async () => {
    await toWaiting();
    FakeSocket.last.say({ type: "taken_over" });
    await title("La consultation est ouverte ailleurs");
    press("Continuer ici");
    await waitFor(() => expect(FakeSocket.all).toHaveLength(2));
    FakeSocket.last.welcome("waiting");
    await title("Vous êtes au bon endroit");
  });

  it("leaves and comes back", async () => {
    await toWaiting();
    press("Quitter");
    const buttons = await screen.findAllByRole("button", { name: "Quitter", hidden: true });
    const last = buttons.at(-1);
    if (last) fireEvent.click(last);
    await waitFor(() => expect(FakeSocket.last.of("leave")).toHaveLength(1));
    FakeSocket.last.say({ type: "accepted", request: FakeSocket.last.of("leave")[0]?.request ?? 0 });
    await title("Vous avez quitté la consultation");
    press("Revenir");
    await waitFor(() => expect(FakeSocket.all).toHaveLength(2));
  });

  it("shows the door again when the link was withdrawn in between", async () => {
    await toWaiting();
    FakeSocket.last.drop();
    await waitFor(() => expect(FakeSocket.all).toHaveLength(2), { timeout: 2_000 });
    FakeSocket.last.open();
    FakeSocket.last.say({ type: "problem", code: "link_revoked", detail: "" });
    await title("Ce lien a été remplacé");
  });

  it("goes on after a reload without a tap", async () => {
    setContinued(true);
    open();
    await waitFor(() => expect(FakeSocket.all).toHaveLength(1));
    FakeSocket.last.welcome("waiting");
    await title("Vous êtes au bon endroit");
  });
});
