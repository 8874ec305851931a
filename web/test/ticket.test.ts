import { expect, it, vi } from "vitest";
import type { Given } from "../src/ticket";

const { askTicket } = await vi.importActual<typeof import("../src/ticket")>("../src/ticket");

const given = (link?: string) => new Promise<Given>((take) => askTicket(link, take));

it("asks for a link or for whoever is signed in, and hands on the ticket", async () => {
  const bodies: unknown[] = [];
  vi.stubGlobal("fetch", async (path: string, request: RequestInit) => {
    bodies.push([path, JSON.parse(request.body as string)]);
    return new Response('{"ticket":"abc"}', { headers: { "content-type": "application/json" } });
  });
  expect(await given("secret")).toEqual({ ticket: "abc" });
  expect(await given()).toEqual({ ticket: "abc" });
  expect(bodies).toEqual([
    ["/api/socket-ticket", { link: "secret" }],
    ["/api/socket-ticket", {}],
  ]);
});

it("hands on why there is none", async () => {
  const problem = { status: 401, code: "sign_in_needed", detail: "" };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(problem), { status: 401 }));
  expect(await given()).toEqual({ code: "sign_in_needed" });
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
  expect(await given()).toEqual({ code: "unavailable" });
});
