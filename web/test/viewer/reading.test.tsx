import { act, cleanup, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import type { ClientMessage, DocumentState, SectionState } from "../../src/protocol";
import { Pages } from "../../src/viewer/reading/Pages";
import { PdfFault } from "../../src/viewer/reading/pdf";
import { positionOf, viewOf } from "../../src/viewer/reading/position";
import { Reading } from "../../src/viewer/reading/Reading";
import { paragraphsOf, Text } from "../../src/viewer/reading/Text";
import type { Screen } from "../../src/viewer/screen";
import { Steering } from "../../src/viewer/steering";
import { shown } from "./rig";

const openPdf = vi.hoisted(() => vi.fn());
vi.mock("../../src/viewer/reading/pdf", () => ({
  openPdf,
  PdfFault: class extends Error {
    constructor(readonly why: string) {
      super(why);
    }
  },
}));

/** What is to be told when the layout has changed. */
const observers = new Set<() => void>();
const layout = () => act(() => observers.forEach((tell) => void tell()));

beforeEach(() => {
  chooseLanguage("en");
  observers.clear();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(readonly tell: () => void) {}
      observe() {
        observers.add(this.tell);
      }
      disconnect() {
        observers.delete(this.tell);
      }
    },
  );
});
afterEach(cleanup);

const section = (changes: Partial<SectionState>): SectionState => ({
  heading: "",
  text: "",
  images: 0,
  sections: [],
  ...changes,
});

