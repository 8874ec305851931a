import alert from "icon:circle-alert";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "../../ui/icon";
import { codeOf, sentenceOf, t } from "../words";

interface DialogProps {
  title: string;
  isWide?: boolean;
  onClose(): void;
  children: ComponentChildren;
}

/** A native modal dialog that is open for as long as it is there. Escape closes it. */
export function Dialog({ title, isWide, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isWide ? "wide" : ""}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  meaning: string;
  confirm: string;
  keep: string;
  isDanger?: boolean;
  /** What is asked besides. */
  children?: ComponentChildren;
  /** What happens on yes; the dialog stays with a sentence when it throws. */
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({
  title,
  meaning,
  confirm,
  keep,
  isDanger = true,
  children,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const act = async () => {
    fault.value = "";
    isBusy.value = true;
    try {
      await onConfirm();
      onClose();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      isBusy.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{meaning}</p>
      {children}
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {keep}
        </button>
        <button
          type="button"
          class={`button ${isDanger ? "danger" : "primary"}`}
          disabled={isBusy.value}
          onClick={() => void act()}
        >
          {confirm}
        </button>
      </div>
    </Dialog>
  );
}

/** A sentence about something that went wrong; nothing while the text is empty. */
export function Fault({ text, onRetry }: { text: string; onRetry?: () => void }) {
  return (
    <div role="alert">
      {text !== "" && (
        <div class="notice danger">
          <Icon of={alert} />
          <p>{text}</p>
          {onRetry && (
            <button type="button" class="button" onClick={onRetry}>
              {t("app.retry")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
