import type { Problem, ProblemCode, Receipt } from "./protocol";

export interface SendOptions {
  /** Told how much has gone, 0 to 1. */
  onPart(part: number): void;
  signal: AbortSignal;
  /** For guests: proof of their link. */
  authorization?: string;
  /** What the file is called: beside the address, which ends up in logs. */
  fileName?: string;
}

/** Sends one file, by XMLHttpRequest, which tells the progress of what is sent. Rejects with a `ProblemCode`. */
export function sendFile<T = Receipt>(
  address: string,
  file: Blob,
  { onPart, signal, authorization, fileName }: SendOptions,
): Promise<T> {
  return new Promise((resolve, reject: (code: ProblemCode) => void) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("content-type", "application/octet-stream");
    if (authorization !== undefined) request.setRequestHeader("authorization", authorization);
    if (fileName !== undefined) request.setRequestHeader("x-file-name", encodeURIComponent(fileName));
    request.upload.onprogress = (event) => onPart(event.total === 0 ? 1 : event.loaded / event.total);
    request.onerror = request.ontimeout = request.onabort = () => reject("unavailable");
    request.onload = () => {
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = undefined;
      }
      if (request.status >= 200 && request.status < 300 && body) resolve(body as T);
      else
        reject((body as Partial<Problem> | undefined)?.code ?? (request.status === 413 ? "too_large" : "unavailable"));
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