describe("a text", () => {
  it("has headings by depth, a paragraph a line, and facts in the reader's language", () => {
    const document: DocumentState = {
      title: "Report",
      facts: [
        ["modality", "SR"],
        ["date", "20261118"],
        ["Dose Area", "12"],
      ],
      sections: [
        section({
          heading: "Findings",
          text: "One.\r\n\r\nTwo.",
          sections: [section({ heading: "Lung", text: "Clear.", images: 2 })],
        }),
      ],
    };
    render(<Text document={document} size={1.5} />);
    expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("Report");
    expect(screen.getByRole("heading", { level: 3 }).textContent).toBe("Findings");
    expect(screen.getByRole("heading", { level: 4 }).textContent).toBe("Lung");
    expect(screen.getByText("Two.").tagName).toBe("P");
    expect(screen.getByText("Refers to 2 images.")).toBeTruthy();
    expect(screen.getByText("Modality")).toBeTruthy();
    expect(screen.getByText("18 November 2026")).toBeTruthy();
    expect(screen.getByText("Dose Area")).toBeTruthy();
    act(() => chooseLanguage("fr"));
    expect(screen.getByText("Modalité")).toBeTruthy();
  });

  it("is never read as markup, and nests without end unharmed", () => {
    let deep = section({ text: "<img src=x onerror=alert(1)>" });
    for (let depth = 0; depth < 1_500; depth += 1)
      deep = section({ heading: `h${depth}`, sections: [deep, section({ text: `after ${depth}` })] });
    const { container } = render(<Text document={{ title: "", facts: [], sections: [deep] }} size={1} />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(container.querySelectorAll("h6").length).toBeGreaterThan(1_400);
    const words = container.textContent ?? "";
    expect(words.indexOf("after 0")).toBeGreaterThan(words.indexOf("onerror"));
    expect(words.indexOf("after 1")).toBeGreaterThan(words.indexOf("after 0"));
  });

  it("says that there is none", () => {
    render(<Text document={{ title: "", facts: [], sections: [] }} size={1} />);
    expect(screen.getByText("There is no text in this document.")).toBeTruthy();
    expect(paragraphsOf(" \n\r\n")).toEqual([]);
  });
});

describe("a position", () => {
  it("begins at the top, though a view begins in the middle", () => {
    expect(positionOf(shown())).toEqual({ part: 0, zoom: 1 });
  });

  it("is the same after it was told", () => {
    for (const position of [
      { part: 0, zoom: 1 },
      { part: 0.37, zoom: 2.2 },
      { part: 1, zoom: 3 },
    ])
      expect(positionOf(viewOf(position))).toEqual(position);
    expect(viewOf({ part: 7, zoom: 64 })).toEqual({ centerX: 0, centerY: 1, zoom: 3 });
  });
});

describe("reading together", () => {
  const document: DocumentState = { title: "Report", facts: [], sections: [section({ text: "x" })] };

  function rig(isPresenting: boolean) {
    const sent: ClientMessage[] = [];
    const steering = new Steering(
      (message) => sent.push(message),
      0,
      (f) => f(),
    );
    const view = (changes: Parameters<typeof shown>[0], presents = isPresenting) => {
      const state = shown({ content: "text", count: 1, index: 0, ...changes });
      steering.adopt(state);
      return (
        <Reading
          screen={{ steering } as unknown as Screen}
          shown={state}
          content={{ document }}
          isPresenting={presents}
          presenter="Dr Haddad"
        />
      );
    };
    const { rerender } = render(view({}));
    const box = screen.getByRole("region", { name: "CT thorax" });
    // happy-dom lays nothing out: 1000 pixels can be scrolled.
    const heights = { scrollHeight: 1400, clientHeight: 400 };
    for (const name of ["scrollHeight", "clientHeight"] as const)
      Object.defineProperty(box, name, { get: () => heights[name] });
    layout();
    return {
      sent,
      box,
      tell: (changes: Parameters<typeof shown>[0], presents = isPresenting) => rerender(view(changes, presents)),
      /** A hand scrolls. */
      scroll: (top: number) =>
        act(() => {
          box.dispatchEvent(new Event("wheel"));
          box.scrollTop = top;
          box.dispatchEvent(new Event("scroll"));
        }),
      /** The browser scrolls, and nobody's hand did it. */
      drift: (top: number) =>
        act(() => {
          box.scrollTop = top;
          box.dispatchEvent(new Event("scroll"));
        }),
      /** The box becomes so high, and the browser keeps what it shows within the document. */
      grow: (clientHeight: number, isTold: boolean) => {
        heights.clientHeight = clientHeight;
        box.scrollTop = Math.min(box.scrollTop, heights.scrollHeight - clientHeight);
        act(() => void box.dispatchEvent(new Event("scroll")));
        if (isTold) layout();
      },
    };
  }

  it("tells where the presenter reads", () => {
    const { sent, scroll } = rig(true);
    scroll(250);
    expect(sent).toEqual([
      { type: "set_view", viewport: 0, zoom: 1, centerX: 0, centerY: 0.25, quarterTurns: 0, isFlipped: false },
    ]);
    act(() => screen.getByRole("button", { name: "Larger" }).click());
    expect(sent.at(-1)).toMatchObject({ type: "set_view", zoom: 1.25, centerX: 0, centerY: 0.25 });
  });

  it("goes where the presenter reads, and says nothing of it", () => {
    const { sent, box, tell, scroll } = rig(false);
    tell({ centerX: 0, centerY: 0.5 });
    expect(box.scrollTop).toBe(500);
    scroll(500);
    expect(screen.getByText("You are reading with Dr Haddad.")).toBeTruthy();
    expect(sent).toEqual([]);
  });

  it.each([true, false])("stays where the presenter reads when the room for it changes", (isTold) => {
    const { sent, box, tell, grow } = rig(false);
    tell({ centerX: 0, centerY: 1 });
    expect(box.scrollTop).toBe(1000);
    grow(600, isTold);
    expect(box.scrollTop).toBe(800);
    grow(300, true);
    expect(box.scrollTop).toBe(1100);
    expect(screen.getByText("You are reading with Dr Haddad.")).toBeTruthy();
    expect(sent).toEqual([]);
  });

  it("does not take a change of the presenter's room for reading on", () => {
    const { sent, box, scroll, grow } = rig(true);
    scroll(1000);
    expect(sent).toMatchObject([{ type: "set_view", centerY: 1 }]);
    grow(900, true);
    grow(400, true);
    expect(box.scrollTop).toBe(1000);
    expect(sent).toHaveLength(1);
  });

  it("tells of a slow hand, and of one that moves while the layout changes", () => {
    const { sent, box, scroll } = rig(true);
    for (const top of [1, 2, 3]) scroll(top);
    expect(sent).toMatchObject([{ type: "set_view", centerY: 0.003 }]);
    box.scrollTop = 500;
    layout();
    expect(box.scrollTop).toBe(500);
    expect(sent.at(-1)).toMatchObject({ type: "set_view", centerY: 0.5 });
  });

  it("lets a follower read elsewhere, and come back", () => {
    const { sent, box, tell, scroll } = rig(false);
    scroll(100);
    tell({ centerX: 0, centerY: 0.8, zoom: 2 });
    expect(box.scrollTop).toBe(100);
    act(() => screen.getByRole("button", { name: "Follow again" }).click());
    expect(box.scrollTop).toBe(800);
    expect(sent).toEqual([]);
  });

  it("does not take for reading on what a key began before a follower came back", () => {
    const { box, tell, scroll, drift } = rig(false);
    tell({ centerX: 0, centerY: 1 });
    scroll(400);
    act(() => screen.getByRole("button", { name: "Follow again" }).click());
    drift(960);
    expect(box.scrollTop).toBe(1000);
    expect(screen.getByText("You are reading with Dr Haddad.")).toBeTruthy();
  });

  it("stays where the presenter reads when the room grows and shrinks before that is told", () => {
    const { box, tell, grow } = rig(false);
    tell({ centerX: 0, centerY: 1 });
    window.dispatchEvent(new Event("resize"));
    box.scrollTop = 900;
    grow(400, true);
    expect(box.scrollTop).toBe(1000);
    expect(screen.getByText("You are reading with Dr Haddad.")).toBeTruthy();
  });

  it("takes for reading on what a screen reader scrolls, when all has long been still", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
    const { box, tell, drift } = rig(false);
    tell({ centerX: 0, centerY: 1 });
    now.mockReturnValue(5_000);
    drift(300);
    expect(box.scrollTop).toBe(300);
    expect(screen.getByRole("button", { name: "Follow again" })).toBeTruthy();
    now.mockRestore();
  });

  it("gives a follower a size of their own", () => {
    const { sent, tell } = rig(false);
    act(() => screen.getByRole("button", { name: "Larger" }).click());
    tell({ centerX: 0, centerY: 0.1 });
    expect(document.title && screen.getByRole("article").style.fontSize).toBe("1.25em");
    expect(sent).toEqual([]);
  });

  it("goes on from where everybody reads when a follower takes over", () => {
    const { sent, box, tell, scroll } = rig(false);
    scroll(100);
    tell({ centerX: 0, centerY: 0.6 });
    tell({ centerX: 0, centerY: 0.6 }, true);
    expect(box.scrollTop).toBe(600);
    scroll(650);
    expect(sent).toMatchObject([{ type: "set_view", centerX: 0, centerY: 0.65 }]);
  });
});

