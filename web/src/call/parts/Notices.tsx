import phone from "icon:phone-call";
import alert from "icon:triangle-alert";
import note from "icon:wifi-off";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { timeOfDay } from "../../i18n/time";
import type { ProblemCode, SourceWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import type { Wire } from "../../wire";
import type { Call } from "../call";
import type { Devices } from "../devices";
import { type FaultWord, type Faulty, GRACE_MS, type Notice, noticesOf, Silence, secondsUntil } from "../notices";
import { keepsRefusal } from "../refusal";
import { type Tell, useSeconds } from "./news";
import { tc } from "./words";

interface NoticesProps {
  call: Call;
  wire: Wire;
  devices: Devices;
  onDevices(): void;
  /** Reads out what appears. The list itself is no live region: it would read its countdown every second, and everything twice. */
  tell: Tell;
  /** Stands below the notice of a lost connection: who can be called. */
  help?: ComponentChildren;
  /** The sentence for a device that does not work, where the page says it nowhere else. */
  faultOf?: FaultSentence;
}

type FaultSentence = (why: FaultWord, what: Faulty) => string;

/** What the person must know about their own connection and devices, each with what to do. */
export function Notices({ call, wire, devices, onDevices, tell, help, faultOf }: NoticesProps) {
  const isWireLost = wire.state.value === "lost";
  const isMicSilent = useSilence(call, devices);
  const lostAt = useRef(0);
  if (!isWireLost) lostAt.current = 0;
  else if (lostAt.current === 0) lostAt.current = wire.now();
  const now = useSeconds(wire, isWireLost);
  const notices = noticesOf({
    isWireLost,
    media: call.media.value,
    isTelephone: call.telephone.value !== undefined,
    muteAsked: call.muteAsked.value,
    microphone: devices.isInterrupted.value ? "in_use" : devices.microphone.value,
    camera: devices.camera.value,
    withheld: faultOf ? call.withheld.value : NOTHING,
    isMicSilent,
    deviceNews: devices.news.value,
    isUplinkSlow: call.isUplinkSlow.value,
    unseen: new Map([...call.unseen.value].filter(([source]) => isSent(call, source))),
    cameraOn: call.cameraOn.value,
    path: call.path.value,
  });
  const wordsOf = (notice: Notice) =>
    notice.is === "withheld" && faultOf ? faultOf(notice.why, notice.what) : wordsOfOwn(notice);
  useTelling(notices, wordsOf, tell);
  useForgetting(devices);
  const seconds = secondsUntil(new Date(lostAt.current + GRACE_MS).toISOString(), now);
  return (
    <div class="call-notices">
      {notices.map((notice) => (
        <One
          key={subjectOf(notice)}
          notice={notice}
          words={wordsOf(notice)}
          grace={seconds > 0 ? tc.count("notice.grace", seconds) : tc("notice.graceOver")}
          call={call}
          onDevices={onDevices}
          tell={tell}
          help={help}
        />
      ))}
      <Own call={call} />
    </div>
  );
}

const NOTHING: ReadonlySet<never> = new Set();

/** A word on what is sent no longer may stand. */
const isSent = (call: Call, source: SourceWord): boolean =>
  source === "camera" ? call.cameraOn.value : source !== "microphone" && call.extras.tracks[source].value !== undefined;

/** Reads out each notice when it appears. */
function useTelling(notices: readonly Notice[], wordsOf: (notice: Notice) => string, tell: Tell): void {
  const shown = useRef(new Set<string>());
  useEffect(() => {
    const now = new Map(notices.map((notice) => [subjectOf(notice), notice]));
    for (const [subject, notice] of now)
      if (!shown.current.has(subject)) tell(subject, wordsOf(notice), isUrgent(notice) ? 0 : undefined);
    for (const subject of shown.current) if (!now.has(subject)) tell(subject, "");
    shown.current = new Set(now.keys());
  }, [notices.map(wordsOf).join("\n")]);
}

/** Another source, or another device, is other news; another number of people is not. */
function subjectOf(notice: Notice): string {
  if (notice.is === "unseen") return `notice unseen ${notice.source}`;
  if (notice.is === "withheld") return `notice withheld ${notice.what}`;
  return notice.is === "muted" || notice.is === "device" ? wordsOfOwn(notice) : `notice ${notice.is}`;
}

/** What takes the person out of the call, or was done to them, is read out each time. */
const isUrgent = ({ is }: Notice): boolean =>
  is === "wire" || is === "wire_goes_on" || is === "media" || is === "muted" || is === "device" || is === "withheld";

const READ_MS = 20_000;

/** A word on another device has been read after a while; that there is none stays. */
function useForgetting(devices: Devices): void {
  const news = devices.news.value;
  useEffect(() => {
    if (!news || news.is === "lost") return;
    const timer = setTimeout(() => {
      devices.news.value = undefined;
    }, READ_MS);
    return () => clearTimeout(timer);
  }, [devices, news]);
}

/** The sentence of a notice; what to do about it are the buttons. */
function wordsOfOwn(notice: Notice): string {
  switch (notice.is) {
    case "withheld":
      return "";
    case "wire_goes_on":
      return tc("notice.wireGoesOn");
    case "muted":
      return tc(`notice.muted.${notice.source}`);
    case "device": {
      const { is, kind, label } = notice.news;
      if (is === "lost") return tc(`notice.lost.${kind}`);
      return tc(`notice.${is}.${kind}`, { label: label || tc(`devices.${kind}`) });
    }
    case "unseen":
      return tc.count(`notice.unseen.${notice.source}`, notice.people);
    default:
      return tc(`notice.${notice.is}`);
  }
}

interface OneProps {
  notice: Notice;
  words: string;
  /** How long the place is kept, in words. */
  grace: string;
  call: Call;
  onDevices(): void;
  tell: Tell;
  help: ComponentChildren;
}

function One({ notice, words, grace, call, onDevices, tell, help }: OneProps) {
  const isQuiet = notice.is === "wire_goes_on" || notice.is === "restricted";
  const step = stepOf(notice, call, onDevices);
  return (
    <Line isQuiet={isQuiet}>
      <p>{notice.is === "wire" ? `${words} ${grace}` : words}</p>
      {step && (
        <button type="button" class="button" onClick={step.act}>
          {step.word}
        </button>
      )}
      {notice.is === "withheld" && <Withheld notice={notice} words={words} call={call} tell={tell} />}
      {(notice.is === "wire" || notice.is === "media") && help}
    </Line>
  );
}

interface WithheldProps {
  notice: Extract<Notice, { is: "withheld" }>;
  words: string;
  call: Call;
  tell: Tell;
}

/** Asks once more for what the browser did not give, or loads the page again where asking does nothing. */
function Withheld({ notice: { what, why }, words, call, tell }: WithheldProps) {
  const isBusy = useSignal(false);
  const kinds = what === "both" ? (["microphone", "camera"] as const) : [what];
  const retry = async () => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    for (const kind of kinds) await call.open(kind);
    isBusy.value = false;
    if (kinds.some((kind) => call.withheld.peek().has(kind))) tell(`notice withheld ${what}`, words, 0);
  };
  return (
    <>
      {why === "refused" && keepsRefusal() ? (
        <button type="button" class="button" onClick={() => location.reload()}>
          {tc("notice.reload")}
        </button>
      ) : (
        <button type="button" class="button" aria-disabled={isBusy.value} onClick={() => void retry()}>
          {tc(isBusy.value ? "notice.asking" : "notice.retry")}
        </button>
      )}
      <button
        type="button"
        class="button"
        onClick={() => {
          for (const kind of kinds) call.goWithout(kind);
        }}
      >
        {tc("notice.without")}
      </button>
    </>
  );
}

