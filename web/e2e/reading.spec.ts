import type { Page } from "@playwright/test";
import {
  canvas,
  enterAsDoctor,
  expect,
  expectAccessible,
  foreign,
  person,
  signIn,
  test,
  untilSharp,
  waitAsGuest,
} from "./gateway";

/** A PDF of some pages with standard fonts that it does not carry, a link out, and a script that must never run. */
function pdf(pages: number): Buffer {
  const objects: string[] = ["", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"];
  const kids: number[] = [];
  for (let page = 1; page <= pages; page += 1) {
    const text = `BT /F1 24 Tf 60 760 Td (Lettre page ${page}) Tj ET`;
    objects.push(`<< /Length ${text.length} >>\nstream\n${text}\nendstream`);
    const link =
      "<< /Type /Annot /Subtype /Link /Rect [60 700 300 800] /A << /S /URI /URI (https://example.org/) >> >>";
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${objects.length} 0 R /Annots [${link}] >>`,
    );
    kids.push(objects.length);
  }
  objects[0] = "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>";
  objects[1] = `<< /Type /Pages /Count ${pages} /Kids [${kids.map((kid) => `${kid} 0 R`).join(" ")}] >>`;
  let out = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = out.length;
    out += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  out += places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  out += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(out, "latin1");
}

/** A Basic Text SR: one container with one text, Explicit VR Little Endian. */
function report(text: string): Buffer {
  const LONG = new Set(["OB", "OW", "SQ", "UN", "UT"]);
  const element = (tag: number, vr: string, value: Buffer | string): Buffer => {
    const pad = vr === "UI" ? "\0" : " ";
    const raw = typeof value === "string" ? Buffer.from(value, "latin1") : value;
    const even = raw.length % 2 === 0 ? raw : Buffer.concat([raw, Buffer.from(typeof value === "string" ? pad : "\0")]);
    const head = Buffer.alloc(LONG.has(vr) ? 12 : 8);
    head.writeUInt16LE(tag >>> 16, 0);
    head.writeUInt16LE(tag & 0xffff, 2);
    head.write(vr, 4, "latin1");
    if (LONG.has(vr)) head.writeUInt32LE(even.length, 8);
    else head.writeUInt16LE(even.length, 6);
    return Buffer.concat([head, even]);
  };
  const sequence = (tag: number, ...items: Buffer[][]): Buffer =>
    element(
      tag,
      "SQ",
      Buffer.concat(
        items.map((elements) => {
          const body = Buffer.concat(elements);
          const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
          head.writeUInt32LE(body.length, 4);
          return Buffer.concat([head, body]);
        }),
      ),
    );
  const code = (value: string, scheme: string, meaning: string) => [
    element(0x00080100, "SH", value),
    element(0x00080102, "SH", scheme),
    element(0x00080104, "LO", meaning),
  ];
  const uid = `2.25.${Date.now()}${Math.floor(Math.random() * 1e9)}`;
  const meta = Buffer.concat([
    element(0x00020001, "OB", Buffer.from([0, 1])),
    element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.88.11"),
    element(0x00020003, "UI", `${uid}.3`),
    element(0x00020010, "UI", "1.2.840.10008.1.2.1"),
    element(0x00020012, "UI", "2.25.1"),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    element(0x00020000, "UL", length),
    meta,
    element(0x00080005, "CS", "ISO_IR 100"),
    element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.88.11"),
    element(0x00080018, "UI", `${uid}.3`),
    element(0x00080020, "DA", "20261118"),
    element(0x00080060, "CS", "SR"),
    element(0x0008103e, "LO", "Compte rendu"),
    element(0x00100010, "PN", "Lefevre^Helene"),
    element(0x0020000d, "UI", `${uid}.1`),
    element(0x0020000e, "UI", `${uid}.2`),
    element(0x00200011, "IS", "1"),
    element(0x00200013, "IS", "1"),
    element(0x0040a040, "CS", "CONTAINER"),
    sequence(0x0040a043, code("18748-4", "LN", "Diagnostic imaging report")),
    element(0x0040a050, "CS", "SEPARATE"),
    element(0x0040a491, "CS", "COMPLETE"),
    element(0x0040a493, "CS", "UNVERIFIED"),
    sequence(0x0040a730, [
      element(0x0040a010, "CS", "CONTAINS"),
      element(0x0040a040, "CS", "TEXT"),
      sequence(0x0040a043, code("121077", "DCM", "Conclusion")),
      element(0x0040a160, "UT", text),
    ]),
  ]);
}

async function inCall(browser: Parameters<typeof person>[0], gateway: Parameters<typeof person>[1]) {
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await waitAsGuest(patient.page, gateway.patientLink);
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Claire Martin");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await enterAsDoctor(doctor.page);
  await doctor.page.getByRole("tab", { name: "Examens" }).click();
  return { doctor, patient };
}

type Both = Awaited<ReturnType<typeof inCall>>;

/** Adds a file and shows what has come of it, though it may carry another name than that of the patient. */
async function addAndShow(page: Page, name: string, mimeType: string, buffer: Buffer, row: RegExp) {
  await page.locator("input[type=file]").first().setInputFiles({ name, mimeType, buffer });
  await page
    .getByRole("tabpanel")
    .getByRole("listitem")
    .filter({ hasText: row })
    .getByRole("button", { name: /^Montrer/ })
    .first()
    .click({ timeout: 30_000 });
  const other = page.getByRole("button", { name: "J’ai vérifié, montrer" });
  if (await other.isVisible({ timeout: 1_000 }).catch(() => false)) await other.click();
}

const part = (page: Page) =>
  page.locator(".reading-box").evaluate((box) => box.scrollTop / Math.max(1, box.scrollHeight - box.clientHeight));

/** A letter is read together, page by page, and neither its link nor its script does anything. */
async function letter({ doctor, patient }: Both) {
  await addAndShow(doctor.page, "lettre.pdf", "application/pdf", pdf(6), /document/);
  for (const { page } of [doctor, patient])
    await expect(page.locator(".reading-page figcaption").first()).toContainText("Lettre page 1", { timeout: 30_000 });
  await expectAccessible(doctor.page);
  await expectAccessible(patient.page);
  await doctor.page.locator(".reading-box").focus();
  await doctor.page.keyboard.press("End");
  await expect(patient.page.locator(".reading-page figcaption").last()).toContainText("Lettre page 6", {
    timeout: 15_000,
  });
  await expect.poll(() => part(patient.page)).toBeGreaterThan(0.98);
  // The patient looks back on their own, and comes back.
  await patient.page.locator(".reading-box").focus();
  await patient.page.keyboard.press("Home");
  await patient.page.getByRole("button", { name: "Suivre de nouveau" }).click();
  await expect.poll(() => part(patient.page)).toBeGreaterThan(0.98);
  // A phone whose room changes goes on reading with the others.
  await patient.page.setViewportSize({ width: 360, height: 560 });
  await expect.poll(() => part(patient.page)).toBeGreaterThan(0.98);
  await patient.page.setViewportSize({ width: 360, height: 740 });
  await expect.poll(() => part(patient.page)).toBeGreaterThan(0.98);
  await expect(patient.page.getByRole("button", { name: "Suivre de nouveau" })).toBeHidden();
  await doctor.page.getByRole("button", { name: "Plus grand" }).click();
  await expect
    .poll(() => patient.page.locator(".reading-pages").evaluate((pages) => pages.scrollWidth))
    .toBeGreaterThan(360);
  expect(foreign).toEqual([]);
}

/** A report is text for everybody. */
async function reportRead({ doctor, patient }: Both) {
  const text = `Pas de nodule. <b>rien</b>\r\n${"Ligne suivante.\r\n".repeat(80)}Fin.`;
  await addAndShow(doctor.page, "cr.dcm", "application/dicom", report(text), /compte rendu/);
  for (const { page } of [doctor, patient]) {
    await expect(page.getByText("Pas de nodule. <b>rien</b>")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText(/Conclusion/).first()).toBeVisible();
    await expectAccessible(page);
  }
  await doctor.page.locator(".reading-box").focus();
  await doctor.page.keyboard.press("End");
  await expect.poll(() => part(patient.page)).toBeGreaterThan(0.98);
}

/** A turn turns the picture itself and its letters. */
async function turned({ doctor, patient }: Both) {
  await doctor.page
    .getByRole("tabpanel")
    .getByRole("button", { name: /^Montrer CT/ })
    .first()
    .click({ timeout: 60_000 });
  await expect.poll(async () => (await canvas(patient.page)).mean, { timeout: 20_000 }).toBeGreaterThan(5);
  const sideAt = (edge: string) =>
    patient.page.locator(`.viewer-letter.${edge}`).evaluate((p) => p.lastChild?.textContent);
  await untilSharp(patient.page);
  const top = await sideAt("top");
  const before = await canvas(patient.page);
  await doctor.page.locator(".viewer-surface").focus();
  await doctor.page.keyboard.press("t");
  await expect.poll(async () => (await canvas(patient.page)).hash).not.toBe(before.hash);
  await expect.poll(() => sideAt("right")).toBe(top);
  for (const n of [2, 3, 4]) {
    await doctor.page.keyboard.press("t");
    if (n < 4) await expect(doctor.page.locator(".viewer-facts")).toContainText(`tournée de ${n * 90}°`);
  }
  // After four turns it is what it was, pixel for pixel.
  await expect.poll(async () => (await canvas(patient.page)).hash).toBe(before.hash);
  await expect(patient.page.locator(".viewer-scale")).toBeVisible();
}

// One test: the demonstration has one patient who waits, and who comes back to where they were.
test.use({ own: "reading" });

test("a letter, a report and a turned picture are the same for doctor and patient", async ({ browser, gateway }) => {
  test.setTimeout(300_000);
  const both = await inCall(browser, gateway);
  await test.step("a letter", () => letter(both));
  await test.step("a report", () => reportRead(both));
  await test.step("a turn", () => turned(both));
  for (const { context } of Object.values(both)) await context.close();
});
