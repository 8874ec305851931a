/**
 * Keeps the screen on until the answer of this call is called. The lock goes away whenever the page is hidden, so it is asked
 * for again when the page is back. A browser without it does as it did.
 */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let isWanted = true;
  const ask = async () => {
    if (!isWanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      const got = await navigator.wakeLock.request("screen");
      if (isWanted) lock = got;
      else void got.release();
    } catch {
      // Refused when the battery is low; the waiting room says in words to keep the page open.
    }
  };
  const back = () => void ask();
  document.addEventListener("visibilitychange", back);
  void ask();
  return () => {
    isWanted = false;
    document.removeEventListener("visibilitychange", back);
    void lock?.release().catch(() => undefined);
  };
}
