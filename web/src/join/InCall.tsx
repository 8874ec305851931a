import ellipsis from "icon:ellipsis";
import mic from "icon:mic";
import micOff from "icon:mic-off";
import phoneOff from "icon:phone-off";
import flip from "icon:switch-camera";
import video from "icon:video";
import videoOff from "icon:video-off";
import volume from "icon:volume-2";
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Call } from "../call/call";
import type { Person } from "../protocol";
import { Icon } from "../ui/icon";
import type { ViewerProps } from "../viewer/Viewer";
import { viewingOf } from "../viewer/viewing";
import type { Wire } from "../wire";
import { Dialog, LanguageSwitch, LeaveDialog, Picture, Telephone, usePage, Warning } from "./parts";
import type { Visit } from "./visit";
import { sentenceOf, t } from "./words";

/** The call: the doctor fills the screen until images or a screen take it. */
export function InCall({ visit, call, wire }: { visit: Visit; call: Call; wire: Wire }) {
  const heading = usePage(call.isInCall.value ? t("call.title") : t("admitted.title"));
  const self = call.self.participant;
  const shown = viewingOf(wire).state.value?.shown;
  const others = call.people.value.filter(
    (person) => person.participant !== self && (person.place.state === "in_call" || person.place.state === "lost"),
  );
  const sharer = others.find((person) => call.remote.value.get(person.participant)?.screen);
  const screen = sharer && call.remote.value.get(sharer.participant)?.screen;
  const ranked = [...others].sort((a, b) => rank(a) - rank(b));
  const [main, ...rest] = ranked;
  const isShowing = shown !== undefined || screen !== undefined;
  useNews(visit, call, wire, others);
  return (
    <div class={`call${isShowing ? " showing" : ""}`} data-ground="dark">
      <h1 ref={heading} tabIndex={-1} class="spoken">
        {call.isInCall.value ? t("call.title") : t("admitted.title")}
      </h1>
      <Banner visit={visit} call={call} wire={wire} />
      <main class="stage" aria-label={t("call.stage")}>
        <div class="stage-main">
          {shown ? (
            <Images visit={visit} call={call} wire={wire} self={self} />
          ) : screen && sharer ? (
            <figure class="tile tile-full">
              <Picture track={screen} label={t("call.screen", { name: sharer.name })} isWhole />
              <figcaption>{t("call.screen", { name: sharer.name })}</figcaption>
            </figure>
          ) : main ? (
            <Tile person={main} call={call} isFull />
          ) : (
            <p class="stage-empty" role="status">
              {call.isInCall.value ? t("call.alone") : t("call.entering")}
            </p>
          )}
        </div>
        <div class="tiles">
          {isShowing && main && <Tile key={main.participant} person={main} call={call} />}
          {rest.map((person) => (
            <Tile key={person.participant} person={person} call={call} />
          ))}
        </div>
        <OwnPicture visit={visit} call={call} />
      </main>
      <Voices call={call} />
      <Controls visit={visit} call={call} />
    </div>
  );
}

const RANK = { practitioner: 0, interpreter: 1, relative: 2, patient: 3 } as const;
const rank = (person: Person): number => RANK[person.role] + (person.place.state === "lost" ? 0.5 : 0);

function Tile({ person, call, isFull }: { person: Person; call: Call; isFull?: boolean }) {
  const track = call.remote.value.get(person.participant)?.camera;
  const isOff = !track || person.muted.includes("camera");
  const isMuted = person.muted.includes("microphone");
  return (
    <figure class={isFull ? "tile tile-full" : "tile"} data-participant={person.participant}>
      {isOff ? (
        <p class="no-picture">
          <span class="initial" aria-hidden="true">
            {initialOf(person.name)}
          </span>
          <span class={isFull ? "" : "spoken"}>
            {person.place.state === "lost" ? t("call.personLost") : t("call.noPicture")}
          </span>
        </p>
      ) : (
        <Picture track={track} label={person.name} />
      )}
      <figcaption>
        <span>
          {person.name}
          <span class="role">
            <span class="role-dot"> · </span>
            {t(`role.${person.role}`)}
          </span>
        </span>
        {isMuted && (
          <span class="tile-muted">
            <Icon of={micOff} size={18} />
            <span class={isFull ? "" : "spoken"}>{t("call.micMuted")}</span>
          </span>
        )}
      </figcaption>
    </figure>
  );
}

