import side from "icon:columns-2";
import four from "icon:grid-2x2";
import lead from "icon:hand";
import layoutIcon from "icon:layout-grid";
import above from "icon:rows-2";
import shareIcon from "icon:share-2";
import one from "icon:square";
import { type Signal, useSignal } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { useState } from "preact/hooks";
import type { LayoutWord, Person } from "../protocol";
import { Icon } from "../ui/icon";
import { Rejected, type Request } from "../wire";
import { Check } from "./Check";
import { Disclosure } from "./Disclosure";
import { Hands } from "./Hands";
import type { Screens } from "./screens";
import { t } from "./share.words";
import { activeOf, anyOf, type ViewingState } from "./viewing";
import "./tools.css";

/** As many characters as a description may have. */
const DESCRIPTION_MAX = 200;

export interface ShareProps {
  screens: Screens;
  people: Signal<Person[]>;
  /** More of the same kind, beside what is said of the view. */
  children?: ComponentChildren;
}

/** Asks for something; what goes wrong is a sentence. */
type Ask = (request: Request) => Promise<boolean>;

/** What staff do with the viewing beside looking: who leads, who follows, where what lies, and what is said of it. */
export function Share({ screens, people, children }: ShareProps) {
  const fault = useSignal("");
  const state = screens.viewing.state.value;
  const ask: Ask = async (request) => {
    fault.value = "";
    try {
      await screens.wire.request(request);
      return true;
    } catch (cause) {
      fault.value = sentenceOf(cause);
      return false;
    }
  };
  const nameOf = (participant: string) =>
    people.value.find((person) => person.participant === participant)?.name ?? t("somebody");
  const isSteering = screens.isSteering.value;
  const isOwn = screens.viewing.isOwn.value;
  const mayAnswer = state !== undefined && isOver(state, screens.self);
  return (
    <div class="viewer-status">
      <p>{statusInWords(screens, nameOf)}</p>
      {fault.value && (
        <p class="viewer-fault" role="alert">
          {fault.value}
        </p>
      )}
      {mayAnswer &&
        state.asking
          .filter((each) => each !== screens.self)
          .map((participant) => (
            <Asking key={participant} participant={participant} name={nameOf(participant)} ask={ask} />
          ))}
      <Hands screens={screens} mayPoint={!isSteering && !isOwn} />
      {children}
      {isSteering && <LayoutPanel screens={screens} ask={ask} />}
      <SharePanel screens={screens} people={people} ask={ask} nameOf={nameOf} />
      <LeadButtons screens={screens} ask={ask} />
    </div>
  );
}

function sentenceOf(cause: unknown): string {
  const code = cause instanceof Rejected ? cause.code : undefined;
  if (code === "not_presenter") return t("takenBefore");
  if (code === "too_many") return t("tooMany");
  return code === "too_large" ? t("tooLong") : t("refused");
}

/** Presents, or is booked: takes the lead at any time, and answers whoever asks for it. */
const isOver = (state: ViewingState, self: string): boolean => state.presenter === self || state.hosts.includes(self);

function statusInWords(screens: Screens, nameOf: (participant: string) => string): string {
  const { viewing } = screens;
  const state = viewing.state.value;
  const shown = anyOf(viewing.seen.value);
  const title = shown?.title || t("aFile");
  if (viewing.isOwn.value) return t("youLook", { title: shown ? title : t("nothingShown") });
  if (!state || !shown) return t("nothingShown");
  if (screens.isPresenting.value) {
    const hidden = shown.content === "pictures" && !shown.isBurnedIn;
    return `${t("youShow", { title })} ${hidden ? t(state.isNamed ? "withName" : "withoutName") : t("asItIs")}`;
  }
  if (state.presenter === undefined) return t("nobodyShows", { title });
  const name = nameOf(state.presenter);
  return `${t("theyShow", { name, title })} ${state.isPresenterLost ? t("lost", { name }) : t("youFollow")}`;
}

function Asking({ participant, name, ask }: { participant: string; name: string; ask: Ask }) {
  return (
    <fieldset class="share-asking">
      <legend>{t("asks", { name })}</legend>
      <button
        type="button"
        class="button primary"
        aria-label={t("giveTo", { name })}
        onClick={() => void ask({ type: "give_presenting", participant })}
      >
        {t("give")}
      </button>
      <button
        type="button"
        class="button"
        aria-label={t("declineTo", { name })}
        onClick={() => void ask({ type: "decline_asking", participant })}
      >
        {t("decline")}
      </button>
    </fieldset>
  );
}

/** The lead: to take it, to ask for it, to give it up; and whether to follow it. */
function LeadButtons({ screens, ask }: { screens: Screens; ask: Ask }) {
  const state = screens.viewing.state.value;
  if (!state) return null;
  const isAsking = state.asking.includes(screens.self);
  const mayTake = state.presenter === undefined || isOver(state, screens.self);
  const asking = (isOn: boolean) => {
    screens.hasWithdrawn = !isOn;
    void ask({ type: "ask_to_present", isAsking: isOn });
  };
  if (screens.viewing.isOwn.value)
    return (
      <>
        <button
          type="button"
          class="button"
          aria-pressed={mayTake ? undefined : isAsking}
          onClick={() => asking(!isAsking)}
        >
          <Icon of={lead} />
          <span>{mayTake ? t("showOwn") : isAsking ? t("asked") : t("askOwn")}</span>
        </button>
        <button type="button" class="button primary" onClick={() => void ask({ type: "follow", isFollowing: true })}>
          {t("follow")}
        </button>
      </>
    );
  if (screens.isPresenting.value)
    return (
      <button type="button" class="button" onClick={() => void ask({ type: "stop_sharing" })}>
        {t("stop")}
      </button>
    );
  return (
    <>
      <button type="button" class="button" onClick={() => void ask({ type: "follow", isFollowing: false })}>
        {t("lookAlone")}
      </button>
      {mayTake ? (
        <button type="button" class="button" onClick={() => void ask({ type: "present" })}>
          <Icon of={lead} />
          <span>{t("take")}</span>
        </button>
      ) : (
        <button type="button" class="button" aria-pressed={isAsking} onClick={() => asking(!isAsking)}>
          <Icon of={lead} />
          <span>{isAsking ? t("asked") : t("askFor")}</span>
        </button>
      )}
    </>
  );
}

