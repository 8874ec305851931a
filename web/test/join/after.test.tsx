import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { Join } from "../../src/join/Join";
import { Visit } from "../../src/join/visit";
import type { AfterState, Look } from "../../src/protocol";
import { installDevices, installPeers } from "../call/fake-media";
import { FakeSocket } from "../fake-socket";

const HOSPITAL = { name: "Hôpital d’essai", telephone: "01 23 45 67 89", timeZone: "Europe/Paris", isDemo: false };
const NOW = "2026-11-25T13:52:00.000Z";

let look: Partial<Look>;
let state: AfterState;
let asked: { path: string; body: unknown; authorization: string | undefined }[];
let refuses: string | undefined;

async function answer(path: string, init?: RequestInit): Promise<Response> {
  const json = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  if (path === "/api/hospital") return json(HOSPITAL);
  if (path === "/api/guest/look")
    return json({ now: NOW, startsAt: "2026-11-25T13:30:00.000Z", isElsewhere: false, ...look });
  const authorization = (init?.headers as Record<string, string> | undefined)?.authorization;
  asked.push({ path, body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined, authorization });
  if (path.startsWith("/api/guest/after/documents/"))
    return new Response("%PDF", { headers: { "content-type": "application/pdf" } });
  if (refuses) return json({ status: 403, code: refuses, detail: "" }, 403);
  if (path === "/api/guest/after/sign-in") return json({ next: "https://fc.example/authorize?state=x" });
  if (path === "/api/guest/after/sign-out") return json({ next: "https://fc.example/logout" });
  if (path === "/api/guest/after/rating") state = { ...state, hasRated: true };
  if (path === "/api/guest/after/ask-back") state = { ...state, askedBackAt: NOW };
  return json(state);
}

const visits: Visit[] = [];
const open = () => {
  const visit = new Visit("secret");
  visits.push(visit);
  render(<Join visit={visit} />);
  return visit;
};
const paths = () => asked.map(({ path }) => path);

