import { describe, expect, it, vi } from "vitest";
import type { UploadReceipt } from "../../src/protocol";
import { sha256Of } from "../../src/upload/checksum";
import { isIdle, receiptText, Sendings, type Ways } from "../../src/upload/sendings";

const bytes = (text: string): File => new File([text], "a.txt");
/** Of "abc" (FIPS 180-4, the example of SHA-256). */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

const receipt = (sha256: string): UploadReceipt => ({
  receipt: "r1",
  at: "2026-11-25T10:00:00Z",
  bytes: 3,
  sha256,
  objects: 0,
  refused: 0,
  isKnown: false,
});

const ways = (change: Partial<Ways> = {}): Ways => ({
  send: vi.fn(async (address) => receipt(new URLSearchParams(address.split("?")[1]).get("sha256") ?? "")),
  known: vi.fn(async () => undefined),
  pause: vi.fn(async () => undefined),
  ...change,
});

const settled = (sendings: Sendings) => vi.waitFor(() => expect(isIdle(sendings.items.value)).toBe(true));

describe("the checksum", () => {
  it("is the same whether a file goes through as a whole or in pieces", async () => {
    const { signal } = new AbortController();
    const large = new Blob([new Uint8Array(9 << 20).fill(7), "end"]);
    const parts: number[] = [];
    expect(await sha256Of(bytes("abc"), () => undefined, signal)).toBe(ABC);
    expect(await sha256Of(bytes("abc"), () => undefined, signal, 0)).toBe(ABC);
    const whole = await sha256Of(large, () => undefined, signal);
    expect(await sha256Of(large, (part) => parts.push(part), signal, 0)).toBe(whole);
    expect(parts.length).toBe(3);
    expect(parts.at(-1)).toBe(1);
  });
});

describe("sending", () => {
  it("sends the size and the checksum in the address, and the name beside it", async () => {
    const own = ways();
    const sendings = new Sendings("secret", own);
    sendings.add([{ name: "Lefèvre IRM.txt", file: bytes("abc") }]);
    await settled(sendings);
    const [address, , options] = vi.mocked(own.send).mock.calls[0] ?? [];
    expect(address).toBe(`/api/upload?bytes=3&sha256=${ABC}`);
    expect(options).toMatchObject({ authorization: "Link secret", fileName: "Lefèvre IRM.txt" });
    expect(sendings.items.value[0]?.state).toMatchObject({ is: "received" });
    expect(receiptText(sendings.items.value, "Hôpital")).toContain(`${ABC}  3  r1  Lefèvre IRM.txt`);
  });

  it("does not believe a receipt for other bytes", async () => {
    const sendings = new Sendings("secret", ways({ send: async () => receipt("0".repeat(64)) }));
    sendings.add([{ name: "a", file: bytes("abc") }]);
    await settled(sendings);
    expect(sendings.items.value[0]?.state).toEqual({ is: "failed", code: "checksum_mismatch" });
  });

  it("tries a broken line again by itself, and asks first whether the file has come after all", async () => {
    const send = vi.fn<Ways["send"]>().mockRejectedValueOnce("unavailable").mockRejectedValueOnce("unavailable");
    const known = vi.fn<Ways["known"]>().mockResolvedValueOnce(undefined).mockResolvedValueOnce(receipt(ABC));
    const own = ways({ send, known });
    const sendings = new Sendings("secret", own);
    sendings.add([{ name: "a", file: bytes("abc") }]);
    await settled(sendings);
    expect([send.mock.calls.length, known.mock.calls.length, vi.mocked(own.pause).mock.calls.length]).toEqual([
      2, 2, 2,
    ]);
    expect(sendings.items.value[0]?.state).toMatchObject({ is: "received" });
  });

  it("gives up what cannot pass, and sends that one again when asked", async () => {
    const send = vi.fn<Ways["send"]>().mockRejectedValueOnce("wrong_file_kind");
    const own = ways({ send });
    const sendings = new Sendings("secret", own);
    sendings.add([{ name: "a", file: bytes("abc") }]);
    await settled(sendings);
    expect(sendings.items.value[0]?.state).toEqual({ is: "failed", code: "wrong_file_kind" });
    expect(vi.mocked(own.pause)).not.toHaveBeenCalled();
    send.mockResolvedValueOnce(receipt(ABC));
    sendings.retry(1);
    await settled(sendings);
    expect(sendings.items.value[0]?.state).toMatchObject({ is: "received" });
  });

  it("has two under way at most, and none of nothing", async () => {
    let now = 0;
    let most = 0;
    const send: Ways["send"] = async (address) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((done) => setTimeout(done, 5));
      now -= 1;
      return receipt(new URLSearchParams(address.split("?")[1]).get("sha256") ?? "");
    };
    const sendings = new Sendings("secret", ways({ send }));
    sendings.add([..."abcdef"].map((text) => ({ name: text, file: bytes(text) })));
    sendings.add([{ name: "empty", file: new File([], "empty") }]);
    await settled(sendings);
    expect([sendings.items.value.length, most]).toEqual([6, 2]);
  });
});
