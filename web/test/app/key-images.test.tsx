import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KeyImages } from "../../src/app/consultation/KeyImages";
import type { Visit } from "../../src/app/consultation/visit";
import { facts } from "../../src/app/who";
import { chooseLanguage } from "../../src/i18n";
import type { KeyImageState } from "../../src/protocol";
import type { FakeSocket } from "../fake-socket";
import { accept, answering, inCall, installStaff, problem, putOnShow, reject } from "./visit";

const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const image = (name: string, changes: Partial<KeyImageState> = {}): KeyImageState => ({
  image: name,
  at: "2026-11-25T13:42:00Z",
  participant: "p1",
  title: "CT thorax",
  index: 11,
  caption: "",
  isShownToPatient: false,
  ...changes,
});
let visit: Visit;
let socket: FakeSocket;
let summaries: number;

beforeEach(async () => {
  chooseLanguage("en");
  installStaff();
  answering({ "GET /api/appointments/a1/studies": [] });
  facts.value = { name: "Hôpital", telephone: "", timeZone: "Europe/Paris", isDemo: false, version: "1" };
  ({ visit, socket } = await inCall());
  summaries = 0;
  render(
    <KeyImages
      visit={visit}
      onSummary={() => {
        summaries += 1;
      }}
    />,
  );
});
afterEach(() => {
  cleanup();
  visit.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const tell = (...images: KeyImageState[]) => act(() => socket.say({ type: "key_images", images }));
const items = () => screen.getAllByRole("listitem");

describe("the key images", () => {
  it("stand with picture, place, and who kept them when", () => {
    expect(screen.getByText(/^No images kept/)).toBeTruthy();
    tell(image("k1"), image("k2", { caption: "The nodule", participant: "gone", isShownToPatient: true }));
    expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("2 images kept");
    const [first, second] = items();
    const picture = within(first as HTMLElement).getByRole("img");
    expect([picture.getAttribute("src"), picture.getAttribute("alt")]).toEqual([
      "/api/key-images/k1/picture",
      "CT thorax · image 12",
    ]);
    expect(within(first as HTMLElement).getByText("you, 14:42")).toBeTruthy();
    expect(within(second as HTMLElement).getByRole("img", { name: "The nodule" })).toBeTruthy();
    expect(within(second as HTMLElement).getByText("In the patient’s summary")).toBeTruthy();
    fireEvent.error(picture);
    expect(within(first as HTMLElement).getByText("no picture")).toBeTruthy();
  });

  it("keep the viewport that tools act on", () => {
    act(() => putOnShow(socket, "s1", "p1"));
    fireEvent.click(screen.getByRole("button", { name: "Keep the image" }));
    expect(socket.of("keep_image")).toMatchObject([{ viewport: 0, caption: "" }]);
  });

  it("get a caption, which stays written when it was not taken", async () => {
    tell(image("k1"));
    const caption = screen.getByRole("textbox", { name: "Caption" }) as HTMLInputElement;
    expect(screen.queryByRole("button", { name: "Save the caption" })).toBeNull();
    fireEvent.input(caption, { target: { value: " The nodule " } });
    fireEvent.submit(caption.form as HTMLFormElement);
    expect(socket.of("caption_image")).toMatchObject([{ image: "k1", caption: "The nodule" }]);
    reject(socket, "caption_image", "not_allowed");
    await settle();
    expect(screen.getByText(/^The caption was not saved\./)).toBeTruthy();
    expect(caption.value).toBe(" The nodule ");
    fireEvent.click(screen.getByRole("button", { name: "Save the caption" }));
    accept(socket, "caption_image");
    await settle();
    tell(image("k1", { caption: "The nodule" }));
    expect(screen.getByText("Caption saved.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Save the caption" })).toBeNull();
  });

  it("take over a caption that somebody else wrote, but not over what is being written", () => {
    tell(image("k1"));
    const caption = screen.getByRole("textbox", { name: "Caption" }) as HTMLInputElement;
    tell(image("k1", { caption: "By a colleague" }));
    expect(caption.value).toBe("By a colleague");
    fireEvent.input(caption, { target: { value: "My own" } });
    tell(image("k1", { caption: "By a colleague again" }));
    expect(caption.value).toBe("My own");
  });

  it("keep a caption that is being written while another tab is looked at", () => {
    tell(image("k1"));
    const caption = () => screen.getByRole("textbox", { name: "Caption" }) as HTMLInputElement;
    fireEvent.input(caption(), { target: { value: "The nod" } });
    cleanup();
    render(<KeyImages visit={visit} onSummary={() => undefined} />);
    expect(caption().value).toBe("The nod");
    fireEvent.input(caption(), { target: { value: "" } });
    cleanup();
    tell(image("k1", { caption: "By a colleague" }));
    render(<KeyImages visit={visit} onSummary={() => undefined} />);
    expect(caption().value).toBe("By a colleague");
  });

  it("are removed after a question, and the focus is not lost", async () => {
    tell(image("k1"), image("k2"));
    fireEvent.click(within(items()[0] as HTMLElement).getByRole("button", { name: /^Remove/ }));
    expect(socket.of("remove_image")).toHaveLength(0);
    fireEvent.click(screen.getByRole("button", { name: "Yes, remove it" }));
    expect(socket.of("remove_image")).toMatchObject([{ image: "k1" }]);
    accept(socket, "remove_image");
    tell(image("k2"));
    await settle();
    await settle();
    expect(items()).toHaveLength(1);
    expect(screen.getAllByRole("status").map((each) => each.textContent)).toContain("Image removed.");
    expect(document.activeElement?.textContent).toBe("1 image kept");
  });

  it("are filed with the studies when somebody asks", async () => {
    expect(screen.queryByRole("button", { name: "File with the studies" })).toBeNull();
    tell(image("k1"), image("k2"));
    const asked = answering({ "POST /api/appointments/a1/key-images/save": { images: 2, selections: 1 } });
    const press = async () => {
      fireEvent.click(screen.getByRole("button", { name: "File with the studies" }));
      await settle();
    };
    await press();
    expect(asked).toHaveLength(1);
    expect(screen.getByText("2 images filed with the studies.")).toBeTruthy();
    answering({ "POST /api/appointments/a1/key-images/save": problem(503, "unavailable") });
    await press();
    expect(screen.getByText(/could not be filed/)).toBeTruthy();
  });

  it("lead to the summary", () => {
    fireEvent.click(screen.getByRole("button", { name: "Summary for the patient" }));
    expect(summaries).toBe(1);
  });
});