const LAYOUTS: readonly (readonly [LayoutWord, Parameters<typeof Icon>[0]["of"]])[] = [
  ["one", one],
  ["side_by_side", side],
  ["stacked", above],
  ["four", four],
];

function LayoutPanel({ screens, ask }: { screens: Screens; ask: Ask }) {
  const seen = screens.viewing.seen.value;
  if (!seen) return null;
  const active = screens.active.value;
  const isAlone = seen.viewports.length === 1;
  return (
    <Disclosure open={screens.panel} name="layout" icon={layoutIcon} word={t("layout")} spoken={t("layoutMore")}>
      <fieldset class="share-layouts" aria-label={t("layout")}>
        {LAYOUTS.map(([layout, icon]) => (
          <button
            key={layout}
            type="button"
            class="button"
            aria-pressed={seen.layout === layout}
            onClick={() => screens.wire.send({ type: "set_layout", layout })}
          >
            <Icon of={icon} />
            <span>{t(`layout.${layout}`)}</span>
          </button>
        ))}
      </fieldset>
      <Check
        word={t("linked")}
        hint={t("linkedHint")}
        isOn={seen.isLinked}
        isDisabled={isAlone}
        set={(isLinked) => screens.wire.send({ type: "set_linked", isLinked })}
      />
      {!isAlone && activeOf({ ...seen, active }) && (
        <button type="button" class="button" onClick={() => void ask({ type: "clear_viewport", viewport: active })}>
          {t("clear", { n: active + 1 })}
        </button>
      )}
    </Disclosure>
  );
}

interface PanelProps extends ShareProps {
  ask: Ask;
  nameOf(participant: string): string;
}

function SharePanel({ screens, people, ask, nameOf }: PanelProps) {
  const state = screens.viewing.state.value;
  if (!state) return null;
  const isPresenting = screens.isPresenting.value;
  const alone = state.ownViews.filter((each) => each !== screens.self);
  if (!isPresenting && !isOver(state, screens.self) && alone.length === 0) return null;
  return (
    <Disclosure open={screens.panel} name="share" icon={shareIcon} word={t("share")} spoken={t("shareMore")}>
      {isPresenting && (
        <Fragment key="presenting">
          <Describe text={state.description?.text ?? ""} ask={ask} />
          <Check
            word={t("named")}
            hint={t("namedHint")}
            isOn={state.isNamed}
            set={(isNamed) => screens.wire.send({ type: "set_named", isNamed })}
          />
        </Fragment>
      )}
      {isOver(state, screens.self) && <GiveTo screens={screens} people={people} state={state} ask={ask} />}
      {alone.length > 0 && <p>{t("alone", { names: alone.map(nameOf).join(", ") })}</p>}
    </Disclosure>
  );
}

function GiveTo({ screens, people, state, ask }: ShareProps & { state: ViewingState; ask: Ask }) {
  const others = people.value.filter(
    ({ participant, role, place }) =>
      role === "practitioner" &&
      place.state === "in_call" &&
      participant !== state.presenter &&
      participant !== screens.self &&
      // Whoever asks has a button of their own.
      !state.asking.includes(participant),
  );
  return (
    <fieldset class="share-give">
      <legend>{t("giveTitle")}</legend>
      {others.length === 0 && <p class="muted">{t("nobodyElse")}</p>}
      {others.map(({ participant, name }) => (
        <button
          key={participant}
          type="button"
          class="button"
          aria-label={t("giveTo", { name })}
          onClick={() => void ask({ type: "give_presenting", participant })}
        >
          <Icon of={lead} />
          <span>{name}</span>
        </button>
      ))}
    </fieldset>
  );
}

/** A sentence below the images. */
function Describe({ text, ask }: { text: string; ask: Ask }) {
  const [draft, setDraft] = useState(text);
  const said = useSignal("");
  const tell = async (wanted: string) => {
    if (await ask({ type: "describe", text: wanted })) said.value = t(wanted ? "described" : "undescribed");
  };
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        void tell(draft.trim());
      }}
    >
      <label for="viewer-describe">{t("describe")}</label>
      <p class="hint" id="viewer-describe-hint">
        {t("describeHint")}
      </p>
      <input
        id="viewer-describe"
        aria-describedby="viewer-describe-hint"
        maxLength={DESCRIPTION_MAX}
        autocomplete="off"
        value={draft}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <div class="share-buttons">
        <button type="submit" class="button primary">
          {t("describeNow")}
        </button>
        {text !== "" && (
          <button
            type="button"
            class="button"
            onClick={() => {
              setDraft("");
              void tell("");
            }}
          >
            {t("describeOff")}
          </button>
        )}
      </div>
      <p class="spoken" role="status">
        {said.value}
      </p>
    </form>
  );
}
