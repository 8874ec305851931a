/** A series that no scanner made: grey waves and grains, other ones in each slice. */
export type MadeSeries = {
  number: number;
  description: string;
  slices: number;
  columns: number;
  rows: number;
  /** Which study, of whom and called what; all of one and the same where nothing is said. */
  study?: { number: number; patient: string; description: string };
};

/** Slices of one study of one person as DICOM objects, explicit little endian (PS3.10 7, PS3.5 A.2). */
export function slicesOf(made: MadeSeries, random: () => number): Buffer[] {
  const { number, description, slices, columns, rows } = made;
  const study = made.study ?? { number: 0, patient: "ONDES^GRISES", description: "Ondes" };
  const uid = (...parts: number[]) => `2.25.7311009${[number, ...parts].map((part) => `.${part}`).join("")}`;
  const series = uid(0);
  return Array.from({ length: slices }, (_, slice) => {
    const values = new Int16Array(columns * rows).map((_, at) => {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      const waves = Math.sin(x / (4 + number) + slice / 2) * Math.cos(y / 9 - slice / 3);
      return Math.round(300 * waves + 4 * (x - columns / 2) + 60 * (random() - 0.5));
    });
    const set = [
      text(0x0008, 0x0005, "CS", "ISO_IR 192"),
      text(0x0008, 0x0016, "UI", CT_STORAGE),
      text(0x0008, 0x0018, "UI", uid(1, slice + 1)),
      text(0x0008, 0x0020, "DA", "20261120"),
      text(0x0008, 0x0060, "CS", "CT"),
      text(0x0008, 0x1030, "LO", study.description),
      text(0x0008, 0x103e, "LO", description),
      text(0x0010, 0x0010, "PN", study.patient),
      text(0x0010, 0x0020, "LO", "ONDES"),
      text(0x0020, 0x000d, "UI", study.number === 0 ? "2.25.7311009" : `2.25.7311008.${study.number}`),
      text(0x0020, 0x000e, "UI", series),
      text(0x0020, 0x0011, "IS", String(number)),
      text(0x0020, 0x0013, "IS", String(slice + 1)),
      text(0x0020, 0x0032, "DS", `0\\0\\${slice * 4}`),
      text(0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0"),
      text(0x0020, 0x0052, "UI", "2.25.7311009.1"),
      short(0x0028, 0x0002, 1),
      text(0x0028, 0x0004, "CS", "MONOCHROME2"),
      short(0x0028, 0x0010, rows),
      short(0x0028, 0x0011, columns),
      text(0x0028, 0x0030, "DS", "0.8\\0.8"),
      short(0x0028, 0x0100, 16),
      short(0x0028, 0x0101, 16),
      short(0x0028, 0x0102, 15),
      short(0x0028, 0x0103, 1),
      text(0x0028, 0x1050, "DS", "40"),
      text(0x0028, 0x1051, "DS", "700"),
      text(0x0028, 0x1052, "DS", "0"),
      text(0x0028, 0x1053, "DS", "1"),
      text(0x0028, 0x1054, "LO", "HU"),
      element(0x7fe0, 0x0010, "OW", Buffer.from(values.buffer)),
    ];
    const meta = Buffer.concat([
      element(0x0002, 0x0001, "OB", Buffer.from([0, 1])),
      text(0x0002, 0x0002, "UI", CT_STORAGE),
      text(0x0002, 0x0003, "UI", uid(1, slice + 1)),
      text(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1"),
      text(0x0002, 0x0012, "UI", "2.25.7311009.2"),
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(meta.length);
    return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), element(0x0002, 0x0000, "UL", length), meta, ...set]);
  });
}

const CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2";

const text = (group: number, number: number, kind: string, value: string) => {
  const bytes = Buffer.from(value, "utf8");
  const padding = bytes.length % 2 === 0 ? "" : kind === "UI" ? "\0" : " ";
  return element(group, number, kind, Buffer.concat([bytes, Buffer.from(padding)]));
};

const short = (group: number, number: number, value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return element(group, number, "US", bytes);
};

function element(group: number, number: number, kind: string, value: Buffer): Buffer {
  const isLong = kind === "OB" || kind === "OW";
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(kind, 4, "latin1");
  if (isLong) head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}
