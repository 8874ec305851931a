import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { QualityWord } from "../../protocol";
import type { Wire } from "../../wire";
import type { Call } from "../call";
import { Doses } from "../doses";
import { PICTURES } from "../notices";
import { tc } from "./words";

/** Has something read out, by subject; see `Doses`. */
export type Tell = Doses["tell"];

/** What comes within so short a time is read out together: a later text would cut off an earlier one. */
const TOGETHER_MS = 150;
const LOOK_AGAIN_MS = 1_000;

/** Has news read out by the one place of the page for it: in doses, and so that none cuts off another. */
export function useTell(say: (text: string) => void): Tell {
  const latest = useRef(say);
  latest.current = say;
  const { tell, stop } = useMemo(() => {
    const doses = new Doses();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = "";
    const look = () => {
      timer = undefined;
      const text = doses.take(performance.now());
      if (text !== "") {
        // The same words again are read out only if they differ.
        last = text === last ? `${text}\u00a0` : text;
        latest.current(last);
      }
      if (doses.isWaiting) timer = setTimeout(look, LOOK_AGAIN_MS);
    };
    const tell: Tell = (...what) => {
      doses.tell(...what);
      clearTimeout(timer);
      timer = setTimeout(look, TOGETHER_MS);
    };
    return { tell, stop: () => clearTimeout(timer) };
  }, []);
  useEffect(() => stop, []);
  return tell;
}

/** Calls `tell` when a value has changed since the page began to look, not with the first. */
function useChange<T>(value: T, tell: (value: T) => void): void {
  const last = useRef(value);
  useEffect(() => {
    if (last.current === value) return;
    last.current = value;
    tell(value);
  }, [value]);
}

const isBad = (word: QualityWord | undefined): boolean => word === "poor" || word === "lost";

/** Tells screen readers what changes in the call beside people, images, and the notices that tell themselves. */
export function useCallNews(call: Call, wire: Wire, tell: Tell): void {
  const latest = call.chat.latest.value;
  useChange(wire.state.value === "lost", (is) => {
    if (!is) tell("wire", tc("notice.back"), 0);
  });
  useChange(call.isLocked.value, (is) => tell("lock", is ? tc("notice.locked") : tc("notice.unlocked"), 0));
  useChange(call.telephone.value?.since, (since) => {
    const isStaff = call.self.role === "practitioner";
    const text = since === undefined ? tc("telephone.over") : isStaff ? tc("telephone.staff") : tc("telephone.guest");
    tell("telephone", text, 0);
  });
  useChange(latest?.id, (id) => {
    if (latest?.kind === "line") tell(`chat ${id}`, tc("notice.wrote", { name: latest.name, text: latest.text }), 0);
    else if (latest) tell(`chat ${id}`, tc("notice.gave", { name: latest.name, file: latest.fileName }), 0);
  });
  usePeopleNews(call, tell);
}

/** Whose connection is bad, and whose picture is paused. */
function usePeopleNews(call: Call, tell: Tell): void {
  const self = call.self.participant;
  const people = call.people.value.filter(({ place }) => place.state === "in_call");
  const quality = call.quality.value;
  const paused = call.paused.value;
  const told = useRef(new Set<string>());
  useEffect(() => {
    /** Good news is news only after bad. */
    const follow = (subject: string, isOn: boolean, text: string) => {
      if (isOn) told.current.add(subject);
      else if (!told.current.delete(subject)) return;
      tell(subject, text);
    };
    for (const { participant, name } of people) {
      const word = quality.get(participant) ?? "good";
      const who = participant === self ? tc("chat.you") : name;
      follow(`quality ${participant}`, isBad(word), tc("news.quality", { name: who, word: tc(`quality.${word}`) }));
      for (const source of PICTURES) {
        const key = `${participant} ${source}`;
        const isPaused = paused.get(key) === "bandwidth";
        follow(`paused ${key}`, isPaused, isPaused ? tc("news.paused", { name }) : tc("news.resumed", { name }));
      }
    }
  }, [quality, paused, people.map(({ participant }) => participant).join(" ")]);
}

/** Milliseconds since 1970 by the gateway's clock, every second while `isOn`. */
export function useSeconds(wire: Wire, isOn: boolean): number {
  const now = useSignal(wire.now());
  useEffect(() => {
    if (!isOn) return;
    now.value = wire.now();
    const timer = setInterval(() => {
      now.value = wire.now();
    }, 1_000);
    return () => clearInterval(timer);
  }, [wire, isOn]);
  return now.value;
}
