import { tryWay } from "../call/network";
import type { Rung } from "./rungs";

const TIMEOUT_MS = 8_000;

/** Tries one rung: how long it took in milliseconds, or nothing when it is closed. */
export async function tryRung(rung: Rung): Promise<number | undefined> {
  return rung.way ? (await tryWay(rung.way, TIMEOUT_MS))?.connectMs : tryWebSocket();
}

function tryWebSocket(): Promise<number | undefined> {
  return new Promise((resolve) => {
    const begin = performance.now();
    let socket: WebSocket;
    try {
      socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
    } catch {
      resolve(undefined);
      return;
    }
    const end = (ms: number | undefined) => {
      clearTimeout(timer);
      socket.onopen = socket.onerror = socket.onclose = null;
      socket.close();
      resolve(ms);
    };
    const timer = setTimeout(() => end(undefined), TIMEOUT_MS);
    socket.onopen = () => end(performance.now() - begin);
    socket.onerror = socket.onclose = () => end(undefined);
  });
}
