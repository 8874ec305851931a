import { ApiProblem, call } from "../api";
import type { ProblemCode, SharedFile } from "../protocol";
import { sendFile } from "../sending";
import type { Wire } from "../wire";

/** How this person's files go over HTTP: staff are known by their cookie, guests by the secret of their link. */
export class Files {
  #wire: Wire;
  #link: string | undefined;

  constructor(wire: Wire, link: string | undefined) {
    this.#wire = wire;
    this.#link = link;
  }

  /**
   * Hands a file to everybody in the consultation.
   *
   * @throws ApiProblem when the gateway does not take it.
   */
  async send(file: File, options: { onPart?(part: number): void; signal?: AbortSignal } = {}): Promise<void> {
    const query = new URLSearchParams({ name: file.name, type: file.type || "application/octet-stream" });
    const { onPart = () => undefined, signal = new AbortController().signal } = options;
    try {
      await sendFile<SharedFile>(`${this.#address()}?${query}`, file, { onPart, signal, ...this.#proof() });
    } catch (code) {
      throw new ApiProblem(code as ProblemCode, 0, "a file was not handed over");
    }
  }

  /**
   * Fetches a file and gives it to the browser as a download: its own address would need the secret in it.
   *
   * @throws ApiProblem when it is not there any more.
   */
  async save(id: string, name: string): Promise<void> {
    const bytes = await call<Blob>("GET", `${this.#address()}/${encodeURIComponent(id)}`, {
      timeoutMs: 0,
      isBlob: true,
      ...this.#proof(),
    });
    offer(bytes, name);
  }

  #address(): string {
    return `/api/appointments/${encodeURIComponent(this.#wire.welcome.peek()?.appointment ?? "")}/files`;
  }

  #proof(): { authorization?: string } {
    return this.#link === undefined ? {} : { authorization: `Link ${this.#link}` };
  }
}

/** Lets the browser save bytes under a name. */
export function offer(bytes: Blob, name: string): void {
  const address = URL.createObjectURL(bytes);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  // Safari reads the address after the click has been answered.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
