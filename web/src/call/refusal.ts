/** Every browser on iPhones and iPads, which are all of one make inside; and Safari on a Mac, as which iPads give themselves out. */
const KEEPS = /iPhone|iPad|iPod|Macintosh.*Version\/[\d.]+ (?:Mobile\/\w+ )?Safari\//;

/**
 * Whether the browser keeps a refusal of camera and microphone until the page is loaded again. It has no sign beside the address to
 * take the refusal back by, and asking once more does nothing.
 */
export const keepsRefusal = (agent = navigator.userAgent): boolean => KEEPS.test(agent);
