import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Summary } from "../../src/app/summary/Summary";
import { SummaryPage } from "../../src/app/summary/SummaryPage";
import { Draft, faultOf, sentencesOf } from "../../src/app/summary/summary";
import type { Files } from "../../src/call/files";
import { chooseLanguage } from "../../src/i18n";
import type { KeyImageEntry } from "../../src/protocol";
import { entry } from "./entries";
import { type Answers, answering, problem } from "./visit";

const GET = "GET /api/appointments/a1/summary";
const PDF = "GET /api/appointments/a1/summary.pdf?language=en";
const PUT = "PUT /api/appointments/a1/summary";
const image = (name: string, caption: string): KeyImageEntry => ({
  image: name,
  at: "2026-11-25T13:42:00Z",
  participant: "p1",
  title: "CT thorax",
  index: 11,
  caption,
  isShownToPatient: false,
  series: "s1",
  modality: "CT",
  width: 512,
  height: 512,
  isSaved: false,
});
const images = [image("k1", "The nodule"), image("k2", "")];
let asked: ReturnType<typeof answering>;
let answers: Answers;
const settle = () => act(() => vi.advanceTimersByTimeAsync(0).then(() => undefined));
const later = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms).then(() => undefined));
const pdf = () => new Response("%PDF", { headers: { "content-type": "application/pdf" } });
const saved = () => asked.filter(({ method }) => method === "PUT").map(({ body }) => body);
const said = () => screen.getAllByRole("status").map((each) => each.textContent);

