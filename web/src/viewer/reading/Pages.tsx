import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { openPdf, type Pdf, PdfFault } from "./pdf";
import { t } from "./reading.words";

/** At size 1 a page is as wide as there is room, but no wider than this. */
const WIDTH_MAX = 900;
const MARGIN = 16;

export interface PagesProps {
  bytes: Uint8Array;
  size: number;
  /** What scrolls around the pages. */
  box: { current: HTMLElement | null };
}

/** The pages of a PDF, one under the other. Those near the view are drawn. */
export function Pages({ bytes, size, box }: PagesProps) {
  const pdf = useSignal<Pdf | undefined>(undefined);
  const fault = useSignal<"damaged" | "locked" | undefined>(undefined);
  const room = useSignal(0);

  useEffect(() => {
    let isGone = false;
    pdf.value = undefined;
    fault.value = undefined;
    openPdf(bytes).then(
      (opened) => {
        if (isGone) opened.close();
        else pdf.value = opened;
      },
      (cause: unknown) => {
        if (!isGone) fault.value = cause instanceof PdfFault ? cause.why : "damaged";
      },
    );
    return () => {
      isGone = true;
      pdf.peek()?.close();
    };
  }, [bytes]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      room.value = element.clientWidth;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);

  const width = Math.round(Math.max(120, Math.min(WIDTH_MAX, room.value - 2 * MARGIN)) * size);
  const opened = pdf.value;

  if (fault.value)
    return (
      <p class="reading-fault" role="alert">
        {t(fault.value === "locked" ? "lockedPdf" : "damagedPdf")}
      </p>
    );
  if (!opened)
    return (
      <p class="reading-fault" role="status">
        {t("opening")}
      </p>
    );
  return (
    <div class="reading-pages" style={{ width: `${width}px` }}>
      {opened.sizes.map((page, index) => (
        <Page
          key={index}
          pdf={opened}
          number={index + 1}
          width={width}
          height={Math.round((width * page.height) / page.width)}
          box={box}
        />
      ))}
      {opened.count > opened.sizes.length && <p>{t("morePages", { count: opened.sizes.length })}</p>}
    </div>
  );
}

interface PageProps {
  pdf: Pdf;
  number: number;
  width: number;
  height: number;
  box: { current: HTMLElement | null };
}

function Page({ pdf, number, width, height, box }: PageProps) {
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const isNear = useSignal(false);
  const words = useSignal<string | undefined>(undefined);
  const hasFailed = useSignal(false);
  const count = pdf.count;

  useEffect(() => {
    const element = figure.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry) isNear.value = entry.isIntersecting;
      },
      { root: box.current, rootMargin: "100% 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  const near = isNear.value;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    if (!near) {
      // Lets go of the pixels: a phone has little memory for them.
      element.width = 0;
      element.height = 0;
      return;
    }
    const controller = new AbortController();
    hasFailed.value = false;
    pdf.draw(number, element, width, controller.signal).then(
      (text) => {
        words.value = text.trim();
      },
      () => {
        if (!controller.signal.aborted) hasFailed.value = true;
      },
    );
    return () => controller.abort();
  }, [pdf, number, near, width]);

  return (
    <figure ref={figure} class="reading-page" style={{ height: `${height}px` }}>
      <canvas ref={canvas} />
      <figcaption class="spoken">
        {words.value === "" ? t("noText", { n: number, count }) : t("page", { n: number, count })}
        {words.value}
      </figcaption>
      {hasFailed.value && <p role="alert">{t("pageFailed", { n: number })}</p>}
    </figure>
  );
}
