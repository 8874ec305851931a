import arrow from "icon:arrow-up-right";
import circle from "icon:circle";
import probe from "icon:crosshair";
import ellipse from "icon:ellipse";
import number from "icon:list-ordered";
import freehand from "icon:pencil";
import rectangle from "icon:rectangle-horizontal";
import redo from "icon:redo-2";
import length from "icon:ruler";
import shapes from "icon:shapes";
import remove from "icon:trash";
import angle from "icon:triangle-right";
import text from "icon:type";
import undo from "icon:undo-2";
import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { MarkShapeWord, MarkState, Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Disclosure } from "../Disclosure";
import type { Screens } from "../screens";
import { pointsOf, SHAPES } from "./drawing";
import { type Marking, shapeOf, toolOf } from "./marking";
import { t } from "./tools.words";
import { markInWords } from "./values";
import "../tools.css";
import "./tools.css";

/** As many characters as the words of a mark may have. */
const TEXT_MAX = 200;

const ICONS: Readonly<Record<MarkShapeWord, Parameters<typeof Icon>[0]["of"]>> = {
  arrow,
  circle,
  freehand,
  text,
  number,
  length,
  angle,
  ellipse,
  rectangle,
  probe,
};

export interface MarkToolsProps {
  screens: Screens;
  people: ReadonlySignal<readonly Person[]>;
  /** What only staff have below the tools. */
  List?: ComponentType<{ screens: Screens; marking: Marking; people: ReadonlySignal<readonly Person[]> }> | undefined;
}

/** A button for every tool that draws, and for what can be taken back. */
export function MarkTools({ screens, people, List }: MarkToolsProps) {
  const marking = screens.marking.value;
  if (!marking) return null;
  const tool = screens.tool.value;
  const count = screens.viewing.marks.known.value.all.size;
  return (
    <Disclosure
      open={screens.panel}
      name="marks"
      icon={shapes}
      word={count > 0 ? `${t("marks")} (${count})` : t("marks")}
      spoken={t(List ? "marksMore" : "marksMorePlain")}
      class="mark-panel"
    >
      <fieldset class="mark-tools" aria-label={t("tools")}>
        {SHAPES.filter((shape) => marking.mayDraw(shape)).map((shape) => (
          <button
            key={shape}
            type="button"
            class="button"
            aria-pressed={tool === toolOf(shape)}
            onClick={() => marking.take(shape)}
          >
            <Icon of={ICONS[shape]} />
            <span>{t(`tool.${shape}`)}</span>
          </button>
        ))}
      </fieldset>
      <div class="mark-row">
        <Do icon={undo} word={t("undo")} spoken={t("undoMore")} act={() => marking.undo()} />
        <Do icon={redo} word={t("redo")} spoken={t("redoMore")} act={() => marking.redo()} />
      </div>
      <Fault marking={marking} />
      {List && <List screens={screens} marking={marking} people={people} />}
    </Disclosure>
  );
}

interface DoProps {
  icon?: Parameters<typeof Icon>[0]["of"];
  word: string;
  spoken?: string;
  isMain?: boolean;
  act(): void;
}

function Do({ icon, word, spoken, isMain, act }: DoProps) {
  return (
    <button type="button" class={isMain ? "button primary" : "button"} onClick={act}>
      {icon && <Icon of={icon} />}
      <span>
        {word}
        {spoken && <span class="spoken"> {spoken}</span>}
      </span>
    </button>
  );
}

interface StripProps {
  screens: Screens;
  people: ReadonlySignal<readonly Person[]>;
}

/** What is to be done next with the mark on its way, or with the one that is chosen. */
export function MarkStrip({ screens, people }: StripProps) {
  const marking = screens.marking.value;
  if (!marking) return null;
  const [say, of] = stepOf(screens, marking, people);
  // The panel says itself what could not be done in it.
  const hasFault = marking.fault.value !== undefined && screens.panel.value !== "marks";
  return (
    <>
      <p class="spoken" role="status">
        {say}
      </p>
      {(say !== "" || of || hasFault) && (
        <section class="mark-strip" aria-label={t("strip")}>
          {say && <p>{say}</p>}
          {of}
          {hasFault && <Fault marking={marking} />}
        </section>
      )}
    </>
  );
}

