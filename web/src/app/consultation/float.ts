/** A window above all others that holds a document (Document Picture-in-Picture), where the browser has it. */
interface DocumentWindows {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}
declare global {
  var documentPictureInPicture: DocumentWindows | undefined;
}

/**
 * How a person's picture stays above other windows: by the browser's picture-in-picture of videos, by one of documents, or `by_hand`
 * where the browser shows a button of its own on every video (Firefox).
 */
export type Floating = "video" | "document" | "by_hand";

export function floating(agent = navigator.userAgent): Floating | undefined {
  if (document.pictureInPictureEnabled) return "video";
  if (globalThis.documentPictureInPicture) return "document";
  return /Firefox\//.test(agent) ? "by_hand" : undefined;
}

/** Takes a picture out of the page. Call it from a click. Throws where the browser refuses. */
export async function float(video: HTMLVideoElement, name: string): Promise<void> {
  if (document.pictureInPictureEnabled) {
    await video.requestPictureInPicture();
    return;
  }
  const { videoWidth: width, videoHeight: height } = video;
  const frame = await globalThis.documentPictureInPicture?.requestWindow({
    width: WIDTH,
    height: width > 0 ? Math.round((WIDTH * height) / width) : Math.round((WIDTH * 3) / 4),
  });
  if (!frame) return;
  const page = frame.document;
  page.title = name;
  page.documentElement.lang = document.documentElement.lang;
  Object.assign(page.body.style, { margin: "0", height: "100vh", background: "#000000" });
  const copy = page.createElement("video");
  copy.muted = copy.autoplay = copy.playsInline = true;
  copy.setAttribute("aria-label", name);
  Object.assign(copy.style, { display: "block", width: "100%", height: "100%", objectFit: "contain" });
  // Another person may take the large place, or another camera be chosen: the element stays and its stream changes.
  const follow = () => {
    copy.srcObject = video.srcObject;
  };
  follow();
  video.addEventListener("loadedmetadata", follow);
  frame.addEventListener("pagehide", () => {
    video.removeEventListener("loadedmetadata", follow);
    copy.srcObject = null;
  });
  page.body.append(copy);
}

/** CSS pixels. */
const WIDTH = 400;
