import pointer from "icon:mouse-pointer-2";
import magnify from "icon:search";
import sharp from "icon:sparkles";
import stronger from "icon:zoom-in";
import weaker from "icon:zoom-out";
import { Icon } from "../ui/icon";
import { ZOOM_STEP } from "./actions";
import type { Screens } from "./screens";
import { anyOf } from "./viewing";
import { t } from "./words";

/** What everybody may do with the pictures: point, magnify, and ask for the exact one on a slow line. */
export function Hands({ screens, mayPoint }: { screens: Screens; mayPoint: boolean }) {
  const hasPicture = anyOf(screens.viewing.seen.value)?.content === "pictures";
  const reduced = screens.all.find((screen) => screen.isReduced.value);
  if (!hasPicture) return null;
  const tool = screens.tool.value;
  const toggle = (which: "point" | "magnify") => screens.setTool(tool === which ? undefined : which);
  return (
    <>
      {mayPoint && (
        <button type="button" class="button" aria-pressed={tool === "point"} onClick={() => toggle("point")}>
          <Icon of={pointer} />
          <span>{t("point")}</span>
        </button>
      )}
      <button type="button" class="button" aria-pressed={tool === "magnify"} onClick={() => toggle("magnify")}>
        <Icon of={magnify} />
        <span>{t("magnify")}</span>
      </button>
      {tool === "magnify" &&
        (
          [
            [weaker, t("magnifyLess"), 1 / ZOOM_STEP],
            [stronger, t("magnifyMore"), ZOOM_STEP],
          ] as const
        ).map(([icon, word, by]) => (
          <button
            key={word}
            type="button"
            class="button viewer-icon"
            aria-label={word}
            title={word}
            onClick={() => screens.magnifier.zoomBy(by)}
          >
            <Icon of={icon} />
          </button>
        ))}
      {reduced && (
        <button type="button" class="button" onClick={() => reduced.wantFullQuality()}>
          <Icon of={sharp} />
          <span>{t("fullQuality")}</span>
        </button>
      )}
    </>
  );
}
