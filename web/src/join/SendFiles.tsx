import { t } from "./words";

/** The way to the page that sends documents and images before the visit; its secret stays behind `#`. */
export function SendFiles({ link }: { link: string | undefined }) {
  if (link === undefined) return null;
  return (
    <a class="button wide" href={`/upload#${link}`}>
      {t("door.sendFiles")}
    </a>
  );
}
