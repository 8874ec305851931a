import { expect, test } from "vitest";
import { contrastWithWhite } from "../../src/app/admin/contrast";

test("contrast with white is that of WCAG", () => {
  expect(contrastWithWhite("#000000")).toBeCloseTo(21, 5);
  expect(contrastWithWhite("#ffffff")).toBeCloseTo(1, 5);
  // The well-known lightest grey that passes on white, and the next one that does not.
  expect(contrastWithWhite("#767676")).toBeGreaterThanOrEqual(4.5);
  expect(contrastWithWhite("#777777")).toBeLessThan(4.5);
});
