import arrowLeft from "icon:arrow-left";
import download from "icon:download";
import eye from "icon:eye";
import pen from "icon:pen-line";
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { offer } from "../../call/files";
import { locale } from "../../i18n";
import type {
  AppointmentEntry,
  KeyImageEntry,
  LanguageWord,
  ProblemCode,
  ReportState,
  ReportVersion,
} from "../../protocol";
import { Icon } from "../../ui/icon";
import type { PagesProps } from "../../viewer/reading/Pages";
import { nameOf } from "../agenda/agenda";
import { KeyPicture } from "../consultation/KeyPicture";
import { Confirm, Dialog, Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { appointment as appointmentOf, keyImages } from "../requests";
import { codeOf, sentenceOf, t as ta } from "../words";
import { Documents } from "./Documents";
import { momentOf, ReportDraft, SECTIONS } from "./report";
import { t } from "./report.words";
import { beginReport, reportBundle, reportOf, reportPdf, signReport } from "./requests";
import "../../viewer/reading/reading.css";
import "../summary/summary.css";
import "./report.css";

/** The report of a visit: written, signed, amended; and below it what the patient may take. */
export function Report({ appointment }: { appointment: string }) {
  const heading = usePage(t("title"));
  const entry = useSignal<AppointmentEntry | undefined>(undefined);
  const images = useSignal<readonly KeyImageEntry[]>([]);
  const state = useSignal<ReportState | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const open = async () => {
    problem.value = undefined;
    try {
      [entry.value, images.value, state.value] = await Promise.all([
        appointmentOf(appointment),
        keyImages(appointment),
        reportOf(appointment),
      ]);
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => void open(), [appointment]);
  const signed = state.value?.versions.filter(({ status }) => status !== "draft").length ?? 0;
  return (
    <>
      <Header />
      <main class="report-page" id="content">
        <a class="back" href="/app">
          <Icon of={arrowLeft} />
          {ta("app.toAgenda")}
        </a>
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        {entry.value && (
          <p>
            {nameOf(entry.value)} · {momentOf(entry.value.startsAt)}
          </p>
        )}
        {problem.value ? (
          <Fault text={sentenceOf(problem.value)} onRetry={() => void open()} />
        ) : state.value ? (
          <>
            <Versions appointment={appointment} state={state} images={images.value} />
            <Documents key={signed} appointment={appointment} />
          </>
        ) : (
          <p role="status">{t("opening")}</p>
        )}
      </main>
    </>
  );
}

interface VersionsProps {
  appointment: string;
  state: Signal<ReportState | undefined>;
  images: readonly KeyImageEntry[];
}

function Versions({ appointment, state, images }: VersionsProps) {
  const versions = state.value?.versions ?? [];
  const last = versions.at(-1);
  if (!last) return <Begin appointment={appointment} state={state} />;
  return (
    <>
      {last.status === "draft" && (
        <Editor
          key={last.report}
          version={last}
          isOver={state.value?.isOver ?? false}
          images={images}
          told={(next) => {
            state.value = next;
          }}
        />
      )}
      {versions
        .filter(({ status }) => status !== "draft")
        .reverse()
        .map((version, place) => (
          <Signed
            key={version.report}
            version={version}
            amend={
              place === 0 && last.status !== "draft"
                ? async (why) => {
                    state.value = await beginReport(appointment, version.words.language, why);
                  }
                : undefined
            }
          />
        ))}
    </>
  );
}

function Begin({ appointment, state }: Pick<VersionsProps, "appointment" | "state">) {
  const language = useSignal<LanguageWord>(locale.peek());
  const isBusy = useSignal(false);
  const fault = useSignal("");
  const begin = async () => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = "";
    try {
      state.value = await beginReport(appointment, language.peek(), "");
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <section class="report-begin">
      <p>{t("intro")}</p>
      <p class="muted">{t("beginHint")}</p>
      <Languages
        chosen={language.value}
        choose={(to) => {
          language.value = to;
        }}
      />
      <Fault text={fault.value} />
      <button type="button" class="button primary" aria-disabled={isBusy.value} onClick={() => void begin()}>
        <Icon of={pen} />
        {t("begin")}
      </button>
    </section>
  );
}

function Languages({ chosen, choose }: { chosen: LanguageWord; choose(to: LanguageWord): void }) {
  const name = useId();
  return (
    <fieldset class="report-languages">
      <legend>{t("language")}</legend>
      {(["fr", "en"] as const).map((language) => (
        <label key={language} class="check">
          <input type="radio" name={name} checked={chosen === language} onChange={() => choose(language)} />
          {t(`language.${language}`)}
        </label>
      ))}
    </fieldset>
  );
}

interface EditorProps {
  version: ReportVersion;
  isOver: boolean;
  images: readonly KeyImageEntry[];
  told(state: ReportState): void;
}

function Editor({ version, isOver, images, told }: EditorProps) {
  const draft = useMemo(() => ReportDraft.of(version, told), [version.report]);
  const isAsking = useSignal(false);
  const id = useId();
  useEffect(() => () => draft.close(), [draft]);
  const words = draft.words.value;
  const isStale = draft.keeping.value === "stale";
  const maySign = isOver && words.conclusions.trim() !== "";
  return (
    <section class="report-editor" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        {t("version", { n: version.number })} · {t("draft")}
      </h2>
      {version.number > 1 && (
        <p>
          {t("why")}
          {" : "}
          {version.why}
        </p>
      )}
      <Languages chosen={words.language} choose={(language) => draft.write({ language })} />
      {SECTIONS.map((section) => (
        <div key={section} class="field">
          <label for={`${id}-${section}`}>{t(section)}</label>
          {section === "conclusions" && (
            <p class="hint" id={`${id}-hint`}>
              {t("conclusionsHint")}
            </p>
          )}
          <textarea
            id={`${id}-${section}`}
            rows={section === "findings" || section === "conclusions" ? 6 : 3}
            lang={words.language}
            readOnly={isStale}
            aria-describedby={section === "conclusions" ? `${id}-hint` : undefined}
            value={words[section]}
            onInput={(event) => draft.write({ [section]: event.currentTarget.value })}
            onBlur={() => void draft.flush()}
          />
        </div>
      ))}
      <Images draft={draft} images={images} />
      <Facts version={version} />
      <Kept draft={draft} />
      <Ways report={draft.report} language={words.language} before={() => draft.flush()} />
      {!isOver && <p class="muted">{t("notOver")}</p>}
      <button
        type="button"
        class="button primary"
        aria-haspopup="dialog"
        aria-disabled={!maySign || isStale}
        onClick={() => {
          if (maySign && !isStale) isAsking.value = true;
        }}
      >
        <Icon of={pen} />
        {t("sign")}
      </button>
      {isAsking.value && (
        <Confirm
          title={t("signQuestion")}
          meaning={t("signMeaning")}
          confirm={t("signConfirm")}
          keep={t("keep")}
          isDanger={false}
          onConfirm={async () => {
            if (await draft.flush()) told(await signReport(draft.report, draft.revision));
          }}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </section>
  );
}

function Images({ draft, images }: { draft: ReportDraft; images: readonly KeyImageEntry[] }) {
  const chosen = draft.words.value.images;
  return (
    <fieldset class="summary-images">
      <legend>{t("images")}</legend>
      {images.length === 0 && <p class="muted">{t("noImages")}</p>}
      <ul>
        {images.map((image) => (
          <li key={image.image} class="summary-image">
            <KeyPicture image={image.image} alt="" />
            <label class="check">
              <input
                type="checkbox"
                checked={chosen.includes(image.image)}
                onChange={(event) => draft.choose(image.image, event.currentTarget.checked)}
              />
              <span>{image.caption || `${image.title} · ${t("place", { n: image.index + 1 })}`}</span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

/** What the gateway adds by itself. */
function Facts({ version }: { version: ReportVersion }) {
  return (
    <details class="report-facts">
      <summary>{t("facts")}</summary>
      <div lang={version.words.language}>
        {version.facts.map((part) => (
          <section key={part.title}>
            <h3>{part.title}</h3>
            {part.lines.map((line) => (
              <p key={line}>{line}</p>
            ))}
          </section>
        ))}
      </div>
    </details>
  );
}

/** Whether all is saved. */
function Kept({ draft }: { draft: ReportDraft }) {
  const keeping = draft.keeping.value;
  if (keeping === "stale")
    return (
      <div class="notice warn" role="alert">
        <p>{t("stale")}</p>
        <button type="button" class="button" onClick={() => location.reload()}>
          {t("reload")}
        </button>
      </div>
    );
  if (keeping === "failed" && draft.letter.value !== undefined)
    return <Fault text={t("noLetter", { letter: draft.letter.value })} />;
  if (keeping === "failed")
    return (
      <Fault
        text={t("failed", { why: sentenceOf(draft.problem.value ?? "internal") })}
        onRetry={() => void draft.flush()}
      />
    );
  return (
    <div class="summary-kept">
      {/* Not each key that is pressed is read out. */}
      <p role="status" class="muted">
        {keeping === "changed" ? "" : t(keeping)}
      </p>
      {keeping === "changed" && (
        <>
          <p class="muted">{t("changed")}</p>
          <button type="button" class="button" onClick={() => void draft.flush()}>
            {t("save")}
          </button>
        </>
      )}
    </div>
  );
}

interface WaysProps {
  report: string;
  language: LanguageWord;
  /** Saves what is not saved yet. */
  before?(): Promise<boolean>;
}

/** What can be done with a version as a document. */
function Ways({ report, language, before }: WaysProps) {
  const said = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const seen = useSignal<Uint8Array | undefined>(undefined);
  const act = async (what: () => Promise<string>) => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = "";
    said.value = t("preparing");
    try {
      said.value = before && !(await before()) ? "" : await what();
    } catch (cause) {
      said.value = "";
      fault.value = t("documentFailed", { why: sentenceOf(codeOf(cause)) });
    } finally {
      isBusy.value = false;
    }
  };
  const forms = [
    { label: t("download"), file: t("file"), fetch: reportPdf },
    { label: t("fhir"), file: t("fileFhir"), fetch: reportBundle },
  ];
  return (
    <div class="summary-ways">
      <button
        type="button"
        class="button"
        aria-disabled={isBusy.value}
        onClick={() =>
          void act(async () => {
            seen.value = new Uint8Array(await (await reportPdf(report)).arrayBuffer());
            return "";
          })
        }
      >
        <Icon of={eye} />
        {t("view")}
      </button>
      {forms.map(({ label, file, fetch }) => (
        <button
          key={label}
          type="button"
          class="button"
          aria-disabled={isBusy.value}
          onClick={() =>
            void act(async () => {
              offer(await fetch(report), file);
              return t("downloaded");
            })
          }
        >
          <Icon of={download} />
          {label}
        </button>
      ))}
      <p role="status">{said.value}</p>
      <Fault text={fault.value} />
      {seen.value && <Preview bytes={seen.value} language={language} />}
    </div>
  );
}

/** The pages of the document, drawn by the reader that is there for documents of studies. */
function Preview({ bytes, language }: { bytes: Uint8Array; language: LanguageWord }) {
  const box = useRef<HTMLElement>(null);
  const Pages = useSignal<ComponentType<PagesProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  useEffect(() => {
    box.current?.focus();
    import("../../viewer/reading/Pages").then(
      (module) => {
        Pages.value = module.Pages;
      },
      () => {
        hasFailed.value = true;
      },
    );
  }, [Pages, hasFailed]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section ref={box} class="summary-preview" tabIndex={0} lang={language} aria-label={t("preview")}>
      {Pages.value ? (
        <Pages.value bytes={bytes} size={1} box={box} />
      ) : (
        <p role="status">{t(hasFailed.value ? "previewFailed" : "preparing")}</p>
      )}
    </section>
  );
}

/** A version that stays as it is. */
function Signed({ version, amend }: { version: ReportVersion; amend: ((why: string) => Promise<void>) | undefined }) {
  const id = useId();
  const isAsking = useSignal(false);
  const { words } = version;
  return (
    <section class="report-signed" aria-labelledby={id}>
      <h2 id={id}>{t("version", { n: version.number })}</h2>
      <p>{t("signedBy", { name: version.signedBy ?? "", at: momentOf(version.signedAt ?? version.changedAt) })}</p>
      {version.number > 1 && (
        <p>
          {t("why")}
          {" : "}
          {version.why}
        </p>
      )}
      <div lang={words.language}>
        {SECTIONS.filter((section) => words[section].trim() !== "").map((section) => (
          <section key={section}>
            <h3>{t(section)}</h3>
            <p class="report-lines">{words[section]}</p>
          </section>
        ))}
      </div>
      <Facts version={version} />
      <Ways report={version.report} language={words.language} />
      {amend && (
        <button
          type="button"
          class="button"
          aria-haspopup="dialog"
          onClick={() => {
            isAsking.value = true;
          }}
        >
          <Icon of={pen} />
          {t("amend")}
        </button>
      )}
      {amend && isAsking.value && (
        <AmendDialog
          amend={amend}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </section>
  );
}

function AmendDialog({ amend, onClose }: { amend(why: string): Promise<void>; onClose(): void }) {
  const id = useId();
  const why = useSignal("");
  const fault = useSignal("");
  const begin = async () => {
    if (why.peek().trim() === "") return;
    try {
      await amend(why.peek());
      onClose();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={t("amendTitle")} onClose={onClose}>
      <div class="field">
        <label for={id}>{t("amendWhy")}</label>
        <p class="hint" id={`${id}-hint`}>
          {t("amendHint")}
        </p>
        <textarea
          id={id}
          rows={3}
          aria-describedby={`${id}-hint`}
          value={why.value}
          onInput={(event) => {
            why.value = event.currentTarget.value;
          }}
        />
      </div>
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("keep")}
        </button>
        <button
          type="button"
          class="button primary"
          aria-disabled={why.value.trim() === ""}
          onClick={() => void begin()}
        >
          {t("amendConfirm")}
        </button>
      </div>
    </Dialog>
  );
}
