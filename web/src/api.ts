import type { HospitalFacts, Look, LookRequest, Me, Problem, ProblemCode } from "./protocol";

/** An answer of the gateway that is not a success, or no answer at all (`unavailable`, status 0). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  constructor(
    readonly code: ProblemCode,
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

const TIMEOUT_MS = 15_000;

export interface CallOptions {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: Blob;
  /** For guests: proof of their link. */
  authorization?: string;
  /** The answer is a file, whatever its type. */
  isBlob?: boolean;
  signal?: AbortSignal;
  /** 15 seconds unless told; 0 waits for as long as it takes (uploads). */
  timeoutMs?: number;
}

/**
 * One call of the HTTP interface. Gives the JSON body, or `undefined` where the answer has none.
 *
 * @throws ApiProblem when the gateway refuses or cannot be reached. An abort by the caller's own signal is thrown as it is.
 */
export async function call<T>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options: CallOptions = {},
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const controller = new AbortController();
  const timer = timeoutMs > 0 ? setTimeout(() => controller.abort(), timeoutMs) : undefined;
  const abort = () => controller.abort();
  options.signal?.addEventListener("abort", abort);
  const request: RequestInit = { method, credentials: "same-origin", cache: "no-store", signal: controller.signal };
  if (options.json !== undefined) {
    request.body = JSON.stringify(options.json);
    request.headers = { "content-type": "application/json" };
  } else if (options.body !== undefined) {
    request.body = options.body;
    request.headers = { "content-type": "application/octet-stream" };
  }
  if (options.authorization !== undefined)
    request.headers = { ...(request.headers as Record<string, string>), authorization: options.authorization };
  try {
    const answer = await fetch(path, request);
    if (!answer.ok) throw await problemOf(answer);
    if (options.isBlob) return (await answer.blob()) as T;
    if (answer.status === 204 || !(answer.headers.get("content-type") ?? "").includes("json")) return undefined as T;
    return (await answer.json()) as T;
  } catch (cause) {
    if (cause instanceof ApiProblem || options.signal?.aborted) throw cause;
    throw new ApiProblem(
      "unavailable",
      0,
      `${method} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", abort);
  }
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  try {
    const problem = (await answer.json()) as Partial<Problem>;
    if (typeof problem.code === "string") return new ApiProblem(problem.code, answer.status, problem.detail ?? "");
  } catch {
    // A proxy in between answers with a page of its own.
  }
  const code: ProblemCode =
    answer.status === 401
      ? "sign_in_needed"
      : answer.status === 404
        ? "not_found"
        : answer.status === 413
          ? "too_large"
          : "unavailable";
  return new ApiProblem(code, answer.status, `HTTP ${answer.status}`);
}

/** Name, telephone number, time zone and looks of the hospital; without signing in. Its colour is the page's from then on. */
export const hospital = async (): Promise<HospitalFacts> => {
  const facts = await call<HospitalFacts>("GET", "/api/hospital");
  const { style } = document.documentElement;
  if (facts.color) style.setProperty("--hospital", facts.color);
  if (facts.strongColor) style.setProperty("--hospital-strong", facts.strongColor);
  return facts;
};

/** What is behind a link. Changes nothing. */
export const look = (link: string): Promise<Look> =>
  call("POST", "/api/guest/look", { json: { link } satisfies LookRequest });

/** Who is signed in; `sign_in_needed` when nobody is. */
export const me = (): Promise<Me> => call("GET", "/api/me");
