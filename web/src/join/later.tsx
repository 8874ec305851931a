import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Call } from "../call/call";
import type { Wire } from "../wire";
import type { Visit } from "./visit";
import { t } from "./words";

interface CallProps {
  visit: Visit;
  call: Call;
  wire: Wire;
}

const page: Signal<ComponentType<CallProps> | undefined> = signal(undefined);
const hasFailed = signal(false);

/** Fetches the page of the call ahead of time: somebody who only looks at the door does not need it. */
export async function loadCall(): Promise<void> {
  if (page.peek()) return;
  try {
    const loaded = (await import("./InCall")).InCall;
    page.value = loaded;
    hasFailed.value = false;
  } catch (cause) {
    console.info("the page of the call has not come", cause);
    hasFailed.value = true;
  }
}

/** The call, or a sentence for as long as its page has not come. */
export function CallPage(props: CallProps) {
  useEffect(() => void loadCall(), []);
  const Loaded = page.value;
  if (Loaded) return <Loaded {...props} />;
  return (
    <div class="call" data-ground="dark">
      <main class="stage">
        <div class="stage-empty">
          <p role="status">{hasFailed.value ? t("call.pageFailed") : t("call.entering")}</p>
          {hasFailed.value && (
            <button type="button" class="button primary" onClick={() => void loadCall()}>
              {t("retry")}
            </button>
          )}
        </div>
      </main>
    </div>
  );
}
