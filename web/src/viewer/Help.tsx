import { useEffect, useRef } from "preact/hooks";
import type { Screen } from "./screen";
import { t } from "./tools.words";

/** What mouse, fingers and keys do. */
export function Help({ screen }: { screen: Screen }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = screen.isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = () => {
    screen.isHelpOpen.value = false;
  };
  const shift = t("shift");
  const keys: readonly (readonly [string, string])[] = [
    ["↑ ↓", t("keyScroll")],
    [t("pageKeys"), t("keyPage")],
    [t("endKeys"), t("keyEnds")],
    [`${shift} + ← → ↑ ↓`, t("keyPan")],
    ["+ − =", t("keyZoom")],
    ["B D", t("keyBright")],
    ["N W", t("keyContrast")],
    ["1 – 9", t("keyPresets")],
    [`T, ${shift} + T`, t("keyTurn")],
    ["F", t("keyFlip")],
    ["I", t("keyInvert")],
    ["O S", t("keyLayers")],
    [t("space"), t("keyPlay")],
    ["< >", t("keySpeed")],
    ["R", t("keyReset")],
    ["P", t("keyPoint")],
    ["?", t("keyHelp")],
  ];
  return (
    <dialog ref={dialog} class="viewer-help" aria-labelledby="viewer-help-title" onClose={close}>
      <h2 id="viewer-help-title">{t("helpTitle")}</h2>
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
      <h3>{t("keys")}</h3>
      <dl>
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button primary" onClick={close}>
        {t("close")}
      </button>
    </dialog>
  );
}
