/** Up to this size, in bytes, the browser's own code takes a file as a whole; it knows no other way. */
const WHOLE_BYTES = 32 << 20;
/** Larger ones go through in pieces of this size, in bytes. */
const PIECE_BYTES = 4 << 20;

/** SHA-256 of a file, hexadecimal. `onPart` is told how far it is, 0 to 1. Throws when the file cannot be read any more. */
export async function sha256Of(
  file: Blob,
  onPart: (part: number) => void,
  signal: AbortSignal,
  wholeBytes = WHOLE_BYTES,
): Promise<string> {
  // Pages without TLS have no `subtle`.
  if (file.size <= wholeBytes && globalThis.crypto?.subtle)
    return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())));
  const { sha256 } = await import("@noble/hashes/sha2.js");
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    signal.throwIfAborted();
    hash.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
    onPart(Math.min(1, (at + PIECE_BYTES) / file.size));
  }
  return hexOf(hash.digest());
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
