import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { LocationProvider, useLocation } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { People } from "../../src/app/consultation/People";
import { WaitingPanel } from "../../src/app/waiting/WaitingPanel";
import { beforeWhom, devicesInWords, ringingFor } from "../../src/app/waiting/waiting";
import { facts } from "../../src/app/who";
import { chooseLanguage } from "../../src/i18n";
import type { Person, WaitingEntry, WaitingRoomState } from "../../src/protocol";
import { FakeSocket } from "../fake-socket";
import { at, NOON } from "./entries";
import { accept, answering, inCall, installStaff, problem } from "./visit";

const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const doctor = { practitioner: "p1", name: "Dr Claire Martin", roles: ["doctor" as const] };
const desk = { practitioner: "p9", name: "Camille Roux", roles: ["secretary" as const] };

function entry(participant: string, changes: Partial<WaitingEntry> = {}): WaitingEntry {
  return {
    appointment: `a-${participant}`,
    participant,
    role: "patient",
    name: participant,
    language: "fr",
    startsAt: at(5),
    service: "Médecine",
    room: "s1",
    since: at(-6.2),
    camera: "works",
    microphone: "works",
    assurance: "link_and_code",
    isIdentityChecked: false,
    others: [],
    mayEnter: true,
    mayTakeOver: false,
    ...changes,
  };
}

const roomOf = (people: WaitingEntry[], changes: Partial<WaitingRoomState> = {}): WaitingRoomState => ({
  people,
  delays: [],
  mayBeLate: [],
  services: [],
  maySetPolicy: false,
  ...changes,
});

describe("the order of those who wait", () => {
  const people = [entry("A"), entry("X", { room: "s2" }), entry("B"), entry("C")];
  const target = (name: string, by: -1 | 1) =>
    beforeWhom(people, people.find((each) => each.participant === name) as WaitingEntry, by);

  it("goes up and down within one room and ends at its ends", () => {
    expect(target("A", -1)).toBeUndefined();
    expect(target("B", -1)).toEqual({ before: "A" });
    expect(target("A", 1)).toEqual({ before: "C" });
    expect(target("B", 1)).toEqual({ before: undefined });
    expect(target("C", 1)).toBeUndefined();
    expect(target("X", -1)).toBeUndefined();
  });

  it("rings for those whom its reader lets in, and for all at the front desk", () => {
    const list = [entry("A"), entry("B", { mayEnter: false }), entry("C", { awaySince: at(-1) })];
    expect(ringingFor(list, true)).toEqual(["A"]);
    expect(ringingFor(list, false)).toEqual(["A", "B"]);
  });

  it("says what the test of the devices found", () => {
    chooseLanguage("en");
    expect(devicesInWords({ camera: "works", microphone: "works" })).toBe("camera and microphone: works");
    expect(devicesInWords({ camera: "missing", microphone: "works" })).toContain("·");
    expect(devicesInWords({})).toBe("");
  });
});

