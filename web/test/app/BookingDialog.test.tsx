import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BookingDialog } from "../../src/app/booking/BookingDialog";
import { chooseLanguage } from "../../src/i18n";
import type { Booked, BookingRequest } from "../../src/protocol";
import { entry } from "./entries";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

beforeEach(() => {
  chooseLanguage("en");
  // happy-dom has no modal dialogs.
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
});
afterEach(cleanup);

function gateway(answer: (request: BookingRequest) => Response) {
  const asked: BookingRequest[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path === "/api/practitioners")
      return json([
        { practitioner: "d1", name: "Dr Martin", roles: ["doctor"] },
        { practitioner: "s1", name: "Secretary", roles: ["secretary"] },
      ]);
    const request = JSON.parse(String(init.body)) as BookingRequest;
    asked.push(request);
    return answer(request);
  });
  return asked;
}

const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

it("keeps what was typed on a refusal, says it beside the field, and shows the links once it is booked", async () => {
  let isBusy = true;
  const asked = gateway((request) =>
    isBusy
      ? json({ status: 409, code: "practitioner_busy", detail: "" }, 409)
      : json({
          appointment: entry({ startsAt: request.startsAt }),
          links: [
            {
              participant: "p1",
              role: "patient",
              name: "Léon Moreau",
              address: "https://h.example/j#secret",
              expiresAt: request.endsAt,
            },
          ],
        } satisfies Booked),
  );
  const onBooked = vi.fn();
  render(
    <BookingDialog day="2026-11-26" zone="Europe/Paris" services={[]} onBooked={onBooked} onClose={() => undefined} />,
  );
  const doctors = await screen.findByLabelText<HTMLSelectElement>("Doctor");
  await waitFor(() => expect([...doctors.options].map((option) => option.text)).toEqual(["Choose…", "Dr Martin"]));

  const submit = screen.getByRole("button", { name: "Make the appointment" });
  fireEvent.click(submit);
  expect(screen.getAllByText("Give the name, 120 characters at most.")).toHaveLength(1);
  expect(screen.getByText("Give the day and the time.")).toBeTruthy();
  expect(asked).toEqual([]);

  type("Full name", "Léon Moreau");
  type("Start", "14:30");
  type("Department", "Cardiology");
  fireEvent.change(doctors, { target: { value: "d1" } });
  fireEvent.click(submit);
  const fault = await screen.findByText(/already has an appointment at that time/);
  expect(screen.getByLabelText("Doctor").getAttribute("aria-describedby")).toContain(fault.id);
  expect(screen.getByLabelText<HTMLInputElement>("Full name").value).toBe("Léon Moreau");
  expect(screen.getByLabelText<HTMLInputElement>("Start").value).toBe("14:30");
  expect(asked).toHaveLength(1);

  isBusy = false;
  fireEvent.click(screen.getByRole("button", { name: "Make the appointment" }));
  expect(await screen.findByDisplayValue("https://h.example/j#secret")).toBeTruthy();
  expect(screen.getByText(/Each link is for one person only/)).toBeTruthy();
  expect(onBooked).toHaveBeenCalledTimes(1);
  expect(asked[1]?.practitioners).toEqual(["d1"]);
});

it("keeps what was typed of a follow-up, and of another appointment beside it, when the dialog is closed", async () => {
  gateway(() => json({}, 500));
  const patient = { key: 0, role: "patient", name: "Léon Moreau", language: "en" } as const;
  const open = (prefill?: { follows: string; patient: typeof patient }) => {
    cleanup();
    render(
      <BookingDialog
        day="2026-11-26"
        zone="Europe/Paris"
        services={[]}
        {...(prefill && { prefill })}
        onBooked={() => undefined}
        onClose={() => undefined}
      />,
    );
  };
  const start = () => screen.getByLabelText<HTMLInputElement>("Start").value;
  open();
  type("Full name", "Somebody Else");
  open({ follows: "a1", patient });
  expect(screen.getByLabelText<HTMLInputElement>("Full name").value).toBe("Léon Moreau");
  type("Start", "09:30");
  open({ follows: "a1", patient });
  expect(start()).toBe("09:30");
  open({ follows: "a2", patient });
  expect(start()).toBe("");
  open();
  expect(screen.getByLabelText<HTMLInputElement>("Full name").value).toBe("Somebody Else");
});