beforeEach(() => {
  vi.useFakeTimers();
  chooseLanguage("en");
  answers = {
    [GET]: { texts: [{ language: "en", sentences: ["Rest."], images: [], changedAt: "", participant: "p1" }] },
    [PUT]: { texts: [] },
  };
  asked = answering(answers);
});
afterEach(async () => {
  cleanup();
  // What the page saves as it goes; effects end after the next frame.
  await vi.advanceTimersByTimeAsync(100);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("what is written", () => {
  it("is one paragraph a line, within what the gateway takes", () => {
    expect(sentencesOf(" Rest. \n\n Come back in a week.\n")).toEqual(["Rest.", "Come back in a week."]);
    expect(faultOf("Rest.")).toBeUndefined();
    expect(faultOf(`Rest.\n${"x".repeat(2001)}`)).toEqual({ what: "tooLong", line: 2 });
    // Characters, not units of JavaScript.
    expect(faultOf("🙂".repeat(2000))).toBeUndefined();
    expect(faultOf("a\n".repeat(61))).toEqual({ what: "tooMany" });
  });

  it("is saved after a rest, and what is written meanwhile after that", async () => {
    const draft = new Draft("a1", "en");
    await draft.open();
    expect([draft.text.value, draft.keeping.value]).toEqual(["Rest.", "saved"]);
    let give: (answer: Response) => void = () => undefined;
    answers[PUT] = () =>
      new Promise((resolve) => {
        give = resolve;
      });
    draft.write("Rest well.");
    await vi.advanceTimersByTimeAsync(900);
    expect(saved()).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(draft.keeping.value).toBe("saving");
    draft.write("Rest very well.");
    const flushed = draft.flush();
    give(new Response("{}"));
    await vi.advanceTimersByTimeAsync(0);
    give(new Response("{}"));
    expect(await flushed).toBe(true);
    expect(saved()).toMatchObject([{ sentences: ["Rest well."] }, { sentences: ["Rest very well."] }]);
    expect(draft.keeping.value).toBe("saved");
  });

  it("is saved when the page goes, and not when it was never read", async () => {
    const draft = new Draft("a1", "en");
    await draft.open();
    draft.choose("k1", true);
    draft.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(saved()).toEqual([{ language: "en", sentences: ["Rest."], images: ["k1"] }]);
    answers[GET] = problem(503, "unavailable");
    const other = new Draft("a1", "fr");
    await other.open();
    other.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([other.isOpen.value, saved().length]).toEqual([false, 1]);
  });
});

describe("a summary that the gateway does not take for now", () => {
  it("is tried again by itself, and is there when it is opened again", async () => {
    const draft = Draft.of("a1", "en");
    await draft.open();
    answers[PUT] = problem(503, "unavailable");
    draft.write("Rest well.");
    draft.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(draft.keeping.value).toBe("failed");
    const again = Draft.of("a1", "en");
    await again.open();
    expect(again.text.value).toBe("Rest well.");
    answers[PUT] = { texts: [] };
    await vi.advanceTimersByTimeAsync(120_000);
    expect(again.keeping.value).toBe("saved");
    expect(saved().at(-1)).toMatchObject({ sentences: ["Rest well."] });
  });
});

describe("the summary", () => {
  const open = async (files?: Files) => {
    render(<Summary appointment="a1" images={images} {...(files && { files })} />);
    await settle();
  };
  const write = (text: string) => fireEvent.input(screen.getByRole("textbox"), { target: { value: text } });

  it("has the images that were ticked, in the order in which they are put", async () => {
    await open();
    fireEvent.click(screen.getByRole("checkbox", { name: "The nodule" }));
    expect(screen.queryByRole("button", { name: /^Put/ })).toBeNull();
    fireEvent.click(screen.getByRole("checkbox", { name: /image 12/ }));
    fireEvent.click(screen.getByRole("button", { name: "Put earlier, CT thorax · image 12" }));
    expect(said()).toContain("CT thorax · image 12: place 1 of 2.");
    await later(1_000);
    expect(saved()).toEqual([{ language: "en", sentences: ["Rest."], images: ["k2", "k1"] }]);
    expect(said()).toContain("Saved.");
  });

  it("is seen as a document, saved first, and not as it was before", async () => {
    answers[PDF] = pdf;
    await open();
    write("Rest well.");
    fireEvent.click(screen.getByRole("button", { name: "See the document" }));
    await settle();
    await settle();
    expect(asked.slice(-2).map(({ method, path }) => `${method} ${path}`)).toEqual([PUT, PDF]);
    const preview = screen.getByRole("region", { name: "Preview of the document" });
    expect(document.activeElement).toBe(preview);
    write("Rest very well.");
    expect(screen.queryByRole("region", { name: "Preview of the document" })).toBeNull();
    write("");
    expect(screen.getByText("Write a sentence at least, or tick an image.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "See the document" })).toBeNull();
  });

  it("says what is too long and does not send it, and why it was not saved", async () => {
    await open();
    write("x".repeat(2001));
    await later(5_000);
    expect(saved()).toEqual([]);
    expect(screen.getByText(/Paragraph 1 has more than 2000/)).toBeTruthy();
    expect(screen.getByRole("textbox").getAttribute("aria-invalid")).toBe("true");
    answers[PUT] = problem(503, "unavailable");
    write("Rest well.");
    await later(1_000);
    expect(screen.getByText(/^Not saved\./)).toBeTruthy();
    answers[PUT] = {};
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await settle();
    expect(said()).toContain("Saved.");
  });

  it("names the sign that the document cannot print", async () => {
    answers[PUT] = new Response(
      JSON.stringify({ status: 422, code: "bad_request", detail: "there is no letter for '🙂' (U+1F642)" }),
      { status: 422, headers: { "content-type": "application/problem+json" } },
    );
    await open();
    write("Rest well 🙂");
    await later(1_000);
    expect(screen.getByText(/cannot print the sign “🙂”/)).toBeTruthy();
  });

  it("lets go of an image that is kept no longer", async () => {
    const { rerender } = render(<Summary appointment="a1" images={images} />);
    await settle();
    // Not known is not gone.
    rerender(<Summary appointment="a1" images={undefined} />);
    rerender(<Summary appointment="a1" images={images} />);
    fireEvent.click(screen.getByRole("checkbox", { name: "The nodule" }));
    fireEvent.click(screen.getByRole("checkbox", { name: /image 12/ }));
    rerender(<Summary appointment="a1" images={images.slice(1)} />);
    await later(1_000);
    expect(saved()).toMatchObject([{ images: ["k2"] }]);
  });

  it("is another one in the other language, and the first is kept", async () => {
    await open();
    write("Rest well.");
    fireEvent.click(screen.getByRole("radio", { name: "French" }));
    await settle();
    expect(saved()).toMatchObject([{ language: "en", sentences: ["Rest well."] }]);
    const text = screen.getByRole("textbox") as HTMLTextAreaElement;
    expect([text.value, text.lang]).toEqual(["", "fr"]);
  });

  it("does not let the browser close over what is not saved", async () => {
    await open();
    const leave = () => {
      const event = new Event("beforeunload", { cancelable: true });
      dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(leave()).toBe(false);
    write("Rest well.");
    expect(leave()).toBe(true);
    await later(1_000);
    expect(leave()).toBe(false);
  });

  it("goes into the chat after a question, as it is now", async () => {
    const sent: File[] = [];
    const files = { send: async (file: File) => void sent.push(file) } as unknown as Files;
    answers[PDF] = pdf;
    await open(files);
    write("Rest well.");
    fireEvent.click(screen.getByRole("button", { name: "Send into the chat" }));
    expect(screen.getByRole("dialog").textContent).toContain("companions and interpreters too");
    fireEvent.click(screen.getByRole("button", { name: "Yes, send it" }));
    await settle();
    await settle();
    expect(saved()).toMatchObject([{ sentences: ["Rest well."] }]);
    expect(sent.map(({ name, type }) => [name, type])).toEqual([["consultation-summary.pdf", "application/pdf"]]);
    expect(await sent[0]?.text()).toBe("%PDF");
    expect(said()).toContain("The summary was sent into the chat.");
  });

  it("says why there is no document", async () => {
    answers[PDF] = problem(503, "unavailable");
    await open();
    fireEvent.click(screen.getByRole("button", { name: "Download (PDF)" }));
    await settle();
    expect(screen.getByText(/could not be prepared/)).toBeTruthy();
  });

  it("is a page of its own after the consultation, with nowhere to send it", async () => {
    answers["GET /api/appointments/a1"] = entry();
    answers["GET /api/appointments/a1/key-images"] = images;
    render(
      <LocationProvider>
        <SummaryPage appointment="a1" />
      </LocationProvider>,
    );
    await settle();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Summary for the patient");
    expect(screen.getByText("Jeanne Dubois")).toBeTruthy();
    expect(screen.getAllByRole("checkbox")).toHaveLength(2);
    expect(screen.queryByRole("button", { name: "Send into the chat" })).toBeNull();
  });
});
