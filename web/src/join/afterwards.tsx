import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { Visit } from "./visit";

const loaded = signal<ComponentType<{ visit: Visit }> | undefined>(undefined);

/** What is left of the visit, fetched when it is over: nobody needs it before. */
export function AfterPart({ visit }: { visit: Visit }) {
  useEffect(() => {
    if (loaded.peek() || visit.link === undefined) return;
    import("./After").then(
      (module) => {
        loaded.value = module.After;
      },
      (cause) => console.info("what comes after the visit has not come", cause),
    );
  }, [visit]);
  const After = loaded.value;
  return After ? <After visit={visit} /> : null;
}
