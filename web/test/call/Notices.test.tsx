import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call } from "../../src/call/call";
import { Devices } from "../../src/call/devices";
import { Notices } from "../../src/call/parts/Notices";
import { useCallNews, useTell } from "../../src/call/parts/news";
import { chooseLanguage } from "../../src/i18n";
import { faultOf } from "../../src/join/words";
import type { Person } from "../../src/protocol";
import { Wire } from "../../src/wire";
import { FakeSocket } from "../fake-socket";
import { installDevices, installPeers } from "./fake-media";

let wire: Wire;
let devices: Devices;
let call: Call;
let said: string[];

function Page() {
  const tell = useTell((text) => said.push(text));
  useCallNews(call, wire, tell);
  return (
    <Notices call={call} wire={wire} devices={devices} tell={tell} onDevices={() => undefined} faultOf={faultOf} />
  );
}

const person = (participant: string, name: string): Person => ({
  participant,
  name,
  role: "practitioner",
  place: { state: "in_call" },
  muted: [],
});

beforeEach(async () => {
  localStorage.clear();
  chooseLanguage("fr");
  vi.useFakeTimers();
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  said = [];
  wire = new Wire(() => ({ type: "hello", protocol: 2, language: "fr", link: "x" }), "ws://test/ws");
  devices = new Devices();
  call = new Call(wire, devices);
  await devices.retryMicrophone();
  FakeSocket.last.welcome("in_call");
  FakeSocket.last.say({ type: "people", revision: 1, people: [person("p1", "Moi"), person("d", "Dr Martin")] });
  render(<Page />);
  await wait(1_000);
});
afterEach(() => {
  cleanup();
  call.close();
  wire.close();
  devices.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Lets time pass, in which the gateway answers. */
async function wait(ms: number): Promise<void> {
  for (let rest = ms; rest > 0; rest -= 1_000) {
    await vi.advanceTimersByTimeAsync(Math.min(rest, 1_000));
    if (FakeSocket.last.readyState === FakeSocket.OPEN) FakeSocket.last.say({ type: "pong" });
  }
}

describe("what is read out in a call", () => {
  it("is nothing while all is well", () => expect(said).toEqual([]));

  it("is a bad connection, once, and that it is good again", async () => {
    for (const word of ["poor", "fair", "poor", "fair", "poor"] as const) {
      FakeSocket.last.say({ type: "quality_of", participant: "d", word });
      await wait(2_000);
    }
    expect(said).toEqual(["Dr Martin\u00a0: mauvaise liaison."]);
    FakeSocket.last.say({ type: "quality_of", participant: "d", word: "good" });
    await wait(40_000);
    expect(said.slice(1)).toEqual(["Dr Martin\u00a0: bonne liaison."]);
    FakeSocket.last.say({ type: "quality_of", participant: "p1", word: "poor" });
    await wait(2_000);
    expect(said.at(-1)).toBe("Vous\u00a0: mauvaise liaison.");
  });

  it("is a paused picture and its coming back, but none that the person does not want", async () => {
    const paused = { type: "video_paused", participant: "d", source: "camera" } as const;
    FakeSocket.last.say({ ...paused, isPaused: true, reason: "off" });
    await wait(1_000);
    expect(said).toEqual([]);
    FakeSocket.last.say({ ...paused, isPaused: true, reason: "bandwidth" });
    await wait(1_000);
    FakeSocket.last.say({ ...paused, isPaused: false, reason: "bandwidth" });
    await wait(40_000);
    expect(said).toEqual([
      "Image de Dr Martin en pause\u00a0: votre connexion est trop lente. Le son continue.",
      "L’image de Dr Martin est revenue.",
    ]);
  });

  it("is that staff muted the person, that nobody gets their picture, and what became of a device", async () => {
    FakeSocket.last.say({ type: "mute_asked", source: "microphone" });
    await wait(1_000);
    expect(said).toEqual(["L’équipe a coupé votre micro. Vous pouvez le rouvrir."]);
    await devices.switchCameraOn();
    FakeSocket.last.say({ type: "unseen", source: "camera", people: 2 });
    await wait(1_000);
    expect(said.at(-1)).toBe("2 personnes ne reçoivent pas votre image\u00a0: leur connexion est trop lente.");
    // One more or less is shown, and not read out again.
    FakeSocket.last.say({ type: "unseen", source: "camera", people: 1 });
    await wait(40_000);
    expect(said).toHaveLength(2);
    expect(screen.getByText(/^1 personne ne reçoit pas votre image/)).toBeTruthy();
    devices.cameraTrack.value?.onended?.(new Event("ended"));
    await wait(1_000);
    expect(said.at(-1)).toMatch(/^Votre caméra s’est arrêtée/);
    expect(screen.getByRole("button", { name: "Rallumer ma caméra" })).toBeTruthy();
  });

  it("is the restricted network, once, however often the path changes", async () => {
    call.media.value = "connected";
    for (let round = 0; round < 4; round += 1) {
      call.path.value = "relay_tls";
      await wait(1_000);
      call.path.value = "udp";
      await wait(1_000);
    }
    expect(said).toEqual([expect.stringMatching(/^Réseau restreint/)]);
  });

  it("is the loss of the wire without its countdown, and its return", async () => {
    call.media.value = "lost";
    FakeSocket.last.drop();
    await wait(300);
    expect(screen.getByText(/Votre place est gardée encore \d+ secondes/)).toBeTruthy();
    expect(said).toEqual(["Liaison avec l’hôpital perdue. Elle revient toute seule."]);
  });

  it("is all that comes at once, in one breath", async () => {
    FakeSocket.last.say({ type: "locked", isLocked: true });
    FakeSocket.last.say({ type: "quality_of", participant: "d", word: "lost" });
    await wait(1_000);
    expect(said).toEqual([
      "La consultation est verrouillée\u00a0: personne d’autre n’entre. Dr Martin\u00a0: liaison perdue.",
    ]);
  });

  it("is the same words again when they are meant again", async () => {
    const line = { type: "chat_line", participant: "d", name: "Dr Martin", at: "2026-11-25T13:30:00.000Z" } as const;
    FakeSocket.last.say({ ...line, id: "1", text: "Oui" });
    await wait(1_000);
    FakeSocket.last.say({ ...line, id: "2", text: "Oui" });
    await wait(1_000);
    expect(said).toHaveLength(2);
    expect(said[1]).not.toBe(said[0]);
    expect(said.map((text) => text.trim())).toEqual(Array(2).fill("Dr Martin a écrit\u00a0: Oui"));
  });
});

describe("a patient who taps for a camera that the browser blocks", () => {
  it("is told so on the screen, once it was tapped for, and can ask again", async () => {
    let failure: string | undefined = "NotAllowedError";
    installDevices((kind) => (kind === "video" ? failure : undefined));
    expect(screen.queryByText(/bloque la caméra/)).toBeNull();
    await call.toggleCamera();
    await wait(1_000);
    expect(screen.getByText(/^Votre navigateur bloque la caméra\. Touchez le signe à gauche/)).toBeTruthy();
    expect(said.at(-1)).toMatch(/bloque la caméra/);
    failure = undefined;
    fireEvent.click(screen.getByRole("button", { name: "Réessayer" }));
    await wait(1_000);
    expect(call.cameraOn.value).toBe(true);
    expect(screen.queryByText(/bloque la caméra/)).toBeNull();
  });

  it("can go on without it", async () => {
    installDevices((kind) => (kind === "video" ? "NotFoundError" : undefined));
    await call.toggleCamera();
    await wait(1_000);
    expect(screen.getByText(/^Aucune caméra trouvée/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Continuer sans" }));
    await wait(1_000);
    expect(screen.queryByText(/^Aucune caméra trouvée/)).toBeNull();
  });

  it("is told to reload where a refusal lasts until then, and not of a padlock", async () => {
    const iphone =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";
    vi.spyOn(navigator, "userAgent", "get").mockReturnValue(iphone);
    installDevices((kind) => (kind === "video" ? "NotAllowedError" : undefined));
    await call.toggleCamera();
    await wait(1_000);
    expect(screen.getByText(/bloque la caméra\. Rechargez la page/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Réessayer" })).toBeNull();
    expect(screen.getByRole("button", { name: "Recharger la page" })).toBeTruthy();
    vi.restoreAllMocks();
  });
});
