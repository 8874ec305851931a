import arrowLeft from "icon:arrow-left";
import camera from "icon:camera";
import ellipsis from "icon:ellipsis";
import message from "icon:message-square";
import mic from "icon:mic";
import micOff from "icon:mic-off";
import phoneOff from "icon:phone-off";
import shield from "icon:shield";
import sliders from "icon:sliders-horizontal";
import flip from "icon:switch-camera";
import video from "icon:video";
import videoOff from "icon:video-off";
import volume from "icon:volume-2";
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { type Call, keyOf } from "../call/call";
import type { Kind } from "../call/devices";
import { type Feed, feedsOf, frontOf, IMAGES } from "../call/feeds";
import { Files } from "../call/files";
import { secondsUntil } from "../call/notices";
import { Badge } from "../call/parts/Badge";
import { ChatPanel } from "../call/parts/ChatPanel";
import { DevicePanel } from "../call/parts/DevicePanel";
import { Happened } from "../call/parts/Happened";
import { NewMessage, Notices, Outgoing, TelephoneBanner } from "../call/parts/Notices";
import { type Tell, useCallNews, useSeconds, useTell } from "../call/parts/news";
import { Pin } from "../call/parts/Pin";
import { useWatched } from "../call/parts/useWatched";
import { Voices } from "../call/parts/Voices";
import { tc } from "../call/parts/words";
import { t as ts } from "../protection/open.words";
import { ProtectionPanel } from "../protection/Panel";
import type { Person } from "../protocol";
import { Icon } from "../ui/icon";
import type { ViewerProps } from "../viewer/Viewer";
import { anyOf, viewingOf } from "../viewer/viewing";
import type { Wire } from "../wire";
import type { Photo as PhotoPage } from "./Photo";
import { Dialog, LanguageSwitch, LeaveDialog, Picture, Telephone, usePage, Warning } from "./parts";
import { t as tp } from "./photo.words";
import type { Taking } from "./taking";
import type { Visit } from "./visit";
import { faultOf, sentenceOf, t } from "./words";

/** What lies over the call. */
type Panel = "" | "leave" | "more" | "chat" | "devices" | "photo" | "protection";

/** The call: the doctor fills the screen until images or a screen take it. */
export function InCall({ visit, call, wire }: { visit: Visit; call: Call; wire: Wire }) {
  const heading = usePage(call.isInCall.value ? t("call.title") : t("admitted.title"));
  const panel = useSignal<Panel>("");
  const files = useMemo(() => new Files(wire, visit.link), [wire, visit]);
  const self = call.self.participant;
  const viewing = viewingOf(wire).state.value;
  const shown = anyOf(viewing);
  const hasSeveral = shown !== undefined && (viewing?.viewports.length ?? 1) > 1;
  const others = call.people.value.filter(
    (person) => person.participant !== self && (person.place.state === "in_call" || person.place.state === "lost"),
  );
  const feeds = feedsOf(call, others);
  const keys = [...(shown ? [IMAGES] : []), ...feeds.map(({ key }) => key)];
  const front = useFront(keys);
  const feed = feeds.find(({ key }) => key === front.value) ?? (shown ? undefined : feeds[0]);
  const pinned = call.watching.pinned.value;
  const ranked = [...others].sort((a, b) => rank(a, pinned) - rank(b, pinned));
  const [main, ...rest] = ranked;
  const isShowing = keys.length > 0;
  const tell = useTell((text) => visit.say(text));
  useNews(call, wire, others, feeds, tell);
  useCallNews(call, wire, tell);
  return (
    <div class={`call${isShowing ? " showing" : ""}${hasSeveral && !feed ? " several" : ""}`} data-ground="dark">
      <h1 ref={heading} tabIndex={-1} class="spoken">
        {call.isInCall.value ? t("call.title") : t("admitted.title")}
      </h1>
      <Banner
        visit={visit}
        call={call}
        wire={wire}
        tell={tell}
        isAtPhoto={panel.value === "photo"}
        open={(which) => {
          panel.value = which;
        }}
      >
        {keys.length > 1 && <Choice keys={keys} feeds={feeds} front={front} />}
      </Banner>
      <main class="stage" aria-label={t("call.stage")}>
        <div class="stage-main">
          {shown && (
            <div class={`stage-images${feed ? " behind" : ""}`}>
              <Images visit={visit} call={call} wire={wire} self={self} />
            </div>
          )}
          {feed ? (
            <FeedPicture key={feed.track.id} call={call} feed={feed} />
          ) : shown ? null : main ? (
            <Tile key={main.participant} person={main} call={call} wire={wire} isFull />
          ) : (
            <p class="stage-empty" role="status">
              {call.isInCall.value ? t("call.alone") : t("call.entering")}
            </p>
          )}
        </div>
        <div class="tiles">
          {isShowing && main && <Tile key={main.participant} person={main} call={call} wire={wire} />}
          {rest.map((person) => (
            <Tile key={person.participant} person={person} call={call} wire={wire} />
          ))}
        </div>
        <OwnPicture visit={visit} call={call} />
      </main>
      <Voices
        call={call}
        blocked={(play) => (
          <div class="listen" role="alert">
            <p>{t("call.listenWhy")}</p>
            <button type="button" class="button primary" onClick={play}>
              <Icon of={volume} />
              {t("call.listen")}
            </button>
          </div>
        )}
      />
      {panel.value !== "chat" && (
        <Outgoing
          call={call}
          tell={tell}
          sentenceOf={sentenceOf}
          onOpen={() => {
            panel.value = "chat";
          }}
        />
      )}
      {panel.value !== "chat" && (
        <NewMessage
          call={call}
          onRead={() => {
            panel.value = "chat";
          }}
        />
      )}
      <Controls
        visit={visit}
        call={call}
        wire={wire}
        files={files}
        tell={tell}
        panel={panel.value}
        open={(which) => {
          panel.value = which;
        }}
      />
    </div>
  );
}