/** What the person can do about it, where there is something. */
function stepOf(notice: Notice, call: Call, onDevices: () => void) {
  const resume = { word: tc("notice.resume"), act: () => void call.open("microphone") };
  const choose = { word: tc("notice.devices"), act: onDevices };
  switch (notice.is) {
    case "muted":
      if (notice.source !== "microphone") return undefined;
      return { word: tc("notice.unmute"), act: () => void call.toggleMic() };
    case "taken":
      return resume;
    case "silent":
      return choose;
    case "device":
      if (notice.news.is === "kept") return undefined;
      if (notice.news.is === "replaced") return choose;
      if (notice.news.kind === "microphone") return resume;
      return { word: tc("notice.cameraOn"), act: () => void call.toggleCamera() };
    case "slow":
      return { word: tc("notice.slowOff"), act: () => void call.toggleCamera() };
    default:
      return undefined;
  }
}

interface LineProps {
  isQuiet?: boolean;
  isOwn?: boolean;
  children: ComponentChildren;
}

function Line({ isQuiet = false, isOwn = false, children }: LineProps) {
  return (
    <div class={`call-notice${isQuiet ? " quiet" : ""}${isOwn ? " own-notice" : ""}`}>
      <Icon of={isQuiet ? note : alert} />
      <div>{children}</div>
    </div>
  );
}

