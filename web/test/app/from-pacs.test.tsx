import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Archives } from "../../src/app/pacs/archives";
import { FetchReport } from "../../src/app/pacs/FetchReport";
import { FromPacs } from "../../src/app/pacs/FromPacs";
import { chooseLanguage } from "../../src/i18n";
import type { FetchEntry, PacsAnswer, PacsChoice, PacsState, PacsStudy } from "../../src/protocol";
import { answering } from "./visit";

const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const PATH = "/api/appointments/a1/pacs";

const choice = (changes: Partial<PacsChoice> = {}): PacsChoice => ({
  pacs: "radio",
  label: "Radiology",
  domain: "",
  hasNumber: true,
  isNational: false,
  ...changes,
});

const study = (changes: Partial<PacsStudy> = {}): PacsStudy => ({
  study: "1.2",
  date: "2026-11-03",
  description: "Thorax",
  modalities: ["CT", "SR"],
  instances: 30,
  patientName: "LEFEVRE Helene",
  isOtherPatient: false,
  here: 0,
  ...changes,
});

const answer = (changes: Partial<PacsAnswer> = {}): PacsAnswer => ({
  about: "",
  studies: [],
  dropped: 0,
  isCut: false,
  ...changes,
});

const fetching = (changes: Partial<FetchEntry> = {}): FetchEntry => ({
  fetch: "f1",
  study: "1.2",
  label: "Radiology",
  state: "running",
  total: 30,
  received: 12,
  refusedCount: 0,
  refused: [],
  hasOtherPatient: false,
  quietS: 0,
  about: "",
  ...changes,
});

let state: PacsState;
let archives: Archives;

beforeEach(() => {
  chooseLanguage("en");
  state = { patient: "p1", nodes: [choice()], fetches: [] };
});
afterEach(() => {
  cleanup();
  archives.close();
  vi.unstubAllGlobals();
});

async function open(answers: Record<string, unknown>) {
  const asked = answering({ [`GET ${PATH}`]: () => state, ...answers });
  archives = new Archives("a1", () => {});
  render(
    <>
      <FromPacs appointment="a1" archives={archives} patient="Hélène Lefèvre" />
      <FetchReport archives={archives} />
    </>,
  );
  await settle();
  const button = screen.queryByRole("button", { name: "From the PACS" });
  if (button) {
    fireEvent.click(button);
    await settle();
  }
  return asked.filter(({ method }) => method !== "GET");
}

describe("studies from an archive", () => {
  it("are not offered where there is no archive", async () => {
    state = { ...state, nodes: [] };
    await open({});
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("are looked for at once and fetched one by one", async () => {
    const found = answer({ studies: [study(), study({ study: "1.3", description: "", here: 30 })], dropped: 2 });
    let begun: unknown;
    const answers = {
      [`POST ${PATH}/search`]: found,
      [`POST ${PATH}/fetches`]: (body: unknown) => {
        begun = body;
        state = { ...state, fetches: [fetching()] };
        return state.fetches[0];
      },
    };
    await open(answers);
    expect(screen.getByRole("dialog", { name: "Studies of Hélène Lefèvre in the PACS", hidden: true })).toBeTruthy();
    expect(screen.getByText("Tuesday 3 November 2026 · CT, SR · 30 images")).toBeTruthy();
    expect(screen.getByText(/named 2 studies of other patients/)).toBeTruthy();
    expect(screen.getByText("Study without a name")).toBeTruthy();
    // What is here is not offered again.
    const buttons = screen.getAllByRole("button", { name: /^Fetch/, hidden: true });
    expect(buttons.map((each) => each.textContent)).toEqual(["Fetch Thorax"]);
    fireEvent.click(buttons[0] as HTMLElement);
    await settle();
    expect(begun).toEqual({ pacs: "radio", study: "1.2" });
    expect(screen.getAllByText("12 of 30 images")).toHaveLength(2);
    expect(screen.queryByRole("button", { name: /^Fetch/, hidden: true })).toBeNull();
  });

  it("ask for the patient's number first, where nobody has noted it", async () => {
    state = { ...state, nodes: [choice({ hasNumber: false })] };
    let kept: unknown;
    const asked = await open({
      "POST /api/appointments/a1/participants/p1/number": (body: unknown) => {
        kept = body;
        state = { ...state, nodes: [choice()] };
        return { participant: "p1", number: "1", domain: "", by: "", at: "" };
      },
      [`POST ${PATH}/search`]: answer(),
    });
    expect(asked).toEqual([]);
    fireEvent.input(screen.getByLabelText(/^Patient number/), { target: { value: "IPP 1" } });
    fireEvent.click(screen.getByRole("button", { name: "Save and search", hidden: true }));
    await settle();
    await settle();
    expect(kept).toEqual({ number: "IPP 1", domain: "" });
    expect(screen.getByText(/has no study of this patient/)).toBeTruthy();
  });

  it("say what to do where an archive knows patients by their national identity, or fails", async () => {
    state = { ...state, nodes: [choice({ hasNumber: false, isNational: true, domain: "1.2" })] };
    await open({});
    expect(screen.getByText(/Qualify it first/)).toBeTruthy();
    expect(screen.queryByLabelText(/^Patient number/)).toBeNull();
    cleanup();
    archives.close();
    state = { ...state, nodes: [choice()] };
    await open({ [`POST ${PATH}/search`]: answer({ fault: "status", about: "500" }) });
    expect(screen.getByRole("alert", { hidden: true }).textContent).toContain("answered with an error (500)");
  });

  it("tell that nothing comes, and are stopped", async () => {
    state = { ...state, fetches: [fetching({ quietS: 8 })] };
    const stopped = vi.fn(() => {
      const refused = [{ name: "3", code: "not_dicom" as const, reason: "" }];
      state = { ...state, fetches: [fetching({ state: "stopped", refusedCount: 1, refused, hasOtherPatient: true })] };
      return new Response(null, { status: 204 });
    });
    answering({ [`GET ${PATH}`]: () => state, [`DELETE ${PATH}/fetches/f1`]: stopped });
    archives = new Archives("a1", () => {});
    await archives.look();
    render(<FetchReport archives={archives} />);
    expect(screen.getByText("The PACS has sent nothing for 8 seconds.")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Stop" }));
    await settle();
    expect(stopped).toHaveBeenCalled();
    expect(screen.getByText("Stopped. 12 images are here.")).toBeTruthy();
    expect(screen.getByText("1 image was not taken.")).toBeTruthy();
    expect(screen.getByText(/bear another name/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Hide" })).toBeTruthy();
  });
});