/** What is to be done next, in words, and the buttons for it. */
function stepOf(screens: Screens, marking: Marking, people: StripProps["people"]): [string, ComponentChildren] {
  const tool = screens.tool.value;
  const shape = shapeOf(tool);
  const chosen = marking.chosen.value;
  const moved = marking.moved.value;
  if (marking.asked.value) return ["", <Ask key="ask" marking={marking} />];
  if (shape) {
    const isHidden = screens.viewing.state.value?.hasMarks === false;
    const words = [stepInWords(marking, shape), isHidden && t("areHidden")].filter(Boolean).join(" ");
    return [words, <Steps key="steps" marking={marking} />];
  }
  if (tool === "mark.move" && moved)
    return [
      t("moving", { n: moved.handle + 1, count: moved.points.length }),
      <Do key="moved" word={t("moved")} isMain act={() => marking.putAway()} />,
    ];
  if (!chosen) return ["", null];
  const { name } = screens.authors.of(people.value, chosen.participant);
  return [
    markInWords(chosen, name, marking.isOwn(chosen)),
    <Chosen key={chosen.mark} screens={screens} marking={marking} mark={chosen} />,
  ];
}

function stepInWords(marking: Marking, shape: MarkShapeWord): string {
  const tool = t(`tool.${shape}`);
  const placed = marking.sketch.value?.placed ?? 0;
  if (pointsOf(shape) === 1) return t("one", { tool });
  if (shape === "freehand") return placed === 0 ? t("free.first", { tool }) : t.count("free.next", placed);
  return placed === 0 ? t("first", { tool }) : t("next", { tool, n: placed + 1, count: pointsOf(shape) });
}

function Steps({ marking }: { marking: Marking }) {
  const sketch = marking.sketch.value;
  const placed = sketch?.placed ?? 0;
  return (
    <>
      {sketch?.shape === "freehand" && placed >= 2 && <Do word={t("end")} isMain act={() => marking.end()} />}
      {placed > 0 && <Do icon={undo} word={t("back")} act={() => marking.back()} />}
      <Do word={t("away")} act={() => marking.putAway()} />
    </>
  );
}

/** The words of a text that has its place. */
function Ask({ marking }: { marking: Marking }) {
  const input = useRef<HTMLInputElement>(null);
  const draft = useSignal("");
  // Before the next key, which would be a shortcut.
  useLayoutEffect(() => input.current?.focus(), []);
  return (
    <form
      class="mark-words-form"
      onSubmit={(event) => {
        event.preventDefault();
        marking.say(draft.value.trim());
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        event.preventDefault();
        marking.say("");
      }}
    >
      <label for="mark-words">{t("wordsFor")}</label>
      <input
        ref={input}
        id="mark-words"
        maxLength={TEXT_MAX}
        autocomplete="off"
        required
        value={draft.value}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
        }}
      />
      <button type="submit" class="button primary">
        {t("put")}
      </button>
      <Do word={t("giveUp")} act={() => marking.say("")} />
    </form>
  );
}

/** What can be done with a mark that is chosen: by its author, and by hosts. */
function Chosen({ screens, marking, mark }: { screens: Screens; marking: Marking; mark: MarkState }) {
  const draft = useSignal(mark.text);
  return (
    <>
      {marking.mayChange(mark) && (
        <form
          class="mark-words-form"
          onSubmit={(event) => {
            event.preventDefault();
            marking.write(mark, draft.value.trim());
          }}
        >
          <label for="mark-beside">{t("wordsBeside")}</label>
          <input
            id="mark-beside"
            maxLength={TEXT_MAX}
            autocomplete="off"
            required={mark.shape === "text"}
            value={draft.value}
            onInput={(event) => {
              draft.value = event.currentTarget.value;
            }}
          />
          <button type="submit" class="button">
            {t("write")}
          </button>
        </form>
      )}
      {marking.mayMove(mark) && <Do word={t("move")} act={() => marking.move()} />}
      {marking.mayDelete(mark) && (
        <Do
          icon={remove}
          word={t("delete")}
          spoken={t("deleteMore")}
          act={() => {
            marking.delete(mark);
            screens.current.focus();
          }}
        />
      )}
      <Do
        word={t("unchoose")}
        act={() => {
          marking.choose(undefined);
          screens.current.focus();
        }}
      />
    </>
  );
}

const SENTENCES = ["not_allowed", "out_of_order", "too_many", "not_found", "cannot_show"] as const;

/** What could not be done, and what to do then. */
function Fault({ marking }: { marking: Marking }) {
  const fault = marking.fault.value;
  if (!fault) return null;
  const { again } = fault;
  const code = SENTENCES.find((each) => each === fault.code) ?? "other";
  return (
    <div class="mark-row viewer-fault" role="alert">
      <p>{t(`fault.${code}`)}</p>
      {again && <Do word={t("again")} act={again} />}
      <Do
        word={t("dismiss")}
        act={() => {
          marking.fault.value = undefined;
        }}
      />
    </div>
  );
}
