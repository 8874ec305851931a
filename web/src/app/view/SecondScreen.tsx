import external from "icon:external-link";
import monitor from "icon:monitor";
import { Icon } from "../../ui/icon";
import type { SecondScreens } from "./beside";
import { t } from "./words";

/** Opens the images in a window of their own. */
export function SecondScreenButton({ screens }: { screens: SecondScreens }) {
  return (
    <button
      type="button"
      class="button room-second"
      title={t("openHint")}
      onClick={() => {
        // Two are all that there may be.
        if (screens.mayOpen.peek() && !screens.isOpen.peek()) screens.open();
        else if (!screens.toFront() && screens.mayOpen.peek()) screens.open();
      }}
    >
      <Icon of={monitor} />
      {screens.isOpen.value ? t("toFront") : t("open")}
    </button>
  );
}

/** Says where the images are, and what to do when the browser did not open the window. */
export function SecondScreenNotes({ screens }: { screens: SecondScreens }) {
  const isOpen = screens.isOpen.value;
  const isHereToo = screens.isHereToo.value;
  return (
    <div>
      <div role="status">
        {isOpen && (
          <p class="second-said">
            <Icon of={monitor} />
            <span>
              <strong>{t("elsewhere")}</strong>{" "}
              {screens.hasKeyboard.value ? t("keyboardThere") : isHereToo ? "" : t("elsewhereHint")}
            </span>
          </p>
        )}
      </div>
      {isOpen && (
        <div class="second-ways">
          <button
            type="button"
            class="button"
            aria-pressed={isHereToo}
            onClick={() => {
              screens.isHereToo.value = !isHereToo;
            }}
          >
            {t("hereToo")}
          </button>
          {screens.mayOpen.value && (
            <button type="button" class="button" onClick={() => screens.open()}>
              {t("another")}
            </button>
          )}
        </div>
      )}
      <div role="alert">
        {screens.isBlocked.value && (
          <div class="notice warn second-blocked">
            <p>
              <strong>{t("blocked")}</strong> {t("blockedHint")}
            </p>
            <a class="button primary" href={screens.address} target="_blank" rel="noopener opener">
              <Icon of={external} />
              {t("blockedLink")}
            </a>
            <button
              type="button"
              class="button"
              onClick={() => {
                screens.isBlocked.value = false;
              }}
            >
              {t("dismiss")}
            </button>
          </div>
        )}
      </div>
    </div>
  );
}
