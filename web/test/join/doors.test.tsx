import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { appOf, isApple } from "../../src/join/browser";
import { Join } from "../../src/join/Join";
import { dateOf, digitsOf } from "../../src/join/Key";
import { loadCall } from "../../src/join/later";
import { Visit } from "../../src/join/visit";
import type { DoorAsks, Look } from "../../src/protocol";
import { installDevices, installPeers } from "../call/fake-media";
import { FakeSocket } from "../fake-socket";

const HOSPITAL = { name: "Hôpital d’essai", telephone: "01 23 45 67 89", timeZone: "Europe/Paris", isDemo: false };
const NOW = "2026-11-25T13:20:00.000Z";
const ASKS: DoorAsks = { sms: true, email: false, pin: false, birthDate: false, isLocked: false };
const PIN: DoorAsks = { ...ASKS, sms: false, pin: true };

let look: Partial<Look>;
let answers: Record<string, unknown>;
let asked: { path: string; body: Record<string, unknown>; authorization?: string }[];

async function answer(path: string, init?: RequestInit): Promise<Response> {
  const json = (body: unknown) =>
    new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  if (path === "/api/hospital") return json(HOSPITAL);
  if (path === "/api/guest/look")
    return json({
      now: NOW,
      startsAt: "2026-11-25T13:30:00.000Z",
      service: "Cardiologie",
      isElsewhere: false,
      ...look,
    });
  const headers = init?.headers as Record<string, string> | undefined;
  const authorization = headers?.authorization;
  asked.push({
    path,
    body: typeof init?.body === "string" ? JSON.parse(init.body) : {},
    ...(authorization && { authorization }),
  });
  const found = answers[path];
  if (found === "fails") return new Response("{}", { status: 503 });
  return found === undefined ? new Response(null, { status: 204 }) : json(found);
}