/** What of all that is shown is in front. */
function useFront(keys: readonly string[]): Signal<string> {
  const front = useSignal(keys[0] ?? "");
  const before = useRef(keys);
  useEffect(() => {
    front.value = frontOf(front.peek(), before.current, keys);
    before.current = keys;
  }, [keys.join("\n")]);
  return front;
}

/** Images, screens and second cameras that are shown at once: one of them is in front. */
function Choice({ keys, feeds, front }: { keys: readonly string[]; feeds: readonly Feed[]; front: Signal<string> }) {
  return (
    <fieldset class="stage-choice">
      <legend class="spoken">{tc("stage.label")}</legend>
      {keys.map((key) => {
        const feed = feeds.find((each) => each.key === key);
        return (
          <button
            key={key}
            type="button"
            class="button"
            aria-pressed={front.value === key}
            onClick={() => {
              front.value = key;
            }}
          >
            {feed ? tc(`stage.${feed.source}`, { name: feed.person.name }) : tc("stage.images")}
          </button>
        );
      })}
    </fieldset>
  );
}

function FeedPicture({ call, feed }: { call: Call; feed: Feed }) {
  const { person, source, track } = feed;
  const element = useWatched(call, person.participant, source);
  const label = tc(`stage.${source}`, { name: person.name });
  return (
    <figure class="tile tile-full" ref={element}>
      <Picture track={track} label={label} isWhole />
      <figcaption>{label}</figcaption>
    </figure>
  );
}

const RANK = { practitioner: 0, interpreter: 1, relative: 2, patient: 3 } as const;
const rank = (person: Person, pinned: string | undefined): number =>
  person.participant === pinned ? -1 : RANK[person.role] + (person.place.state === "lost" ? 0.5 : 0);

interface TileProps {
  person: Person;
  call: Call;
  wire: Wire;
  isFull?: boolean;
}

