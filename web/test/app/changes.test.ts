import { expect, test } from "vitest";
import { told } from "../../src/app/admin/Changes";
import { locale } from "../../src/i18n";

test("what was changed is told in words, and what is no code stands as it came", () => {
  locale.value = "fr";
  expect(told("roles", "secretary, doctor")).toBe("secrétariat, médecin");
  expect(told("token_made", "read_services, read_statistics: Cardiologie, Urgences")).toBe(
    "les noms des services, les statistiques – Cardiologie, Urgences",
  );
  expect(told("logo", "image/svg+xml, 145 bytes")).toBe("SVG");
  expect(told("branding", "Hôpital du Nord, #8b0000")).toBe("Hôpital du Nord, #8b0000");
  expect(told("roles", "somebody_new")).toBe("somebody_new");
  expect(told("site", "")).toBe("rien");
});
