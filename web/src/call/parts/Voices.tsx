import { effect, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SourceWord } from "../../protocol";
import type { Call } from "../call";
import { audio } from "../sound";

const HEARD: readonly SourceWord[] = ["microphone", "auscultation", "screen_sound"];

interface VoicesProps {
  call: Call;
  /** What is shown when the browser wants a tap first; `play` is to be called by it. */
  blocked(play: () => void): ComponentChildren;
}

/** Plays what is to be heard of the others. After a phone call or on the first time browsers may want a tap for it. */
export function Voices({ call, blocked }: VoicesProps) {
  const isBlocked = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const play = () => {
    isBlocked.value = false;
    for (const voice of box.current?.querySelectorAll("audio") ?? [])
      voice.play().catch((cause: unknown) => {
        if (cause instanceof DOMException && cause.name === "NotAllowedError") isBlocked.value = true;
      });
  };
  useEffect(() => {
    // iOS pauses the sound of a page for a phone call and does not begin again by itself.
    const back = () => {
      if (document.visibilityState === "visible") play();
    };
    const changed = () => void call.hearing.follow(box.current?.querySelectorAll("audio") ?? []);
    document.addEventListener("visibilitychange", back);
    navigator.mediaDevices?.addEventListener("devicechange", changed);
    return () => {
      document.removeEventListener("visibilitychange", back);
      navigator.mediaDevices?.removeEventListener("devicechange", changed);
    };
  }, [call]);
  return (
    <div ref={box}>
      {!call.telephone.value &&
        [...call.remote.value].flatMap(([participant, sources]) =>
          HEARD.map((source) => {
            const track = sources[source];
            return (
              track && (
                <Voice
                  key={`${participant} ${source}`}
                  call={call}
                  participant={participant}
                  track={track}
                  onReady={play}
                />
              )
            );
          }),
        )}
      {isBlocked.value &&
        blocked(() => {
          audio();
          play();
        })}
    </div>
  );
}

interface VoiceProps {
  call: Call;
  participant: string;
  track: MediaStreamTrack;
  onReady(): void;
}

function Voice({ call, participant, track, onReady }: VoiceProps) {
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
  useEffect(
    () =>
      effect(() => {
        const volume = call.hearing.volumes.value.get(participant) ?? 1;
        if (voice.current) voice.current.volume = volume;
      }),
    [call, participant],
  );
  useEffect(
    () =>
      effect(() => {
        if (call.hearing.speaker.value !== undefined && voice.current) void call.hearing.route(voice.current);
      }),
    [call],
  );
  // biome-ignore lint/a11y/useMediaCaption: the voice of somebody in a live call
  return <audio ref={voice} autoplay />;
}