function Tile({ person, call, wire, isFull }: TileProps) {
  const { participant } = person;
  const element = useWatched(call, participant, "camera");
  const isLost = person.place.state === "lost";
  const now = useSeconds(wire, isLost);
  const track = call.remote.value.get(participant)?.camera;
  const paused = call.paused.value.get(keyOf(participant, "camera"));
  const isTelephone = call.telephone.value !== undefined;
  const isOff = !track || person.muted.includes("camera") || paused !== undefined || isTelephone || isLost;
  const isMuted = person.muted.includes("microphone") && !isTelephone;
  const quality = call.quality.value.get(participant);
  const seconds = secondsUntil(person.place.until, now);
  const speaks = call.speaker.value === participant && !isTelephone;
  return (
    <figure
      ref={element}
      class={`tile${isFull ? " tile-full" : ""}${speaks ? " is-speaking" : ""}`}
      data-participant={participant}
    >
      {isOff ? (
        <p class="no-picture">
          <span class="initial" aria-hidden="true">
            {initialOf(person.name)}
          </span>
          <span class={isFull ? "" : "spoken"}>
            {isLost
              ? `${t("call.personLost")}${seconds > 0 ? ` (${tc.count("tile.place", seconds)})` : ""}`
              : paused
                ? tc(paused === "off" ? "tile.pausedOff" : "tile.pausedBandwidth")
                : isTelephone
                  ? ""
                  : t("call.noPicture")}
          </span>
        </p>
      ) : (
        <Picture track={track} label={person.name} />
      )}
      {(!isFull || call.watching.pinned.value === participant) && <Pin call={call} person={person} />}
      <figcaption>
        <span>
          {person.name}
          <span class="role">
            <span class="role-dot"> · </span>
            {t(person.hasDroppedIn ? "role.droppedIn" : `role.${person.role}`)}
          </span>
        </span>
        <Badge word={person.assurance} isSmall={!isFull} />
        {isMuted && (
          <span class="tile-muted">
            <Icon of={micOff} size={18} />
            <span class={isFull ? "" : "spoken"}>{t("call.micMuted")}</span>
          </span>
        )}
        {(quality === "poor" || quality === "lost") && !isLost && !isTelephone && (
          <span class={`tile-quality ${quality}`}>{tc(`quality.${quality}`)}</span>
        )}
        {call.remote.value.get(participant)?.auscultation && <span class="tile-raw">{tc("tile.auscultation")}</span>}
        {speaks && <span class="spoken">{tc("tile.speaks")}</span>}
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
  if (Viewer.value) return <Viewer.value wire={wire} self={self} mayPresent={false} people={call.people} />;
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
function useNews(call: Call, wire: Wire, others: readonly Person[], feeds: readonly Feed[], tell: Tell): void {
  const known = useRef<Map<string, string> | undefined>(undefined);
  const names = others.map((person) => `${person.participant}\u0000${person.name}`).join("\u0001");
  useEffect(() => {
    if (!call.isInCall.peek()) return;
    const now = new Map(others.map((person) => [person.participant, person.name]));
    const before = known.current;
    known.current = now;
    if (!before) return;
    for (const [participant, name] of now)
      if (!before.has(participant)) tell(`there ${participant}`, t("call.joined", { name }), 0);
    for (const [participant, name] of before)
      if (!now.has(participant)) tell(`there ${participant}`, t("call.gone", { name }), 0);
  }, [names]);
  const seen = useRef<string[]>([]);
  useEffect(() => {
    for (const { key, source, person } of feeds)
      if (!seen.current.includes(key)) tell(`feed ${key}`, t(`call.shows.${source}`, { name: person.name }), 0);
    seen.current = feeds.map(({ key }) => key);
  }, [feeds.map(({ key }) => key).join("\n")]);
  const viewing = viewingOf(wire).state.value;
  const title = anyOf(viewing)?.title;
  const presenter = viewing?.presenter;
  const wasShown = useRef(false);
  useEffect(() => {
    if (title !== undefined) {
      const name = call.people.peek().find((person) => person.participant === presenter)?.name;
      tell("images", name ? t("call.shows", { name, title }) : t("call.isShown", { title }), 0);
    } else if (wasShown.current) tell("images", t("call.stopsShowing"), 0);
    wasShown.current = title !== undefined;
    // Who shows them after that is said by the viewer.
  }, [title]);
}

interface BannerProps {
  visit: Visit;
  call: Call;
  wire: Wire;
  tell: Tell;
  isAtPhoto: boolean;
  open(panel: Panel): void;
  children: ComponentChildren;
}

/** What becomes of a photograph whose dialog was closed: it is not lost, and the person hears of it. */
function PhotoNote({ taking, tell, onOpen }: { taking: Taking; tell: Tell; onOpen(): void }) {
  const step = taking.step.value;
  const words =
    step.is === "sending"
      ? step.part < 1
        ? tp("sending", { percent: Math.floor(step.part * 100) })
        : tp("looking")
      : step.is === "sent"
        ? tp("sent")
        : step.is === "failed"
          ? step.why
          : "";
  useEffect(() => {
    if (step.is === "sent" || step.is === "failed") tell("photo", words, 0);
  }, [step.is]);
  if (words === "") return null;
  return (
    <div class={`call-notice${step.is === "failed" ? "" : " quiet"}`}>
      <Icon of={camera} />
      <div>
        <p>{words}</p>
        <button type="button" class="button" onClick={onOpen}>
          {tp("see")}
        </button>
      </div>
    </div>
  );
}

function Banner({ visit, call, wire, tell, isAtPhoto, open, children }: BannerProps) {
  const problem = visit.problem.value;
  const isOnTheWay = call.media.value === "connecting" && call.isInCall.value && call.remote.value.size > 0;
  return (
    <div class="banners">
      <TelephoneBanner call={call} zone={visit.timeZone} />
      {problem && (
        <div class="banner">
          <Warning>
            <p>{sentenceOf(problem)}</p>
            <button type="button" class="button" onClick={() => void visit.enter()}>
              {t("retry")}
            </button>
          </Warning>
        </div>
      )}
      {!isAtPhoto && visit.photo.value && (
        <PhotoNote taking={visit.photo.value} tell={tell} onOpen={() => open("photo")} />
      )}
      <Happened wire={wire} tell={tell} />
      <Notices
        call={call}
        wire={wire}
        devices={visit.devices.value}
        tell={tell}
        onDevices={() => open("devices")}
        faultOf={faultOf}
        help={
          <p>
            {t("help")} <Telephone visit={visit} />
          </p>
        }
      />
      {isOnTheWay && !call.telephone.value && wire.state.value === "open" && (
        <p class="banner banner-quiet" role="status">
          {t("call.connecting")}
        </p>
      )}
      {children}
    </div>
  );
}

interface ControlsProps {
  visit: Visit;
  call: Call;
  wire: Wire;
  files: Files;
  tell: Tell;
  panel: Panel;
  open(panel: Panel): void;
}

/** Microphone, camera, flip, leave and more: always at the same place, each with a word. */
function Controls({ visit, call, wire, files, tell, panel, open }: ControlsProps) {
  const devices = visit.devices.value;
  const hasMic = call.micOn.value;
  const hasCamera = call.cameraOn.value;
  const unread = call.chat.unread.value;
  const isTelephone = call.telephone.value !== undefined;
  /** What the browser does not give is told by its notice when that appears, and here when it stands already. */
  const toggle = async (kind: Kind, act: () => Promise<void>, words: () => string) => {
    const was = call.withheld.peek().has(kind);
    await act();
    const state = devices[kind].peek();
    if (!call.withheld.peek().has(kind) || state === "works" || state === "off") tell(kind, words(), 0);
    else if (was) tell(kind, faultOf(state, kind), 0);
  };
  const toggleMic = () =>
    toggle(
      "microphone",
      () => call.toggleMic(),
      () => t(call.micOn.peek() ? "call.saidMicOn" : "call.saidMicOff"),
    );
  const toggleCamera = () =>
    toggle(
      "camera",
      () => call.toggleCamera(),
      () => t(call.cameraOn.peek() ? "call.saidCameraOn" : "call.saidCameraOff"),
    );
  return (
    <fieldset class="controls" aria-label={t("call.controls")}>
      {!isTelephone && (
        <>
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
        </>
      )}
      <button
        type="button"
        class="control"
        aria-haspopup="dialog"
        aria-label={unread > 0 ? `${t("call.more")}, ${tc.count("chat.unread", unread)}` : undefined}
        onClick={() => open("more")}
      >
        <span class="control-icon">
          <Icon of={ellipsis} />
          {unread > 0 && (
            <span class="control-badge" aria-hidden="true">
              {unread}
            </span>
          )}
        </span>
        <span>{t("call.more")}</span>
      </button>
      <button type="button" class="control control-leave" aria-haspopup="dialog" onClick={() => open("leave")}>
        <Icon of={phoneOff} />
        <span>{t("call.leave")}</span>
      </button>
      {panel === "leave" && <LeaveDialog visit={visit} title={t("leave.title")} onClose={() => open("")} />}
      {panel === "more" && <More visit={visit} call={call} open={open} />}
      {panel === "chat" && (
        <Dialog title={tc("chat.title")} onClose={() => open("")}>
          <ChatPanel call={call} files={files} zone={visit.timeZone} sentenceOf={sentenceOf} />
          <Close open={open} />
        </Dialog>
      )}
      {panel === "photo" && (
        <Dialog title={tp("title")} onClose={() => open("")}>
          <PhotoPanel visit={visit} wire={wire} />
          <Close open={open} />
        </Dialog>
      )}
      {panel === "protection" && (
        <Dialog title={ts("open")} onClose={() => open("")}>
          <ProtectionPanel call={call} wire={wire} link={visit.link} zone={visit.timeZone} />
          <div class="protection-close">
            <Close open={open} />
          </div>
        </Dialog>
      )}
      {panel === "devices" && (
        <Dialog title={tc("devices.title")} onClose={() => open("")}>
          <DevicePanel call={call} devices={devices} />
          <Close open={open} />
        </Dialog>
      )}
    </fieldset>
  );
}

/** Few take a photograph: what it needs is loaded then. */
function PhotoPanel({ visit, wire }: { visit: Visit; wire: Wire }) {
  const Photo = useSignal<typeof PhotoPage | undefined>(undefined);
  const hasFailed = useSignal(false);
  const load = () => {
    hasFailed.value = false;
    Promise.all([import("./Photo"), import("./taking")]).then(
      ([photo, { Taking }]) => {
        visit.photo.value ??= new Taking(wire, visit.link, () => visit.timeZone);
        Photo.value = photo.Photo;
      },
      () => {
        hasFailed.value = true;
      },
    );
  };
  useEffect(load, []);
  const taking = visit.photo.value;
  if (Photo.value && taking) return <Photo.value taking={taking} />;
  return (
    <>
      <p role="status">{hasFailed.value ? tp("notLoaded") : tp("loading")}</p>
      {hasFailed.value && (
        <button type="button" class="button wide" onClick={load}>
          {t("retry")}
        </button>
      )}
    </>
  );
}

function Close({ open }: { open(panel: Panel): void }) {
  return (
    <button type="button" class="button wide" onClick={() => open("")}>
      <Icon of={arrowLeft} />
      {t("more.back")}
    </button>
  );
}

function More({ visit, call, open }: { visit: Visit; call: Call; open(panel: Panel): void }) {
  const unread = call.chat.unread.value;
  return (
    <Dialog title={t("more.title")} onClose={() => open("")}>
      <div class="more-ways">
        <button type="button" class="button wide" onClick={() => open("chat")}>
          <Icon of={message} />
          {tc("chat.title")}
          {unread > 0 && <span class="more-unread">{tc.count("chat.unread", unread)}</span>}
        </button>
        <button type="button" class="button wide" onClick={() => open("photo")}>
          <Icon of={camera} />
          {tp("take")}
        </button>
        <button type="button" class="button wide" onClick={() => open("devices")}>
          <Icon of={sliders} />
          {tc("devices.title")}
        </button>
        <button type="button" class="button wide" onClick={() => open("protection")}>
          <Icon of={shield} />
          {ts("open")}
        </button>
      </div>
      <h3>{t("more.help")}</h3>
      <p>{t("more.helpText")}</p>
      <Telephone visit={visit} isButton />
      <h3>{t("more.language")}</h3>
      <LanguageSwitch />
      <button type="button" class="button wide" onClick={() => open("")}>
        {t("more.close")}
      </button>
    </Dialog>
  );
}
