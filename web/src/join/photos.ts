import type { Receipt } from "../protocol";
import { sendFile } from "../sending";
import type { Wire } from "../wire";

/** As much as the gateway takes of a photograph, in bytes. */
export const PHOTO_MAX = 20 * 1024 * 1024;
/** The longer side of a photograph that has to be drawn anew, in pixels. */
const DRAWN_MAX = 4_096;
const JPEG_QUALITY = 0.92;

/** A photograph as the gateway takes it: JPEG or PNG, and not too large. Others, as some phones write them, are drawn anew. */
export async function prepared(file: Blob): Promise<Blob> {
  if ((file.type === "image/jpeg" || file.type === "image/png") && file.size <= PHOTO_MAX) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, DRAWN_MAX / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    return drawn ?? file;
  } catch {
    // What this browser cannot read the gateway may, or says why not.
    return file;
  }
}

export interface Sending {
  wire: Wire;
  /** The secret of the person's link. */
  link: string;
  photo: Blob;
  /** What it is called in the list of studies. */
  name: string;
  onPart(part: number): void;
  signal: AbortSignal;
}

/** Brings a photograph to the studies of the appointment. Rejects with a `ProblemCode`. */
export function sendPhoto({ wire, link, photo, name, onPart, signal }: Sending): Promise<Receipt> {
  const appointment = encodeURIComponent(wire.welcome.peek()?.appointment ?? "");
  const ending = photo.type === "image/png" ? "png" : "jpg";
  const address = `/api/appointments/${appointment}/studies?name=${encodeURIComponent(`${name}.${ending}`)}`;
  return sendFile(address, photo, { onPart, signal, authorization: `Link ${link}` });
}
