import plus from "icon:plus";
import alert from "icon:triangle-alert";
import remove from "icon:x";
import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Icon } from "../ui/icon";
import {
  ACTIONS,
  type Action,
  chooseShortcuts,
  conflictsOf,
  nameOf,
  OHIF,
  PARVIS,
  schemeOf,
  shortcuts,
  withKey,
  withoutKey,
} from "./shortcuts";
import { actionInWords, keyInWords, t } from "./shortcuts.words";

/** Which key does what, to be changed: a set of keys, single keys, and none that write signs. */
export function Shortcuts() {
  const { keys, isOn } = shortcuts.value;
  const scheme = schemeOf(keys);
  const said = useSignal("");
  const asked = useSignal<Action | undefined>(undefined);
  const conflicts = conflictsOf(keys);
  return (
    <div class="shortcuts">
      <label class="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => chooseShortcuts({ keys, isOn: event.currentTarget.checked })}
        />
        {t("isOn")}
      </label>
      <p class="muted">{t("isOnHint")}</p>
      <div class="field">
        <label for="shortcut-scheme">{t("scheme")}</label>
        <select
          id="shortcut-scheme"
          value={scheme ?? "own"}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            if (chosen !== "own") chooseShortcuts({ keys: chosen === "ohif" ? OHIF : PARVIS, isOn });
          }}
        >
          <option value="parvis">{t("schemeParvis")}</option>
          <option value="ohif">{t("schemeOhif")}</option>
          {scheme === undefined && <option value="own">{t("schemeOwn")}</option>}
        </select>
      </div>
      <p class="spoken" role="status">
        {said.value}
      </p>
      <ul>
        {ACTIONS.map((action) => (
          <li key={action}>
            <p>{actionInWords(action)}</p>
            <div class="shortcut-keys">
              {keys[action].map((key) => (
                <button
                  key={key}
                  type="button"
                  class="button"
                  aria-label={t("remove", { key: keyInWords(key), action: actionInWords(action) })}
                  onClick={(event) => {
                    // This button goes; the focus stays in its line.
                    event.currentTarget.parentElement?.querySelector<HTMLElement>(".shortcut-add")?.focus();
                    chooseShortcuts({ keys: withoutKey(keys, action, key), isOn });
                    said.value = t("removed", { key: keyInWords(key) });
                  }}
                >
                  <kbd>{keyInWords(key)}</kbd>
                  <Icon of={remove} />
                </button>
              ))}
              <Add action={action} asked={asked} said={said} />
            </div>
            {keys[action].map((key) => {
              const users = conflicts.get(key);
              if (!users) return null;
              const other = users
                .filter((each) => each !== action)
                .map(actionInWords)
                .join(", ");
              return (
                <p key={key} class="shortcut-conflict">
                  <Icon of={alert} />
                  {t(users[0] === action ? "conflictFirst" : "conflictLater", { key: keyInWords(key), other })}
                </p>
              );
            })}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface AddProps {
  action: Action;
  /** The action that waits for a key. */
  asked: Signal<Action | undefined>;
  said: Signal<string>;
}

/** Waits for one key after a press; Escape and another place give up. */
function Add({ action, asked, said }: AddProps) {
  const button = useRef<HTMLButtonElement>(null);
  /** The key that was taken is still down: should it be Space, it presses nothing when it comes up. */
  const hasTaken = useRef(false);
  const isAsked = asked.value === action;
  const giveUp = () => {
    if (asked.peek() === action) asked.value = undefined;
  };
  const take = (event: KeyboardEvent) => {
    if (!isAsked || event.key === "Tab") return;
    event.preventDefault();
    // The dialog would close with Escape.
    event.stopPropagation();
    if (event.key === "Escape") {
      giveUp();
      return;
    }
    if (["Shift", "Control", "Alt", "AltGraph", "Meta"].includes(event.key)) return;
    const isControl = event.ctrlKey || event.metaKey;
    // Only what is done to marks hears keys that are held with Ctrl: the rest is the browser's.
    const name =
      isControl && !action.startsWith("mark.")
        ? undefined
        : nameOf({ key: event.key, code: event.code, isShift: event.shiftKey, isControl });
    if (name === undefined) {
      said.value = t("untaken");
      return;
    }
    const { keys, isOn } = shortcuts.peek();
    chooseShortcuts({ keys: withKey(keys, action, name), isOn });
    said.value = t("added", { key: keyInWords(name), action: actionInWords(action) });
    asked.value = undefined;
    hasTaken.current = true;
  };
  return (
    <button
      type="button"
      ref={button}
      class="button shortcut-add"
      aria-pressed={isAsked}
      aria-label={t(isAsked ? "pressFor" : "addFor", { action: actionInWords(action) })}
      onClick={() => {
        asked.value = isAsked ? undefined : action;
        // Safari does not give the focus to a button that is pressed.
        button.current?.focus();
      }}
      onKeyDown={take}
      onKeyUp={(event) => {
        if (hasTaken.current) event.preventDefault();
        hasTaken.current = false;
      }}
      onBlur={giveUp}
    >
      <Icon of={plus} />
      <span>{isAsked ? t("press") : t("add")}</span>
    </button>
  );
}
