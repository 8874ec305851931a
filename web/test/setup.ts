import { vi } from "vitest";
import type { AskTicket } from "../src/ticket";

// The gateway of the tests gives its ticket at once; what asks for it is tested by itself.
vi.mock("../src/ticket", () => {
  const askTicket: AskTicket = (_link, take) => take({ ticket: "t" });
  return { askTicket };
});
