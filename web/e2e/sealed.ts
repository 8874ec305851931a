import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A data key of the database: its row, and how it is wrapped. */
export interface KeyRow {
  /** The 16 bytes of its identifier, in hexadecimal. */
  id: string;
  wrapped: string;
}

const bytesOf = (uuid: string) => Buffer.from(uuid.replaceAll("-", ""), "hex");

const dashed = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/** A key for one purpose, as src/sealing/data_key.rs derives it. */
function derived(key: Buffer, purpose: readonly Buffer[]): Buffer {
  const hmac = createHmac("sha256", key);
  for (const part of purpose) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(part.length));
    hmac.update(length).update(part);
  }
  return hmac.digest();
}

/** The data key of a row, with the first master key of the gateway's folder. */
function unwrapped(data: string, { id, wrapped }: KeyRow): Buffer {
  const [line = ""] = readFileSync(join(data, "master.key"), "utf8").split("\n");
  const bytes = Buffer.from(wrapped, "base64");
  const wrapping = derived(Buffer.from(line, "base64"), [Buffer.from("parvis wrap")]);
  const cipher = createDecipheriv("aes-256-gcm", wrapping, bytes.subarray(8, 20));
  cipher.setAAD(Buffer.from(`rows ${dashed(id)}`)).setAuthTag(bytes.subarray(52));
  return Buffer.concat([cipher.update(bytes.subarray(20, 52)), cipher.final()]);
}

/** Seals a text for a column of a row, as the gateway would have: src/sealing/value.rs. `row` is its identifier in hexadecimal. */
export function sealed(data: string, key: KeyRow, table: string, column: string, row: string, text: string): string {
  const place = [table, column].map((name) => Buffer.from(name));
  const own = derived(unwrapped(data, key), [Buffer.from("parvis value"), ...place, bytesOf(row)]);
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", own, nonce);
  cipher.setAAD(Buffer.concat([Buffer.from(`${table}|${column}|`), bytesOf(row)]));
  const bytes = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `p1.${key.id.slice(0, 8)}.${bytes.toString("base64url")}`;
}
