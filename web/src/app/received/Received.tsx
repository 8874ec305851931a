import check from "icon:check";
import alert from "icon:circle-alert";
import download from "icon:download";
import eye from "icon:eye";
import image from "icon:image-plus";
import plus from "icon:plus";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { offer } from "../../call/files";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry, FolderEntry, Me, ProblemCode, ReceivedEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { sizeInWords } from "../../upload/size";
import { CopyLine } from "../parts/CopyLine";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import {
  appointment as appointmentOf,
  makeUploadFolder,
  putAmongStudies,
  received,
  receivedFile,
  uploadFolders,
  withdrawUploadFolder,
} from "../requests";
import { facts, mayConsult } from "../who";
import { codeOf, sentenceOf } from "../words";
import { Reader } from "./Reader";
import { t } from "./received.words";
import "./received.css";

/** What came by links for an appointment, and the links. */
export function Received({ me, appointment }: { me: Me; appointment: string }) {
  const heading = usePage(t("title"));
  const folders = useSignal<readonly FolderEntry[] | undefined>(undefined);
  const uploads = useSignal<readonly ReceivedEntry[] | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const visit = useSignal<AppointmentEntry | undefined>(undefined);
  const open = useSignal<ReceivedEntry | undefined>(undefined);
  const mayRead = mayConsult(me);
  const fetchAll = async () => {
    problem.value = undefined;
    try {
      visit.value = await appointmentOf(appointment);
      folders.value = await uploadFolders(appointment);
      if (mayRead) uploads.value = await received(appointment);
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => {
    void fetchAll();
    // Whoever comes back to the page sees what came in the meantime.
    const again = () => {
      if (document.visibilityState === "visible") void fetchAll();
    };
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, [appointment]);
  const zone = facts.value?.timeZone ?? "UTC";
  return (
    <>
      <Header />
      <main class="received" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        {visit.value && <Whose visit={visit.value} zone={zone} />}
        {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void fetchAll()} />}
        {mayRead && uploads.value && (
          <section aria-labelledby="received-files">
            <h2 id="received-files">{t("files")}</h2>
            {uploads.value.length === 0 && <p class="muted">{t("none")}</p>}
            <ul class="received-list">
              {uploads.value.map((entry) => (
                <Row
                  key={entry.upload}
                  entry={entry}
                  zone={zone}
                  onOpen={() => {
                    open.value = entry;
                  }}
                />
              ))}
            </ul>
            <button type="button" class="button" onClick={() => void fetchAll()}>
              {t("refresh")}
            </button>
          </section>
        )}
        {folders.value && (
          <Folders appointment={appointment} folders={folders.value} zone={zone} onChanged={() => void fetchAll()} />
        )}
      </main>
      {open.value && (
        <Reader
          key={open.value.upload}
          entry={open.value}
          onClose={() => {
            open.value = undefined;
          }}
        />
      )}
    </>
  );
}

/** Whose files these are, so that nobody opens another patient's by mistake. */
function Whose({ visit, zone }: { visit: AppointmentEntry; zone: string }) {
  const names = visit.participants.filter(({ role }) => role === "patient").map(({ name }) => name);
  return (
    <p>
      <strong>{names.join(", ")}</strong>
      <span class="muted">
        {" "}
        · {visit.service} · {dayInWords(visit.startsAt, zone)}, {timeOfDay(visit.startsAt, zone)}
      </span>
    </p>
  );
}

function Row({ entry, zone, onOpen }: { entry: ReceivedEntry; zone: string; onOpen(): void }) {
  const fault = useSignal("");
  const said = useSignal("");
  const isBusy = useSignal(false);
  const act = async (step: () => Promise<void>) => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = "";
    try {
      await step();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  const isAmong = useSignal(entry.isAmongImages);
  const isPicture = entry.reader === "image" || entry.mediaType === "video/mp4";
  return (
    <li class="received-row">
      <div>
        <p class="received-name">
          <strong>{entry.name}</strong> <span class="muted tabular">{sizeInWords(entry.bytes)}</span>
        </p>
        <p class="muted tabular">
          {t(entry.isGuest ? "fromGuest" : "fromCentre", { label: entry.label })} · {dayInWords(entry.at, zone)},{" "}
          {timeOfDay(entry.at, zone)}
        </p>
        {entry.objects > 0 && (
          <p>
            {t.count("objects", entry.objects)} {entry.refused > 0 && t.count("refused", entry.refused)}
          </p>
        )}
        {entry.isOtherPatient && (
          <p class="notice warn">
            <Icon of={alert} />
            <span>{t("otherPatient")}</span>
          </p>
        )}
        <details>
          <summary>{t("checksum")}</summary>
          <p class="received-hash" data-hash={entry.name}>
            {entry.sha256}
          </p>
        </details>
        <Fault text={fault.value} />
        <p role="status">
          {said.value !== "" && (
            <>
              <Icon of={check} /> {said.value}
            </>
          )}
        </p>
      </div>
      {entry.objects === 0 && (
        <div class="received-steps">
          {entry.reader !== "none" && (
            <button type="button" class="button primary" onClick={onOpen}>
              <Icon of={eye} />
              {t("open")}
              <span class="spoken"> {entry.name}</span>
            </button>
          )}
          <button
            type="button"
            class="button"
            aria-disabled={isBusy.value}
            onClick={() => void act(async () => offer(await receivedFile(entry.upload), entry.name))}
          >
            <Icon of={download} />
            {t("save")}
            <span class="spoken"> {entry.name}</span>
          </button>
          {isPicture && (
            <button
              type="button"
              class="button"
              aria-disabled={isBusy.value || isAmong.value}
              onClick={() => {
                if (isAmong.peek()) return;
                void act(async () => {
                  const receipt = await putAmongStudies(entry.upload);
                  isAmong.value = receipt.received > 0;
                  said.value = receipt.received > 0 ? t("amongImages") : t("noImage");
                });
              }}
            >
              <Icon of={isAmong.value ? check : image} />
              {t(isAmong.value ? "isAmong" : "toImages")}
              <span class="spoken"> {entry.name}</span>
            </button>
          )}
        </div>
      )}
    </li>
  );
}

interface FoldersProps {
  appointment: string;
  folders: readonly FolderEntry[];
  zone: string;
  onChanged(): void;
}

function Folders({ appointment, folders, zone, onChanged }: FoldersProps) {
  const isMaking = useSignal(false);
  const withdrawn = useSignal<FolderEntry | undefined>(undefined);
  const made = useSignal<{ label: string; address: string } | undefined>(undefined);
  return (
    <section aria-labelledby="received-links">
      <h2 id="received-links">{t("links")}</h2>
      <p class="muted">{t("linksHint")}</p>
      {made.value && (
        <div class="notice warn">
          <div class="received-link">
            <p>{t("linkOnce", { label: made.value.label })}</p>
            <CopyLine label={t("linkFor", { label: made.value.label })} text={made.value.address} />
          </div>
        </div>
      )}
      <ul class="received-list">
        {folders.map((folder) => (
          <li key={folder.folder} class="received-row">
            <div>
              <p>
                <strong>{folder.label}</strong> {folder.isGuest && <span class="muted">({t("guest")})</span>}
              </p>
              <p class="muted tabular">
                {t(`state.${folder.state}`, { date: dayInWords(folder.expiresAt, zone) })} ·{" "}
                {t("used", {
                  used: sizeInWords(folder.usedBytes),
                  quota: sizeInWords(folder.quotaBytes),
                  files: folder.usedFiles,
                  most: folder.quotaFiles,
                })}
              </p>
            </div>
            {folder.state === "open" && (
              <button
                type="button"
                class="button quiet-danger"
                onClick={() => {
                  withdrawn.value = folder;
                }}
              >
                {t("withdraw")}
                <span class="spoken"> {folder.label}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="button"
        onClick={() => {
          isMaking.value = true;
        }}
      >
        <Icon of={plus} />
        {t("make")}
      </button>
      {isMaking.value && (
        <Make
          appointment={appointment}
          onMade={(label, address) => {
            made.value = { label, address };
            onChanged();
          }}
          onClose={() => {
            isMaking.value = false;
          }}
        />
      )}
      {withdrawn.value && (
        <Confirm
          title={t("withdrawQuestion", { label: withdrawn.value.label })}
          meaning={t("withdrawMeaning")}
          confirm={t("withdraw")}
          keep={t("keep")}
          onConfirm={async () => {
            await withdrawUploadFolder(withdrawn.value?.folder ?? "");
            onChanged();
          }}
          onClose={() => {
            withdrawn.value = undefined;
          }}
        />
      )}
    </section>
  );
}

interface MakeProps {
  appointment: string;
  onMade(label: string, address: string): void;
  onClose(): void;
}

function Make({ appointment, onMade, onClose }: MakeProps) {
  const id = useId();
  const label = useSignal("");
  const gib = useSignal("4");
  const files = useSignal("3000");
  const days = useSignal("14");
  const fault = useSignal("");
  const make = async () => {
    fault.value = "";
    const [size, count, length] = [gib.value, files.value, days.value].map((text) => Number(text.replace(",", ".")));
    if (label.value.trim() === "" || ![size, count, length].every((number) => (number ?? 0) > 0)) {
      fault.value = sentenceOf("bad_folder");
      return;
    }
    try {
      const issued = await makeUploadFolder(appointment, {
        label: label.value.trim(),
        quotaMib: Math.round((size ?? 0) * 1024),
        quotaFiles: Math.round(count ?? 0),
        days: Math.round(length ?? 0),
      });
      onMade(issued.folder.label, issued.address);
      onClose();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const number = (name: string, word: string, value: typeof gib, max: number) => (
    <div class="field">
      <label for={`${id}-${name}`}>{word}</label>
      <input
        id={`${id}-${name}`}
        type="number"
        min="1"
        max={max}
        value={value.value}
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
      />
    </div>
  );
  return (
    <Dialog title={t("makeTitle")} onClose={onClose}>
      <form
        class="received-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <div class="field">
          <label for={`${id}-label`}>{t("label")}</label>
          <p class="hint" id={`${id}-hint`}>
            {t("labelHint")}
          </p>
          <input
            id={`${id}-label`}
            type="text"
            maxLength={120}
            aria-describedby={`${id}-hint`}
            value={label.value}
            onInput={(event) => {
              label.value = event.currentTarget.value;
            }}
          />
        </div>
        {number("gib", t("quota"), gib, 20)}
        {number("files", t("quotaFiles"), files, 20_000)}
        {number("days", t("days"), days, 90)}
        <Fault text={fault.value} />
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>
            {t("keep")}
          </button>
          <button type="submit" class="button primary">
            {t("makeConfirm")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
