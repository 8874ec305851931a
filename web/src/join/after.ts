import { type Signal, signal } from "@preact/signals";
import { call, look } from "../api";
import { offer } from "../call/files";
import type {
  AfterDocument,
  AfterState,
  OwnTrail,
  PatientSignIn,
  PatientSignInEnd,
  ProblemCode,
  SignedOut,
} from "../protocol";
import { t } from "./after.words";
import { takeSignInEnd } from "./signed-in";
import { codeOf } from "./words";

const LOOK_AGAIN_MS = 3_000;

/** What is left of a visit for somebody with its link. */
export class Afterwards {
  readonly state: Signal<AfterState | undefined> = signal(undefined);
  /** The link leads to nothing any more: then nothing is shown. */
  readonly isNothing: Signal<boolean> = signal(false);
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  /** How a sign-in ended from which the browser has just come back. */
  readonly cameBack: PatientSignInEnd | undefined = takeSignInEnd();
  readonly #link: string;
  readonly #back: () => void;
  #aheadMs = 0;
  #looking: ReturnType<typeof setInterval> | undefined;

  /** `back` leads into the visit that was opened again. */
  constructor(link: string, back: () => void) {
    this.#link = link;
    this.#back = back;
  }

  /** Milliseconds by the gateway's clock. */
  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  async open(): Promise<void> {
    this.problem.value = undefined;
    try {
      this.#take(await this.#ask(""));
    } catch (cause) {
      const code = codeOf(cause);
      // Whatever the door says stands on the page already.
      if (code === "unavailable") this.problem.value = code;
      else this.isNothing.value = true;
    }
  }

  /** Staff are told that this person wants back in; they come back by themselves when it is open. */
  async askBack(): Promise<void> {
    this.#take(await this.#ask("/ask-back"));
  }

  async rate(score: number, words: string): Promise<void> {
    this.#take(await this.#ask("/rating", { score, words }));
  }

  /** Fetches a document and gives it to the browser as a download. */
  async take(document: AfterDocument): Promise<void> {
    const address = `/api/guest/after/documents/${encodeURIComponent(document.document)}`;
    const bytes = await call<Blob>("POST", address, { isBlob: true, timeoutMs: 60_000, ...this.#proof() });
    offer(bytes, document.kind === "file" ? document.name : t(`file.${document.kind}`));
  }

  /** Who has seen the data of this visit. */
  async access(): Promise<OwnTrail> {
    return await call("POST", "/api/guest/after/access", this.#proof());
  }

  /** Away to a provider at which the patient proves who they are; the browser comes back to this page. */
  async signIn(provider: string): Promise<void> {
    const { next } = await call<PatientSignIn>("POST", "/api/guest/after/sign-in", {
      json: { provider },
      ...this.#proof(),
    });
    location.assign(next);
  }

  async signOut(): Promise<void> {
    const { next } = await call<SignedOut>("POST", "/api/guest/after/sign-out", this.#proof());
    location.assign(next);
  }

  close(): void {
    clearInterval(this.#looking);
  }

  #take(state: AfterState): void {
    this.#aheadMs = Date.parse(state.now) - Date.now();
    this.state.value = state;
    this.#look();
  }

  /** For as long as staff may open it again, the door is looked at now and then. */
  #look(): void {
    if (this.#looking !== undefined) return;
    this.#looking = setInterval(() => {
      const until = Date.parse(this.state.peek()?.reopensUntil ?? "");
      if (!(this.nowMs() < until)) {
        clearInterval(this.#looking);
        return;
      }
      look(this.#link).then(
        ({ door }) => {
          if (door !== "open") return;
          this.close();
          this.#back();
        },
        (cause) => console.info("could not look at the door", codeOf(cause)),
      );
    }, LOOK_AGAIN_MS);
  }

  #ask(end: string, json?: unknown): Promise<AfterState> {
    return call("POST", `/api/guest/after${end}`, { ...(json !== undefined && { json }), ...this.#proof() });
  }

  #proof() {
    return { authorization: `Link ${this.#link}` };
  }
}