/** What this person shows beside their face, with the way to stop it. */
function Own({ call }: { call: Call }) {
  const { screen, second_camera: second, auscultation } = call.extras.tracks;
  return (
    <>
      {screen.value && <Stop text={tc("tile.ownScreen")} onStop={() => void call.stopScreen()} />}
      {second.value && <Stop text={tc("tile.ownSecond")} onStop={() => void call.extras.stop("second_camera")} />}
      {auscultation.value && (
        <Stop text={tc("tile.ownAuscultation")} onStop={() => void call.extras.stop("auscultation")} />
      )}
    </>
  );
}

function Stop({ text, onStop }: { text: string; onStop(): void }) {
  return (
    <Line isOwn>
      <p>{text}</p>
      <button type="button" class="button" onClick={onStop}>
        {tc("tile.stop")}
      </button>
    </Line>
  );
}

/** That the visit goes on by telephone; staff can turn it back. */
export function TelephoneBanner({ call, zone, onBack }: { call: Call; zone: string; onBack?: () => void }) {
  const telephone = call.telephone.value;
  if (!telephone) return null;
  return (
    <div class="call-notice telephone-banner">
      <Icon of={phone} />
      <div>
        <p>
          <strong>{tc("telephone.goesOn", { time: timeOfDay(telephone.since, zone) })}</strong>
        </p>
        <p>{onBack ? tc("telephone.staff") : tc("telephone.guest")}</p>
        {onBack && (
          <button type="button" class="button" onClick={onBack}>
            {tc("telephone.back")}
          </button>
        )}
      </div>
    </div>
  );
}

interface OutgoingProps {
  call: Call;
  tell: Tell;
  sentenceOf(code: ProblemCode): string;
  onOpen(): void;
}

/** What this person sends while the messages are out of sight: how far it is, and that it did not go. */
export function Outgoing({ call, tell, sentenceOf, onOpen }: OutgoingProps) {
  const { handings, fault } = call.chat;
  const failed = handings.value.find(({ code }) => code !== undefined);
  const going = handings.value.find(({ code }) => code === undefined);
  const words = failed?.code
    ? tc("chat.fileFailed", { file: failed.file.name, why: sentenceOf(failed.code) })
    : fault.value
      ? tc("chat.lineFailed", { why: sentenceOf(fault.value) })
      : "";
  useEffect(() => {
    if (words !== "") tell("outgoing", words, 0);
  }, [words]);
  if (words === "" && !going) return null;
  return (
    <div class={`call-notice outgoing${words === "" ? " quiet" : ""}`}>
      <p>
        {words !== ""
          ? words
          : going &&
            `${tc("chat.sendingFile", { file: going.file.name })} ${tc("chat.percent", { percent: Math.floor(going.part * 100) })}`}
      </p>
      <button type="button" class="button" onClick={onOpen}>
        {tc("chat.see")}
      </button>
    </div>
  );
}

/** A new message, until it is read. */
export function NewMessage({ call, onRead }: { call: Call; onRead(): void }) {
  const latest = call.chat.latest.value;
  if (!latest || call.chat.unread.value === 0) return null;
  const text =
    latest.kind === "line"
      ? tc("notice.wrote", { name: latest.name, text: shorten(latest.text) })
      : tc("notice.gave", { name: latest.name, file: latest.fileName });
  return (
    <div class="call-notice quiet new-message">
      <p>{text}</p>
      <button type="button" class="button" onClick={onRead}>
        {tc("notice.read")}
      </button>
    </div>
  );
}

const shorten = (text: string): string => ([...text].length > 80 ? `${[...text].slice(0, 79).join("")}…` : text);

function useSilence(call: Call, devices: Devices): boolean {
  const isSilent = useSignal(false);
  const track = devices.microphoneTrack.value;
  useEffect(() => {
    const silence = new Silence();
    isSilent.value = false;
    if (!track) return;
    const timer = setInterval(() => {
      isSilent.value = silence.sample(performance.now(), call.levels(), call.micOn.peek());
    }, 200);
    return () => clearInterval(timer);
  }, [call, devices, track]);
  return isSilent.value;
}