const initialOf = (name: string): string =>
  [...name.replace(/^(?:Dr|Pr|M\.|Mme|Mr|Mrs|Ms)\.?\s+/u, "")][0]?.toLocaleUpperCase() ?? "?";

const CORNERS = ["bottom-right", "bottom-left", "top-left", "top-right"] as const;

/** One's own picture in a corner; a tap or a key moves it to the next one. */
function OwnPicture({ visit, call }: { visit: Visit; call: Call }) {
  const corner = useSignal(0);
  const devices = visit.devices.value;
  const track = devices.cameraTrack.value;
  if (!track || !call.cameraOn.value) return null;
  return (
    <button
      type="button"
      class={`own ${CORNERS[corner.value]}`}
      aria-label={t("call.own")}
      onClick={() => {
        corner.value = (corner.value + 1) % CORNERS.length;
      }}
    >
      <Picture track={track} label={t("call.you")} isMirrored={devices.facing.value === "user"} />
      <span class="own-name" aria-hidden="true">
        {t("call.you")}
      </span>
    </button>
  );
}

/** The images that are shown. What draws them is loaded when it is first needed. */
function Images({ visit, call, wire, self }: { visit: Visit; call: Call; wire: Wire; self: string }) {
  const Viewer = useSignal<ComponentType<ViewerProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  const load = () => {
    hasFailed.value = false;
    import("../viewer/Viewer").then(
      (module) => {
        Viewer.value = module.Viewer;
      },
      () => {
        hasFailed.value = true;
      },
    );
  };
  useEffect(load, [visit]);
  if (Viewer.value) return <Viewer.value wire={wire} call={call} self={self} mayPresent={false} people={call.people} />;
  return (
    <div class="stage-empty">
      <p role="status">{hasFailed.value ? t("call.imagesFailed") : t("call.imagesLoading")}</p>
      {hasFailed.value && (
        <button type="button" class="button" onClick={load}>
          {t("retry")}
        </button>
      )}
    </div>
  );
}

/** Tells screen readers who comes and goes and what is shown. */
function useNews(visit: Visit, call: Call, wire: Wire, others: readonly Person[]): void {
  const known = useRef<Map<string, string> | undefined>(undefined);
  const names = others.map((person) => `${person.participant}\u0000${person.name}`).join("\u0001");
  useEffect(() => {
    if (!call.isInCall.peek()) return;
    const now = new Map(others.map((person) => [person.participant, person.name]));
    const before = known.current;
    known.current = now;
    if (!before) return;
    for (const [participant, name] of now) if (!before.has(participant)) visit.say(t("call.joined", { name }));
    for (const [participant, name] of before) if (!now.has(participant)) visit.say(t("call.gone", { name }));
  }, [names]);
  const viewing = viewingOf(wire).state.value;
  const title = viewing?.shown?.title;
  const presenter = viewing?.presenter;
  const wasShown = useRef(false);
  useEffect(() => {
    if (title !== undefined) {
      const name = call.people.peek().find((person) => person.participant === presenter)?.name;
      visit.say(name ? t("call.shows", { name, title }) : t("call.isShown", { title }));
    } else if (wasShown.current) visit.say(t("call.stopsShowing"));
    wasShown.current = title !== undefined;
  }, [title, presenter]);
}

function Banner({ visit, call, wire }: { visit: Visit; call: Call; wire: Wire }) {
  const isWireLost = wire.state.value === "lost";
  const media = call.media.value;
  const problem = visit.problem.value;
  const hasRemote = call.remote.value.size > 0;
  if (problem)
    return (
      <div class="banner">
        <Warning>
          <p>{sentenceOf(problem)}</p>
          <button type="button" class="button" onClick={() => void visit.enter()}>
            {t("retry")}
          </button>
        </Warning>
      </div>
    );
  if (isWireLost || media === "lost")
    return (
      <div class="banner">
        <Warning>
          <p>{isWireLost ? t("lost.wire") : t("lost.media")}</p>
          <p>
            {t("help")} <Telephone visit={visit} />
          </p>
        </Warning>
      </div>
    );
  if (media === "connecting" && call.isInCall.value && hasRemote)
    return (
      <p class="banner banner-quiet" role="status">
        {t("call.connecting")}
      </p>
    );
  return null;
}