beforeEach(() => {
  look = { door: "over" };
  asked = [];
  refuses = undefined;
  state = {
    now: NOW,
    endedAt: "2026-11-25T13:50:00.000Z",
    outcome: "completed",
    reopensUntil: "2026-11-25T13:55:00.000Z",
    hasRated: false,
    mayHaveDocuments: true,
    documentsUntil: "2026-12-25T13:50:00.000Z",
    ask: "code",
    hasShownCode: false,
    providers: [],
    isComparable: false,
  };
  sessionStorage.clear();
  chooseLanguage("fr");
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  vi.stubGlobal("fetch", answer);
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
});
afterEach(() => {
  for (const visit of visits.splice(0)) visit.close();
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("after the visit", () => {
  it("one question is asked, once, and the link is all that it takes", async () => {
    open();
    fireEvent.click(await screen.findByText("Envoyer mon avis"));
    expect(await screen.findByText("Choisissez d’abord une réponse.")).toBeTruthy();
    fireEvent.click(screen.getByLabelText(/Très bien/));
    fireEvent.input(screen.getByLabelText(/ajouter une phrase/), { target: { value: "Merci." } });
    fireEvent.click(screen.getByText("Envoyer mon avis"));
    expect(await screen.findByText("Merci pour votre avis.")).toBeTruthy();
    const rating = asked.find(({ path }) => path === "/api/guest/after/rating");
    expect(rating).toMatchObject({ body: { score: 5, words: "Merci." }, authorization: "Link secret" });
  });

  it("whoever was cut off asks to be called back, and comes back when it is open", async () => {
    const visit = open();
    fireEvent.click(await screen.findByText("Demander à être rappelé"));
    expect(await screen.findByText(/L’équipe est prévenue/)).toBeTruthy();
    look = { door: "open" };
    const back = vi.spyOn(visit, "comeBack").mockImplementation(() => undefined);
    await waitFor(() => expect(back).toHaveBeenCalled(), { timeout: 5_000 });
  });

  it("nobody is asked to wait when the time is over", async () => {
    state = { ...state, reopensUntil: "2026-11-25T13:51:00.000Z" };
    open();
    await screen.findByText("Envoyer mon avis");
    expect(screen.queryByText("Demander à être rappelé")).toBeNull();
  });

  it("documents are behind one more proof, and where there is none a human helps", async () => {
    open();
    const show = await screen.findByText("Voir mes documents");
    fireEvent.click(show);
    expect(await screen.findByText(/Appelez-nous/)).toBeTruthy();
    look = { door: "over", asks: { sms: false, email: false, pin: true, birthDate: false, isLocked: false } };
    cleanup();
    open();
    fireEvent.click(await screen.findByText("Voir mes documents"));
    await waitFor(() => expect(visits.at(-1)?.page.value).toBe("key"));
  });

  it("a patient signs in where they have a provider, or shows a code, as the service has it", async () => {
    const assign = vi.fn();
    vi.stubGlobal("location", { ...location, assign, search: "", pathname: "/join", hash: "" });
    const providers = [{ provider: "franceconnect", label: "FranceConnect" }];
    state = { ...state, ask: "either", providers, isComparable: true };
    open();
    const button = await screen.findByRole("button", { name: "S’identifier avec FranceConnect" });
    expect(screen.getByRole("button", { name: "Montrer un code" })).toBeTruthy();
    fireEvent.click(button);
    await waitFor(() => expect(assign).toHaveBeenCalledWith("https://fc.example/authorize?state=x"));
    expect(asked.at(-1)).toMatchObject({ body: { provider: "franceconnect" }, authorization: "Link secret" });
    cleanup();
    state = { ...state, ask: "provider" };
    open();
    await screen.findByRole("button", { name: "S’identifier avec FranceConnect" });
    expect(screen.queryByRole("button", { name: "Montrer un code" })).toBeNull();
    cleanup();
    state = { ...state, ask: "both", hasShownCode: true };
    open();
    expect(await screen.findByText(/Il manque encore une preuve/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Montrer un code" })).toBeNull();
    cleanup();
    state = { ...state, ask: "code", isComparable: false, hasShownCode: false };
    open();
    expect(await screen.findByText(/n’a pas noté votre date de naissance/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "S’identifier avec FranceConnect" })).toBeNull();
  });

  it("how a sign-in ended is said once, in plain words, and whoever is signed in can go", async () => {
    history.replaceState(null, "", "/join?signed_in=other");
    open();
    const told = await screen.findByText(/Cette identité n’ouvre pas ces documents/);
    expect(told.getAttribute("role")).toBe("alert");
    expect(location.search).toBe("");
    cleanup();
    open();
    await screen.findByText("Voir mes documents");
    expect(screen.queryByText(/Cette identité n’ouvre pas/)).toBeNull();
    cleanup();
    history.replaceState(null, "", "/join?signed_in=<script>");
    const assign = vi.fn();
    state = { ...state, ask: "either", signedInWith: "FranceConnect", documents: [] };
    open();
    expect(await screen.findByText("Vous êtes identifié avec FranceConnect.")).toBeTruthy();
    vi.stubGlobal("location", { ...location, assign });
    fireEvent.click(screen.getByRole("button", { name: "Se déconnecter" }));
    await waitFor(() => expect(assign).toHaveBeenCalledWith("https://fc.example/logout"));
  });

  it("a document is fetched by a request that shows the link, never by an address", async () => {
    state = {
      ...state,
      documents: [{ document: "d1", kind: "report", name: "1", releasedAt: NOW }],
    };
    const offered = vi.fn(() => "blob:x");
    vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: offered, revokeObjectURL: () => undefined }));
    open();
    fireEvent.click(await screen.findByText("Enregistrer sur mon appareil"));
    expect(await screen.findByText("Le document est sur votre appareil.")).toBeTruthy();
    expect(paths()).toContain("/api/guest/after/documents/d1");
    expect(asked.at(-1)?.authorization).toBe("Link secret");
    expect(offered).toHaveBeenCalledOnce();
    expect(document.body.innerHTML).not.toContain("secret");
  });

  it("a link that leads to nothing shows nothing more", async () => {
    refuses = "link_expired";
    open();
    await waitFor(() => expect(paths()).toContain("/api/guest/after"));
    await waitFor(() => expect(screen.queryByRole("status", { name: "Un instant…" })).toBeNull());
    expect(screen.queryByText("Envoyer mon avis")).toBeNull();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toContain("terminée");
  });
});
