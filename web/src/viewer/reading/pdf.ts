import { PDF_FILES } from "virtual:pdf-files";
import { AnnotationMode, getDocument, PDFWorker, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";
import workerUrl from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?worker&url";
import { workerAddress } from "./trusted";

/** More pages than anybody reads in a consultation. */
export const PAGES_MAX = 300;
/** A canvas of more pixels is refused by some phones. */
const CANVAS_PIXELS_MAX = 12_000_000;
/** An image within a page that has more pixels is left out. */
const IMAGE_PIXELS_MAX = 64_000_000;

/** Size of a page in its own points. */
export interface PageSize {
  width: number;
  height: number;
}

/** A PDF that is open. Pages count from 1. */
export interface Pdf {
  /** Of the pages that can be shown. */
  sizes: readonly PageSize[];
  /** How many there are in all. */
  count: number;
  /** Draws a page, `width` CSS pixels wide; stops when the signal says so. Gives the text of the page. */
  draw(page: number, canvas: HTMLCanvasElement, width: number, signal: AbortSignal): Promise<string>;
  close(): void;
}

export class PdfFault extends Error {
  override readonly name = "PdfFault";
  constructor(readonly why: "damaged" | "locked") {
    super(why);
  }
}

/**
 * Opens a PDF for looking at, and for nothing else: no scripts, no links, no forms to fill in, no fonts that the system would
 * parse, no code made from text, no WebAssembly; so it works under the strict policy of the page.
 *
 * @throws PdfFault when it cannot be read.
 */
export async function openPdf(bytes: Uint8Array): Promise<Pdf> {
  const port = new Worker(workerAddress(workerUrl), { type: "module" });
  const worker = PDFWorker.create({ port, verbosity: VerbosityLevel.ERRORS });
  const task = getDocument({
    // The worker takes the bytes away; ours are kept for another time.
    data: bytes.slice(),
    worker,
    verbosity: VerbosityLevel.ERRORS,
    isEvalSupported: false,
    useWasm: false,
    wasmUrl: PDF_FILES,
    standardFontDataUrl: PDF_FILES,
    useWorkerFetch: true,
    disableFontFace: true,
    useSystemFonts: false,
    fontExtraProperties: false,
    enableXfa: false,
    maxImageSize: IMAGE_PIXELS_MAX,
  });
  const close = () => {
    void task.destroy().finally(() => {
      worker.destroy();
      port.terminate();
    });
  };
  try {
    const pdf = await task.promise;
    const sizes: PageSize[] = [];
    for (let page = 1; page <= Math.min(pdf.numPages, PAGES_MAX); page += 1) {
      const { width, height } = (await pdf.getPage(page)).getViewport({ scale: 1 });
      sizes.push({ width, height });
    }
    return {
      sizes,
      count: pdf.numPages,
      close,
      async draw(number, canvas, width, signal) {
        const page = await pdf.getPage(number);
        signal.throwIfAborted();
        const points = page.getViewport({ scale: 1 });
        const wanted = (width * Math.min(2, devicePixelRatio || 1)) / points.width;
        const most = Math.sqrt(CANVAS_PIXELS_MAX / (points.width * points.height));
        const viewport = page.getViewport({ scale: Math.min(wanted, most) });
        canvas.width = Math.max(1, Math.floor(viewport.width));
        canvas.height = Math.max(1, Math.floor(viewport.height));
        // Filled-in fields and stamps belong to what is seen; nothing of them can be used.
        const drawing = page.render({ canvas, viewport, annotationMode: AnnotationMode.ENABLE });
        const stop = () => drawing.cancel();
        signal.addEventListener("abort", stop);
        try {
          await drawing.promise;
        } finally {
          signal.removeEventListener("abort", stop);
        }
        const { items } = await page.getTextContent();
        return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
      },
    };
  } catch (cause) {
    close();
    console.info("a PDF cannot be opened", cause);
    throw new PdfFault(cause instanceof Error && cause.name === "PasswordException" ? "locked" : "damaged");
  }
}
