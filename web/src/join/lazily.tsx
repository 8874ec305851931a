import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "./words";

/** A part of the page that is fetched when it is first wanted: a sentence until it is there, and a way on when it does not come. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>) {
  const loaded = signal<ComponentType<P> | undefined>(undefined);
  const hasFailed = signal(false);
  let loading: Promise<void> | undefined;
  const fetchIt = (): Promise<void> => {
    if (loaded.peek()) return Promise.resolve();
    hasFailed.value = false;
    loading ??= load()
      .then((Part) => {
        loaded.value = Part;
      })
      .catch((cause) => {
        console.info("a part of the page has not come", cause);
        hasFailed.value = true;
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };
  function Lazily(props: P) {
    useEffect(() => void fetchIt(), []);
    const Part = loaded.value;
    if (Part) return <Part {...props} />;
    if (!hasFailed.value) return <p role="status">{t("again")}</p>;
    return (
      <div class="notice warn" role="status">
        <div>
          <p>{t("partFailed")}</p>
          <button type="button" class="button" onClick={() => void fetchIt()}>
            {t("retry")}
          </button>
        </div>
      </div>
    );
  }
  return Object.assign(Lazily, { fetchIt });
}
