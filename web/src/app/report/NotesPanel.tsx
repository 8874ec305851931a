import { useEffect, useId } from "preact/hooks";
import { Fault } from "../parts/Dialog";
import { sentenceOf } from "../words";
import type { Notes } from "./notes";
import { t } from "./report.words";
import "./report.css";

/** The own notes in a tab of the consultation, and those of others below. */
export function NotesPanel({ notes }: { notes: Notes }) {
  const id = useId();
  useEffect(() => {
    if (!notes.isOpen.peek()) void notes.open();
    const save = () => void notes.flush();
    document.addEventListener("visibilitychange", save);
    return () => {
      document.removeEventListener("visibilitychange", save);
      save();
    };
  }, [notes]);
  if (!notes.isOpen.value)
    return notes.problem.value ? (
      <Fault text={sentenceOf(notes.problem.value)} onRetry={() => void notes.open()} />
    ) : (
      <p role="status">{t("notes.opening")}</p>
    );
  const theirs = notes.theirs.value;
  return (
    <div class="notes">
      <label for={id}>{t("notes.label")}</label>
      <p class="hint" id={`${id}-hint`}>
        {t("notes.hint")}
      </p>
      <textarea
        id={id}
        rows={10}
        aria-describedby={`${id}-hint`}
        value={notes.text.value}
        onInput={(event) => notes.write(event.currentTarget.value)}
        onBlur={() => void notes.flush()}
      />
      {theirs ? (
        <div class="notice warn" role="alert">
          <div class="notes-theirs">
            <p>{t("notes.stale")}</p>
            <details>
              <summary>{t("notes.theirs")}</summary>
              <p class="report-lines">{theirs.text}</p>
            </details>
            <div class="report-ways">
              <button type="button" class="button" onClick={() => notes.settle(true)}>
                {t("notes.keepMine")}
              </button>
              <button type="button" class="button" onClick={() => notes.settle(false)}>
                {t("notes.takeTheirs")}
              </button>
            </div>
          </div>
        </div>
      ) : notes.keeping.value === "failed" ? (
        <Fault
          text={t("failed", { why: sentenceOf(notes.problem.value ?? "internal") })}
          onRetry={() => void notes.flush()}
        />
      ) : (
        <p class="muted" role="status">
          {notes.keeping.value === "saved" || notes.keeping.value === "saving" ? t(notes.keeping.value) : ""}
        </p>
      )}
      {notes.others.value.map((note) => (
        <section key={note.participant}>
          <h3>{t("notes.others", { name: note.name })}</h3>
          <p class="report-lines">{note.text}</p>
        </section>
      ))}
    </div>
  );
}
