import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Call } from "../call/call";
import type { viewingOf } from "../viewer/viewing";
import type { Wire } from "../wire";
import type { Visit } from "./visit";
import { t } from "./words";

interface CallProps {
  visit: Visit;
  call: Call;
  wire: Wire;
}

interface Loaded {
  Call: typeof Call;
  InCall: ComponentType<CallProps>;
  viewingOf: typeof viewingOf;
}

/** The call and its page, once they have been fetched. */
export const loaded: Signal<Loaded | undefined> = signal(undefined);
const hasFailed = signal(false);

let loading: Promise<void> | undefined;

/** Fetches the call and its page ahead of time: somebody who only looks at the door needs neither. Once, whoever asks. */
export function loadCall(): Promise<void> {
  if (loaded.peek()) return Promise.resolve();
  loading ??= load().finally(() => {
    loading = undefined;
  });
  return loading;
}

async function load(): Promise<void> {
  try {
    const [{ Call }, { InCall }, { viewingOf }] = await Promise.all([
      import("../call/call"),
      import("./InCall"),
      import("../viewer/viewing"),
    ]);
    loaded.value = { Call, InCall, viewingOf };
    hasFailed.value = false;
  } catch (cause) {
    console.info("the page of the call has not come", cause);
    hasFailed.value = true;
  }
}

/** The call, or a sentence for as long as its page has not come. */
export function CallPage({ visit, wire }: Omit<CallProps, "call">) {
  useEffect(() => void loadCall(), []);
  const InCall = loaded.value?.InCall;
  const call = visit.call.value;
  if (InCall && call) return <InCall visit={visit} call={call} wire={wire} />;
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
