import type { Visit } from "./visit";
import { t } from "./words";

/** The way to the page that sends documents and images before the visit, through the second door where there is one. */
export function SendFiles({ visit }: { visit: Visit }) {
  return (
    <button type="button" class="button wide" onClick={() => visit.sendFiles()}>
      {t("door.sendFiles")}
    </button>
  );
}
