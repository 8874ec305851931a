import { expect, test } from "vitest";
import { fromBase64Url, toBase64Url } from "../../src/app/local/passkey";

test("bytes go through JSON and back, whatever they are", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const length of [0, 1, 2, 3, 255, 256]) {
    const bytes = all.slice(0, length);
    const text = toBase64Url(bytes.buffer);
    expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
    expect(fromBase64Url(text)).toEqual(bytes);
  }
  // RFC 4648 section 10, with the letters of section 5.
  expect(toBase64Url(new TextEncoder().encode("fooba").buffer as ArrayBuffer)).toBe("Zm9vYmE");
  expect(fromBase64Url("-_8")).toEqual(Uint8Array.of(0xfb, 0xff));
});
