import check from "icon:check";
import alert from "icon:circle-alert";
import plus from "icon:plus";
import { useSignal } from "@preact/signals";
import type { PacsEntry, PacsTrial, ServiceEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t as ta } from "../words";
import { AdminPage } from "./AdminPage";
import { t as tp } from "./admin.words";
import { useLoaded } from "./load";
import { PacsDialog } from "./PacsDialog";
import { t } from "./pacs.words";
import { finding, scopeOf, stateOf } from "./pacs-form";
import { allServices, pacsNodes, removePacs, switchPacs, tryPacs } from "./requests";

/** What is open over the page. */
type Open =
  | { what: "new" }
  | { what: "change" | "remove"; entry: PacsEntry }
  | { what: "trial"; entry: PacsEntry; trial: PacsTrial };

const everything = async () => {
  const [nodes, services] = await Promise.all([pacsNodes(), allServices()]);
  return { nodes, services };
};

/** The archives of images that are asked for the patients of appointments. */
export function Pacs() {
  const { value, problem, load } = useLoaded(everything);
  const open = useSignal<Open | undefined>(undefined);
  const said = useSignal("");
  const trying = useSignal<string | undefined>(undefined);
  const close = () => {
    open.value = undefined;
  };
  const act = async (what: () => Promise<void>) => {
    said.value = "";
    try {
      await what();
      await load();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  const tryOut = (entry: PacsEntry) =>
    act(async () => {
      trying.value = entry.pacs;
      try {
        open.value = { what: "trial", entry, trial: await tryPacs(entry.pacs) };
      } finally {
        trying.value = undefined;
      }
    });
  const saved = async () => {
    close();
    await load();
    said.value = t("saved");
  };
  const state = value.value;
  return (
    <AdminPage
      title={tp("page.pacs")}
      intro={t("intro")}
      action={
        <button
          type="button"
          class="button primary"
          onClick={() => {
            open.value = { what: "new" };
          }}
        >
          <Icon of={plus} />
          {t("add")}
        </button>
      }
    >
      {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
      {!state && !problem.value && <p class="muted">{ta("app.loading")}</p>}
      <p role="status">{trying.value ? t("trying") : said.value}</p>
      {state?.nodes.length === 0 && <p>{t("none")}</p>}
      {state && state.nodes.length > 0 && (
        <ul class="admin-list">
          {state.nodes.map((entry) => (
            <Line
              key={entry.pacs}
              entry={entry}
              services={state.services}
              isBusy={trying.value === entry.pacs}
              onTry={() => void tryOut(entry)}
              onOpen={(what) => {
                open.value = { what, entry };
              }}
              onSwitch={() => void act(() => switchPacs(entry.pacs, { isOn: !entry.isOn }))}
            />
          ))}
        </ul>
      )}
      {open.value && state && (
        <Over key={open.value.what} open={open.value} services={state.services} onClose={close} onSaved={saved} />
      )}
    </AdminPage>
  );
}

interface LineProps {
  entry: PacsEntry;
  services: readonly ServiceEntry[];
  isBusy: boolean;
  onTry(): void;
  onOpen(what: "change" | "remove"): void;
  onSwitch(): void;
}

/** One archive: what it is, whether it answers, and what can be done with it. */
function Line({ entry, services, isBusy, onTry, onOpen, onSwitch }: LineProps) {
  const spoken = <span class="spoken"> {entry.label}</span>;
  return (
    <li>
      <div>
        <p>
          <strong>{entry.label}</strong> {!entry.isOn && <span class="admin-mark">{t("off")}</span>}
        </p>
        <p class="muted">{entry.address}</p>
        <p class="muted">{scopeOf(entry, services)}</p>
        <p class={entry.failingSince ? "fault" : "muted"}>{stateOf(entry)}</p>
      </div>
      <div class="actions">
        <button type="button" class="button" disabled={isBusy} onClick={onTry}>
          {t("try")}
          {spoken}
        </button>
        <button type="button" class="button" onClick={() => onOpen("change")}>
          {t("change")}
          {spoken}
        </button>
        <button type="button" class="button" onClick={onSwitch}>
          {t(entry.isOn ? "switchOff" : "switchOn")}
          {spoken}
        </button>
        <button type="button" class="button quiet-danger" onClick={() => onOpen("remove")}>
          {t("remove")}
          {spoken}
        </button>
      </div>
    </li>
  );
}

interface OverProps {
  open: Open;
  services: readonly ServiceEntry[];
  onClose(): void;
  onSaved(): Promise<void>;
}

function Over({ open, services, onClose, onSaved }: OverProps) {
  switch (open.what) {
    case "new":
      return <PacsDialog services={services} onClose={onClose} onSaved={onSaved} />;
    case "change":
      return <PacsDialog services={services} entry={open.entry} onClose={onClose} onSaved={onSaved} />;
    case "trial":
      return (
        <Dialog title={t("tryTitle", { name: open.entry.label })} onClose={onClose}>
          <Finding trial={open.trial} />
          <div class="actions">
            <button type="button" class="button primary" onClick={onClose}>
              {t("close")}
            </button>
          </div>
        </Dialog>
      );
    case "remove":
      return (
        <Confirm
          title={t("removeTitle", { name: open.entry.label })}
          meaning={t("removeMeaning")}
          confirm={t("remove")}
          keep={t("keep")}
          onConfirm={async () => {
            await removePacs(open.entry.pacs);
            await onSaved();
          }}
          onClose={onClose}
        />
      );
  }
}

/** What a trial found. */
export function Finding({ trial }: { trial: PacsTrial }) {
  return (
    <p class={`notice ${trial.fault ? "danger" : "good"}`}>
      <Icon of={trial.fault ? alert : check} />
      <span>{finding(trial)}</span>
    </p>
  );
}