describe("the waiting room on the agenda", () => {
  let url = "";
  function Where() {
    url = useLocation().url;
    return null;
  }
  const open = async (me: typeof doctor | typeof desk, answers: Parameters<typeof answering>[0]) => {
    const asked = answering(answers);
    render(
      <LocationProvider>
        <WaitingPanel me={me} now={NOON} zone="Europe/Paris" />
        <Where />
      </LocationProvider>,
    );
    await settle();
    return asked;
  };

  beforeEach(() => {
    chooseLanguage("en");
    history.replaceState(null, "", "/app");
    FakeSocket.install();
    facts.value = { name: "Hôpital", telephone: "", timeZone: "Europe/Paris", isDemo: false, version: "1" };
  });
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("shows since when, how sure it is who, what was tested, who else, and who is away", async () => {
    const helene = entry("Hélène", {
      assurance: "link_only",
      others: [{ role: "relative", name: "Luc", place: "invited" }],
      told: { at: at(-1), sentence: "soon_your_turn" },
    });
    const marcel = entry("Marcel", { awaySince: at(-1.5), awayUntil: at(13), isIdentityChecked: true });
    await open(doctor, { "GET /api/waiting-room": roomOf([helene, marcel]) });
    const [first, second] = screen.getAllByRole("listitem");
    if (!first || !second) throw new Error("two wait");
    expect(first.textContent).toContain("06:12");
    for (const words of ["not verified", "Only the link", "Luc (companion, not here yet)", "It is your turn soon."])
      expect(first.textContent).toContain(words);
    expect(
      within(first)
        .getByRole("link", { name: /Let in/ })
        .getAttribute("href"),
    ).toContain("admit=H%C3%A9l%C3%A8ne");
    expect(second.textContent).toContain("has not answered for 01:30");
    expect(second.textContent).toContain("Identity checked");
    expect(within(second).queryByRole("link", { name: /Let in/ })).toBeNull();
  });

  it("lets the front desk write and put in order, and gives it no way in", async () => {
    const people = [entry("A", { mayEnter: false }), entry("B", { mayEnter: false })];
    const asked = await open(desk, {
      "GET /api/waiting-room": roomOf(people),
      "POST /api/appointments/a-B/waiting/B/place": {},
      "POST /api/appointments/a-A/waiting/A/message": {},
    });
    expect(screen.queryByRole("link", { name: /Let in/ })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Move up, B" }));
    await settle();
    expect(asked.find(({ path }) => path.endsWith("/place"))?.body).toEqual({ before: "A" });
    fireEvent.click(screen.getByRole("button", { name: "Write A" }));
    fireEvent.click(screen.getByRole("radio", { name: "In my words" }));
    const send = screen.getByRole("button", { name: "Send" });
    expect(send.getAttribute("aria-disabled")).toBe("true");
    fireEvent.input(screen.getByLabelText("Your message"), { target: { value: " Two\nminutes. " } });
    fireEvent.click(send);
    await settle();
    expect(asked.find(({ path }) => path.endsWith("/message"))?.body).toEqual({ text: "Two minutes." });
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("announces a delay, and shows the one that holds", async () => {
    const late = { practitioner: "p1", name: "Dr Claire Martin", minutes: 20, toldAt: at(-3) };
    const asked = await open(doctor, {
      "GET /api/waiting-room": roomOf([], {
        delays: [late],
        mayBeLate: [{ practitioner: "p1", name: "Dr Claire Martin" }],
      }),
      "PUT /api/practitioners/p1/delay": late,
    });
    expect(screen.getByText("Dr Claire Martin: about 20 minutes late, announced at 11:57")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Announce a delay" }));
    fireEvent.click(screen.getByRole("radio", { name: "about 30 minutes" }));
    fireEvent.click(screen.getByRole("button", { name: "Announce" }));
    await settle();
    expect(asked.find(({ method }) => method === "PUT")?.body).toEqual({ minutes: 30 });
  });

  it("takes over after a question, and leads into the consultation", async () => {
    await open(doctor, {
      "GET /api/waiting-room": roomOf([entry("A", { mayEnter: false, mayTakeOver: true })]),
      "POST /api/appointments/a-A/take-over": { participant: "x" },
    });
    fireEvent.click(screen.getByRole("button", { name: "Take over A" }));
    const dialog = screen.getByRole("dialog");
    fireEvent.click(within(dialog).getByRole("button", { name: "Take over" }));
    await settle();
    expect(url).toBe("/app/consultation/a-A?admit=A");
  });

  it("stays with a sentence when the gateway refuses", async () => {
    await open(desk, {
      "GET /api/waiting-room": roomOf([entry("A")]),
      "POST /api/appointments/a-A/waiting/A/message": problem(409, "not_waiting"),
    });
    fireEvent.click(screen.getByRole("button", { name: "Write A" }));
    fireEvent.click(screen.getByRole("button", { name: "Send" }));
    await settle();
    expect(within(screen.getByRole("dialog")).getByRole("alert").textContent).toContain(
      "no longer in the waiting room",
    );
  });

  it("lets who may decide what those who wait are told", async () => {
    const policy = { showsPosition: false, mayTakeOver: true };
    const asked = await open(desk, {
      "GET /api/waiting-room": roomOf([], {
        maySetPolicy: true,
        services: [{ service: "s1", name: "Médecine", policy }],
      }),
      "PUT /api/services/s1/waiting-policy": { ...policy, showsPosition: true },
    });
    fireEvent.click(screen.getByLabelText("Tell patients how many people are before them"));
    await settle();
    expect(asked.find(({ method }) => method === "PUT")?.body).toEqual({ showsPosition: true, mayTakeOver: true });
  });
});

describe("the people of a consultation", () => {
  const person = (participant: string, changes: Partial<Person>): Person => ({
    participant,
    role: "patient",
    name: participant,
    place: { state: "waiting", since: at(-1) },
    waitingSince: at(-1),
    identity: "unchecked",
    muted: [],
    ...changes,
  });

  beforeEach(() => {
    chooseLanguage("en");
    installStaff();
    answering({ "GET /api/appointments/a1/studies": [] });
  });
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("asks who somebody is where the gateway wants it said, and lets others in at once", async () => {
    const { visit, socket } = await inCall();
    const people = [person("A", { assurance: "link_only", asksWho: true }), person("B", { assurance: "link_only" })];
    socket.say({ type: "people", revision: 1, people });
    render(<People visit={visit} />);
    fireEvent.click(screen.getByRole("button", { name: "Admit B" }));
    expect(socket.of("admit")).toMatchObject([{ participant: "B" }]);
    expect(socket.of("admit")[0]).not.toHaveProperty("isRecognised");
    accept(socket, "admit");
    fireEvent.click(screen.getByRole("button", { name: "Admit A" }));
    expect(socket.of("admit")).toHaveLength(1);
    fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "I see who this is" }));
    expect(socket.of("admit")[1]).toMatchObject({ participant: "A", isRecognised: true });
    visit.close();
  });

  it("refuses somebody who waits with a sentence, also while they are away", async () => {
    const { visit, socket } = await inCall();
    const away = person("A", { place: { state: "lost", since: at(-1), until: at(14) }, assurance: "link_only" });
    socket.say({ type: "people", revision: 1, people: [away] });
    render(<People visit={visit} />);
    expect(screen.getByText(/has not answered/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Admit A" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Refuse A" }));
    fireEvent.click(screen.getByRole("radio", { name: "We will call you." }));
    fireEvent.click(screen.getByRole("button", { name: "Do not see them" }));
    expect(socket.of("remove")).toMatchObject([{ participant: "A", sentence: "we_call_you" }]);
    visit.close();
  });

  it("keeps a check of the identity, and shows what was checked before", async () => {
    const { visit, socket } = await inCall();
    socket.say({ type: "people", revision: 1, people: [person("A", { identity: "begun" })] });
    const checks = [
      {
        participant: "A",
        by: "Dr Claire Martin",
        at: at(-2),
        means: "recognised",
        isNameRight: false,
        isBirthDateRight: false,
        isEnough: false,
      },
    ];
    const asked = answering({
      "GET /api/appointments/a1/identity": {
        known: [{ participant: "A", name: "Hélène Lefèvre", birthDate: "1948-02-29" }],
        checks,
        ins: [],
        numbers: [],
        domains: [],
      },
      "POST /api/appointments/a1/participants/A/identity": checks[0],
    });
    render(<People visit={visit} />);
    expect(screen.getByText("identity partly checked")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Check identity A" }));
    await settle();
    expect(screen.getByText(/Seen on the way in.*Dr Claire Martin/)).toBeTruthy();
    fireEvent.change(screen.getByLabelText("Which document?"), { target: { value: "passport" } });
    fireEvent.click(screen.getByLabelText("The name is right: Hélène Lefèvre"));
    fireEvent.click(screen.getByLabelText(/The date of birth is right: .*1948/));
    fireEvent.click(screen.getByRole("button", { name: "Save the check" }));
    await settle();
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({
      means: "document",
      document: "passport",
      isNameRight: true,
      isBirthDateRight: true,
    });
    visit.close();
  });
});