/** Plays the voices of the others. Browsers may want a tap first; then there is a button for it. */
function Voices({ call }: { call: Call }) {
  const isBlocked = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const play = () => {
    isBlocked.value = false;
    for (const voice of box.current?.querySelectorAll("audio") ?? [])
      voice.play().catch((cause: unknown) => {
        if (cause instanceof DOMException && cause.name === "NotAllowedError") isBlocked.value = true;
      });
  };
  return (
    <div ref={box}>
      {[...call.remote.value].map(
        ([participant, { microphone }]) => microphone && <Voice key={participant} track={microphone} onReady={play} />,
      )}
      {isBlocked.value && (
        <div class="listen" role="alert">
          <p>{t("call.listenWhy")}</p>
          <button type="button" class="button primary" onClick={play}>
            <Icon of={volume} />
            {t("call.listen")}
          </button>
        </div>
      )}
    </div>
  );
}

function Voice({ track, onReady }: { track: MediaStreamTrack; onReady(): void }) {
  const voice = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = voice.current;
    if (!element) return;
    element.srcObject = new MediaStream([track]);
    onReady();
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  // biome-ignore lint/a11y/useMediaCaption: the voice of somebody in a live call
  return <audio ref={voice} autoplay />;
}

/** Microphone, camera, flip, leave and more: always at the same place, each with a word. */
function Controls({ visit, call }: { visit: Visit; call: Call }) {
  const open = useSignal<"" | "leave" | "more">("");
  const devices = visit.devices.value;
  const hasMic = call.micOn.value;
  const hasCamera = call.cameraOn.value;
  const close = () => {
    open.value = "";
  };
  const toggleMic = async () => {
    await call.toggleMic();
    visit.say(call.micOn.peek() ? t("call.saidMicOn") : t("call.saidMicOff"));
  };
  const toggleCamera = async () => {
    await call.toggleCamera();
    visit.say(call.cameraOn.peek() ? t("call.saidCameraOn") : t("call.saidCameraOff"));
  };
  return (
    <fieldset class="controls" aria-label={t("call.controls")}>
      <button
        type="button"
        class={`control${hasMic ? "" : " is-off"}`}
        aria-pressed={hasMic}
        onClick={() => void toggleMic()}
      >
        <Icon of={hasMic ? mic : micOff} />
        <span>{t("call.mic")}</span>
        <span class="control-state" aria-hidden="true">
          {hasMic ? t("call.on") : t("call.off")}
        </span>
      </button>
      <button
        type="button"
        class={`control${hasCamera ? "" : " is-off"}`}
        aria-pressed={hasCamera}
        onClick={() => void toggleCamera()}
      >
        <Icon of={hasCamera ? video : videoOff} />
        <span>{t("call.camera")}</span>
        <span class="control-state" aria-hidden="true">
          {hasCamera ? t("call.cameraIsOn") : t("call.cameraIsOff")}
        </span>
      </button>
      {hasCamera && devices.mayFlip() && (
        <button type="button" class="control" onClick={() => void call.flip()}>
          <Icon of={flip} />
          <span>{t("call.flip")}</span>
        </button>
      )}
      <button
        type="button"
        class="control"
        aria-haspopup="dialog"
        onClick={() => {
          open.value = "more";
        }}
      >
        <Icon of={ellipsis} />
        <span>{t("call.more")}</span>
      </button>
      <button
        type="button"
        class="control control-leave"
        aria-haspopup="dialog"
        onClick={() => {
          open.value = "leave";
        }}
      >
        <Icon of={phoneOff} />
        <span>{t("call.leave")}</span>
      </button>
      {open.value === "leave" && <LeaveDialog visit={visit} title={t("leave.title")} onClose={close} />}
      {open.value === "more" && (
        <Dialog title={t("more.title")} onClose={close}>
          <h3>{t("more.help")}</h3>
          <p>{t("more.helpText")}</p>
          <Telephone visit={visit} isButton />
          <h3>{t("more.language")}</h3>
          <LanguageSwitch />
          <button type="button" class="button wide" onClick={close}>
            {t("more.close")}
          </button>
        </Dialog>
      )}
    </fieldset>
  );
}