const visits: Visit[] = [];
beforeEach(() => {
  look = { door: "open", consentVersion: 3 };
  asked = [];
  answers = { "/api/guest/code": { outcome: "sent", now: NOW, againAt: "2026-11-25T13:21:00.000Z" } };
  sessionStorage.clear();
  chooseLanguage("fr");
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  vi.stubGlobal("fetch", answer);
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
const to = (path: string) => asked.filter((each) => each.path === path);
function open(): Visit {
  const visit = new Visit("secret");
  visits.push(visit);
  render(<Join visit={visit} />);
  return visit;
}
async function atKey(asks: DoorAsks): Promise<Visit> {
  look.asks = asks;
  const visit = open();
  await title("Votre consultation vidéo");
  press("Continuer");
  return visit;
}
const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

describe("the landing page", () => {
  it("says with whom, what going on means, and changes nothing by itself", async () => {
    open();
    await title("Votre consultation vidéo");
    expect(await screen.findByText(/Avec\s: Cardiologie/)).toBeTruthy();
    expect(screen.getByText("En continuant, vous acceptez la consultation vidéo.")).toBeTruthy();
    expect(asked).toEqual([]);
    expect(FakeSocket.all).toHaveLength(0);
  });

  it("tells the answer to the text that was in force, once", async () => {
    open();
    await title("Votre consultation vidéo");
    press("Continuer");
    await waitFor(() => expect(to("/api/guest/consent")).toHaveLength(1));
    expect(to("/api/guest/consent")[0]).toEqual({
      path: "/api/guest/consent",
      body: { answer: "given", version: 3, language: "fr" },
      authorization: "Link secret",
    });
    cleanup();
    sessionStorage.clear();
    look.consent = "given";
    open();
    await title("Votre consultation vidéo");
    press("Continuer");
    await title("Testons votre matériel");
    expect(to("/api/guest/consent")).toHaveLength(1);
  });

  it("takes a refusal, tells staff, offers the telephone, and a way back", async () => {
    answers["/api/guest/information"] = { version: 3, fr: "Par vidéo.\nAu 15.", en: "By video." };
    open();
    await title("Votre consultation vidéo");
    press("En savoir plus, ou refuser");
    await title("Avant la consultation");
    await screen.findByText("Par vidéo.");
    expect(screen.getByText("Au 15.")).toBeTruthy();
    press("Je ne veux pas de consultation vidéo");
    await title("Vous ne voulez pas de vidéo");
    expect(to("/api/guest/consent")[0]?.body).toMatchObject({ answer: "refused", version: 3 });
    expect(screen.getByRole("link", { name: /Appeler/ })).toBeTruthy();
    press("J’ai changé d’avis");
    await title("Votre consultation vidéo");
  });

  it("says so when the refusal does not get through", async () => {
    answers["/api/guest/information"] = { version: 3, fr: "Par vidéo.", en: "By video." };
    answers["/api/guest/consent"] = "fails";
    open();
    await title("Votre consultation vidéo");
    press("En savoir plus, ou refuser");
    await title("Avant la consultation");
    press("Je ne veux pas de consultation vidéo");
    await screen.findByText(/Nous n’avons pas pu prévenir l’équipe/);
  });

  it("says that the visit is open elsewhere, and takes it over on a tap", async () => {
    look.isElsewhere = true;
    open();
    await title("Votre consultation est déjà ouverte");
    press("Continuer ici");
    await waitFor(() => expect(FakeSocket.all).toHaveLength(1));
  });

  it("calls the service where it has a number of its own", async () => {
    look.telephone = "04 00 00 00 00";
    open();
    await title("Votre consultation vidéo");
    expect((await screen.findByRole("link", { name: "04 00 00 00 00" })).getAttribute("href")).toBe("tel:0400000000");
  });
});

describe("the agreement before the call", () => {
  async function admitted(): Promise<Visit> {
    answers["/api/guest/information"] = { version: 4, fr: "Rien n’est enregistré.", en: "Nothing is recorded." };
    const visit = open();
    await title("Votre consultation vidéo");
    press("Continuer");
    await waitFor(() => expect(FakeSocket.all).toHaveLength(1));
    FakeSocket.last.welcome("waiting");
    await loadCall();
    FakeSocket.last.say({ type: "place", place: { state: "admitted" } });
    await waitFor(() => expect(FakeSocket.last.of("enter")).toHaveLength(1));
    const request = FakeSocket.last.of("enter")[0]?.request ?? 0;
    FakeSocket.last.say({ type: "rejected", request, code: "consent_needed", detail: "" });
    await title("Avant d’entrer");
    return visit;
  }

  it("asks for it when the text has changed, and goes in with the answer to the one that was read", async () => {
    await admitted();
    await screen.findByText("Rien n’est enregistré.");
    press("Je suis d’accord, j’entre");
    await waitFor(() => expect(FakeSocket.last.of("enter")).toHaveLength(2));
    expect(to("/api/guest/consent").at(-1)?.body).toEqual({ answer: "given", version: 4, language: "fr" });
  });

  it("says so when the answer could not be told, and reads the text again", async () => {
    await admitted();
    await screen.findByText("Rien n’est enregistré.");
    answers["/api/guest/consent"] = "fails";
    press("Je suis d’accord, j’entre");
    await screen.findByText(/n’a pas pu être envoyé/);
    expect(FakeSocket.last.of("enter")).toHaveLength(1);
    expect(to("/api/guest/information")).toHaveLength(2);
  });

  it("takes a refusal there too: the place is given up, and the telephone is offered", async () => {
    await admitted();
    await screen.findByText("Rien n’est enregistré.");
    press("Je ne veux pas de consultation vidéo");
    await waitFor(() => expect(FakeSocket.last.of("leave")).toHaveLength(1));
    FakeSocket.last.say({ type: "accepted", request: FakeSocket.last.of("leave")[0]?.request ?? 0 });
    await title("Vous ne voulez pas de vidéo");
  });
});

describe("the second door", () => {
  it("sends a code on the tap, fills in by itself, and goes on to the test", async () => {
    await atKey(ASKS);
    await title("Votre code");
    await waitFor(() =>
      expect(to("/api/guest/code").map(({ body }) => body)).toEqual([{ link: "secret", channel: "sms" }]),
    );
    const field = screen.getByLabelText("Code à 6 chiffres");
    expect([field.getAttribute("autocomplete"), field.getAttribute("inputmode")]).toEqual(["one-time-code", "numeric"]);
    expect(FakeSocket.all).toHaveLength(0);
    answers["/api/guest/open"] = { outcome: "opened" };
    const { asks: _, ...opened } = look;
    look = opened;
    type("Code à 6 chiffres", "123 456");
    await title("Testons votre matériel");
    expect(to("/api/guest/open").map(({ body }) => body)).toEqual([{ link: "secret", digits: "123456" }]);
    expect(FakeSocket.all).toHaveLength(1);
    await waitFor(() => expect(to("/api/guest/consent")).toHaveLength(1));
  });

  it("does not send another code while one is good, and offers one after a minute", async () => {
    await atKey({ ...ASKS, codeUntil: "2026-11-25T13:25:00.000Z" });
    await title("Votre code");
    expect(to("/api/guest/code")).toHaveLength(0);
    press("Renvoyer le code");
    await screen.findByText(/Vous pourrez demander un autre code dans/);
    expect(screen.queryByRole("button", { name: "Renvoyer le code" })).toBeNull();
  });

  it("counts the tries down and sends people to a human", async () => {
    await atKey(PIN);
    await title("Votre code personnel");
    answers["/api/guest/open"] = { outcome: "wrong", triesLeft: 1 };
    type("Code à 6 chiffres", "000000");
    await screen.findByText("Ce n’est pas le bon code. Il vous reste 1 essai.");
    expect(screen.getByRole("alert").textContent).toContain("1 essai");
    answers["/api/guest/open"] = { outcome: "locked", triesLeft: 0 };
    type("Code à 6 chiffres", "000001");
    await title("Appelez-nous pour entrer");
    expect(screen.getByRole("link", { name: /Appeler/ })).toBeTruthy();
    look.asks = PIN;
    press("J’ai appelé, réessayer");
    await title("Votre consultation vidéo");
  });

  it("does not try the same digits twice by itself, and says what is missing", async () => {
    await atKey(PIN);
    await title("Votre code personnel");
    answers["/api/guest/open"] = { outcome: "wrong", triesLeft: 4 };
    type("Code à 6 chiffres", "111111");
    await screen.findByText(/reste 4 essais/);
    type("Code à 6 chiffres", "111111");
    expect(to("/api/guest/open")).toHaveLength(1);
    type("Code à 6 chiffres", "1111");
    press("Valider");
    await screen.findByText("Le code a 6 chiffres. Vérifiez-le.");
    expect(to("/api/guest/open")).toHaveLength(1);
  });

  it("asks for the day, the month and the year of birth", async () => {
    await atKey({ ...PIN, pin: false, birthDate: true });
    await title("Votre date de naissance");
    for (const [label, value] of [
      ["Jour", "31"],
      ["Mois", "4"],
      ["Année", "1946"],
    ] as const)
      type(label, value);
    press("Valider");
    await screen.findByText("Vérifiez le jour, le mois et l’année.");
    type("Jour", "23");
    answers["/api/guest/open"] = { outcome: "wrong", triesLeft: 3 };
    press("Valider");
    await screen.findByText(/Ce n’est pas la date que nous avons. Il vous reste 3 essais/);
    expect(to("/api/guest/open").map(({ body }) => body)).toEqual([{ link: "secret", birthDate: "1946-04-23" }]);
  });

  it("says so when the browser does not keep the pass", async () => {
    await atKey(PIN);
    await title("Votre code personnel");
    answers["/api/guest/open"] = { outcome: "opened" };
    type("Code à 6 chiffres", "123456");
    await screen.findByText(/Quittez la navigation privée/);
    expect(FakeSocket.all).toHaveLength(0);
  });

  it("is asked again when the pass has run out meanwhile", async () => {
    const visit = open();
    await title("Votre consultation vidéo");
    press("Continuer");
    look.asks = PIN;
    FakeSocket.last.open();
    FakeSocket.last.say({ type: "problem", code: "pass_needed", detail: "" });
    await title("Votre consultation vidéo");
    expect(visit.wire.value).toBeUndefined();
    press("Continuer");
    await title("Votre code personnel");
  });

  it("reads what people type", () => {
    expect(digitsOf(" 123-456 ")).toBe("123456");
    expect(dateOf("1", "2", "1950")).toBe("1950-02-01");
    expect(dateOf("29", "2", "1945")).toBeUndefined();
    expect(dateOf("", "2", "1945")).toBeUndefined();
    expect(dateOf("1", "2", "45")).toBeUndefined();
  });
});

describe("before the visit", () => {
  it("tells staff what the test found, after the person asked for it", async () => {
    look = { door: "too_early", opensAt: "2026-11-27T13:15:00.000Z", startsAt: "2026-11-27T13:30:00.000Z" };
    answers["/api/diag"] = { rungs: [] };
    open();
    await title("Vous êtes en avance");
    expect(asked).toEqual([]);
    press("Tester mon matériel");
    await title("Testons votre matériel");
    await waitFor(() => expect(to("/api/guest/rehearsal")).toHaveLength(1), { timeout: 3_000 });
    expect(to("/api/guest/rehearsal")[0]).toMatchObject({
      authorization: "Link secret",
      body: { camera: "works", microphone: "works", sound: "not_tried", network: "blocked" },
    });
    fireEvent.click(screen.getByLabelText("Non"));
    await waitFor(() => expect(to("/api/guest/rehearsal")).toHaveLength(2), { timeout: 3_000 });
    expect(to("/api/guest/rehearsal")[1]?.body).toMatchObject({ sound: "not_heard" });
    await screen.findByText("L’équipe voit le résultat de votre essai.");
  });

  it("tells who is there when the person goes in", async () => {
    const visit = open();
    await title("Votre consultation vidéo");
    press("Continuer");
    FakeSocket.last.welcome("testing");
    await waitFor(() => expect(visit.isAsking.value).toBe(false));
    fireEvent.click(await screen.findByLabelText("Quelqu’un est avec moi"));
    type(/^Qui est-ce/, "Luc, mon fils");
    press("Entrer dans la salle d’attente");
    await waitFor(() => expect(FakeSocket.last.of("ready")).toHaveLength(1));
    expect(to("/api/guest/company")[0]?.body).toEqual({ isAccompanied: true, who: "Luc, mon fils" });
  });
});

describe("the window of an app", () => {
  it.each([
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/22A [FBAN/FBIOS;FBAV/480]",
      "Facebook",
      true,
    ],
    [
      "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36 Instagram 350.0",
      "Instagram",
      false,
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 GSA/340.0 Mobile/15E148 Safari/604.1",
      "Google",
      true,
    ],
    [
      "Mozilla/5.0 (Linux; Android 14; Pixel; wv) AppleWebKit/537.36 Version/4.0 Chrome/130 Mobile Safari/537.36",
      "?",
      false,
    ],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "?", true],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
      undefined,
      true,
    ],
    ["Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", undefined, false],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/130 Mobile/15E148 Safari/604.1",
      undefined,
      true,
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", undefined, false],
  ] as const)("%s", (agent, app, apple) => {
    expect([appOf(agent), isApple(agent)]).toEqual([app, apple]);
  });

  it("says how to get out of it, with the app's name", async () => {
    vi.spyOn(navigator, "userAgent", "get").mockReturnValue("Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile [FBAN/FBIOS]");
    open();
    await title("Ouvrez ce lien dans Safari");
    expect(screen.getByText(/dans l’application Facebook/)).toBeTruthy();
    expect(screen.getByText(/Ouvrir dans Safari/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Copier le lien" })).toBeTruthy();
    press("Continuer quand même");
    await title("Votre consultation vidéo");
  });
});

describe("an appointment that the patient has moved", () => {
  it("keeps the new link on the screen though the old one leads nowhere now", async () => {
    look = { door: "too_early", opensAt: "2026-11-25T18:00:00.000Z", mayChange: true };
    answers["/api/guest/slots"] = {
      mayCancel: true,
      mayMove: true,
      until: "",
      slots: [{ startsAt: "2026-12-02T08:00:00Z", endsAt: "2026-12-02T08:30:00Z" }],
    };
    answers["/api/guest/reschedule"] = { startsAt: "2026-12-02T08:00:00Z", address: "https://h.example/join#new" };
    const visit = open();
    await title("Vous êtes en avance");
    press("Déplacer ou annuler");
    fireEvent.click(await screen.findByRole("button", { name: /^0?9\sh/ }));
    press(/^Déplacer au/);
    await screen.findByRole("link", { name: "Ouvrir mon nouveau lien" });
    look = { door: "moved" };
    document.dispatchEvent(new Event("visibilitychange"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(visit.page.value).toBe("change");
    expect(screen.getByRole("link", { name: "Ouvrir mon nouveau lien" })).toBeTruthy();
  });
});