describe("a PDF", () => {
  const box = { current: document.createElement("div") };

  it("has a figure for each page, with its text for who cannot see it", async () => {
    const near: ((entries: unknown[]) => void)[] = [];
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(tell: (entries: unknown[]) => void) {
          near.push(tell);
        }
        observe() {}
        disconnect() {}
      },
    );
    const drawn: number[] = [];
    const close = vi.fn();
    openPdf.mockResolvedValueOnce({
      sizes: [
        { width: 100, height: 200 },
        { width: 200, height: 100 },
      ],
      count: 3,
      draw: async (page: number) => {
        drawn.push(page);
        if (page === 2) throw new Error("broken");
        return "Hello.";
      },
      close,
    });
    const view = render(<Pages bytes={new Uint8Array(1)} size={1} box={box} />);
    const figures = await waitFor(() => {
      const found = view.container.querySelectorAll("figure");
      expect(found).toHaveLength(2);
      return found;
    });
    expect([...figures].map((each) => each.style.height)).toEqual(["240px", "60px"]);
    expect(drawn).toEqual([]);
    await waitFor(() => expect(near).toHaveLength(2));
    act(() => near[0]?.([{ isIntersecting: true }]));
    await waitFor(() => expect(figures[0]?.textContent).toBe("Page 1 of 3Hello."));
    expect(drawn).toEqual([1]);
    act(() => near[1]?.([{ isIntersecting: true }]));
    expect((await screen.findByRole("alert")).textContent).toBe("Page 2 cannot be shown.");
    expect(screen.getByText("Only the first 2 pages are shown.")).toBeTruthy();
    view.unmount();
    await waitFor(() => expect(close).toHaveBeenCalledOnce());
  });

  it("says why it cannot be shown", async () => {
    openPdf.mockRejectedValueOnce(new PdfFault("locked"));
    render(<Pages bytes={new Uint8Array(1)} size={1} box={box} />);
    expect((await screen.findByRole("alert")).textContent).toMatch(/protected by a password/);
    cleanup();
    openPdf.mockRejectedValueOnce(new PdfFault("damaged"));
    render(<Pages bytes={new Uint8Array(1)} size={1} box={box} />);
    expect((await screen.findByRole("alert")).textContent).toMatch(/damaged/);
  });
});

describe("a sound", () => {
  it("is played by everybody for themselves, and lets go of its bytes", async () => {
    const create = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
    const revoke = vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
    const steering = new Steering(() => undefined);
    const view = render(
      <Reading
        screen={{ steering } as unknown as Screen}
        shown={shown({ content: "sound" })}
        content={{ mediaType: "audio/wav", bytes: new Uint8Array(3) }}
        isPresenting={false}
        presenter="Dr Haddad"
      />,
    );
    const audio = view.container.querySelector("audio");
    expect(audio?.getAttribute("src")).toBe("blob:x");
    expect(create).toHaveBeenCalledWith(expect.objectContaining({ type: "audio/wav" }));
    act(() => void audio?.dispatchEvent(new Event("error")));
    expect(screen.getByRole("alert").textContent).toMatch(/cannot play/);
    view.unmount();
    await waitFor(() => expect(revoke).toHaveBeenCalledWith("blob:x"));
  });
});
