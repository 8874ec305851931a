import { type Signal, signal } from "@preact/signals";
import type { KeyImageState, ProblemCode } from "../protocol";
import { Rejected, type Wire } from "../wire";
import { viewingOf } from "./viewing";

/** What has just become of an image that was to be kept. */
export type KeepNews =
  | { what: "keeping" | "kept" }
  /** There is no picture to keep. */
  | { what: "nothing" }
  | { what: "refused"; code: ProblemCode };

/** How long that is news. */
const NEWS_MS = 6_000;

/** The images that were kept from a viewing, and the keeping of another. */
export class KeyImages {
  /** Oldest first; absent until the gateway has told them. */
  readonly items: Signal<readonly KeyImageState[] | undefined> = signal(undefined);
  readonly news: Signal<KeepNews | undefined> = signal(undefined);
  /** Captions that are being written, by image: they outlive the list in which they stand. */
  readonly drafts = new Map<string, string>();
  #wire: Wire;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isKeeping = false;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.on("key_images", ({ images }) => {
      this.items.value = images;
    });
  }

  /** Keeps what a viewport shows, as it is shown. One at a time: a key that is pressed twice means one image. */
  async keep(viewport: number): Promise<void> {
    if (this.#isKeeping) return;
    if (viewingOf(this.#wire).seen.peek()?.viewports[viewport]?.content !== "pictures") {
      this.#tell({ what: "nothing" });
      return;
    }
    this.#isKeeping = true;
    this.#tell({ what: "keeping" });
    try {
      await this.#wire.request({ type: "keep_image", viewport, caption: "" });
      this.#tell({ what: "kept" });
    } catch (cause) {
      this.#tell({ what: "refused", code: cause instanceof Rejected ? cause.code : "internal" });
    } finally {
      this.#isKeeping = false;
    }
  }

  /** @throws Rejected when the gateway does not take it. */
  async caption(image: string, caption: string): Promise<void> {
    await this.#wire.request({ type: "caption_image", image, caption });
  }

  /** @throws Rejected when the gateway does not remove it. */
  async remove(image: string): Promise<void> {
    await this.#wire.request({ type: "remove_image", image });
  }

  #tell(news: KeepNews): void {
    this.news.value = news;
    clearTimeout(this.#timer);
    if (news.what === "keeping") return;
    this.#timer = setTimeout(() => {
      this.news.value = undefined;
    }, NEWS_MS);
  }
}

const known = new WeakMap<Wire, KeyImages>();

/** The key images of a connection. Ask for them as soon as there is a wire: the gateway tells them once. */
export function keyImagesOf(wire: Wire): KeyImages {
  const images = known.get(wire) ?? new KeyImages(wire);
  known.set(wire, images);
  return images;
}
