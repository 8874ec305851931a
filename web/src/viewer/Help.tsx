import keyboard from "icon:keyboard";
import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon";
import { Shortcuts } from "./Shortcuts";
import type { Screens } from "./screens";
import { ACTIONS, type Action, shortcuts } from "./shortcuts";
import { actionInWords, keyInWords, t as tk } from "./shortcuts.words";
import { t } from "./tools.words";

/** What mouse, fingers and keys do, and the way to other keys. */
export function Help({ screens }: { screens: Pick<Screens, "isHelpOpen"> }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isChanging = useSignal(false);
  const isOpen = screens.isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = () => {
    screens.isHelpOpen.value = false;
    isChanging.value = false;
  };
  return (
    <dialog ref={dialog} class="viewer-help" aria-labelledby="viewer-help-title" onClose={close}>
      <h2 id="viewer-help-title" tabIndex={-1}>
        {isChanging.value ? tk("title") : t("helpTitle")}
      </h2>
      {isChanging.value ? (
        <Shortcuts />
      ) : (
        <>
          <h3>{t("mouse")}</h3>
          <ul>
            <li>{t("mouseWindow")}</li>
            <li>{t("mouseZoom")}</li>
            <li>{t("mousePan")}</li>
            <li>{t("mouseScroll")}</li>
          </ul>
          <h3>{t("touch")}</h3>
          <ul>
            <li>{t("touchScroll")}</li>
            <li>{t("touchPinch")}</li>
            <li>{t("touchPoint")}</li>
          </ul>
          <p>{t("dragHint")}</p>
          <h3>{t("keys")}</h3>
          <dl>
            {ROWS.map((row) => (
              <Row key={row} action={row} />
            ))}
          </dl>
        </>
      )}
      <div class="actions">
        <button
          type="button"
          class="button"
          onClick={() => {
            isChanging.value = !isChanging.value;
          }}
        >
          <Icon of={keyboard} />
          <span>{isChanging.value ? tk("back") : tk("change")}</span>
        </button>
        <button type="button" class="button primary" onClick={close}>
          {t("close")}
        </button>
      </div>
    </dialog>
  );
}

/** One line for all windows of the list, as long as they have the keys 1 to 9. */
const ROWS: readonly Action[] = ACTIONS.filter((action) => !/^preset\.[2-9]$/.test(action));

function Row({ action }: { action: Action }) {
  const { keys, isOn } = shortcuts.value;
  const usable = (each: Action) => keys[each].filter((key) => isOn || key.replace(/^Shift\+/, "").length > 1);
  const isPresets = action === "preset.1";
  const names = isPresets
    ? ACTIONS.filter((each) => each.startsWith("preset.")).flatMap((each) => usable(each).slice(0, 1))
    : usable(action);
  return (
    <div>
      <dt>
        {names.length === 0 && <span class="muted">{tk("noKey")}</span>}
        {names.map((name, index) => (
          <Fragment key={name}>
            {index > 0 && (isPresets ? " " : ` ${tk("or")} `)}
            <kbd>{keyInWords(name)}</kbd>
          </Fragment>
        ))}
      </dt>
      <dd>{isPresets ? tk("presets") : actionInWords(action)}</dd>
    </div>
  );
}
