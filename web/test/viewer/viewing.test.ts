import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ServerMessage } from "../../src/protocol";
import { viewingOf } from "../../src/viewer/viewing";
import { fakeWire, WELCOME } from "./fake-wire";
import { shown } from "./rig";

const DOCUMENT = { title: "CR", facts: [], sections: [] };

function rig() {
  const fake = fakeWire();
  return { ...fake, viewing: viewingOf(fake.wire) };
}

describe("what is shown and no picture", () => {
  it("belongs to its place, and is there again on the way back: it is sent once", () => {
    const { viewing, tell } = rig();
    tell({ type: "viewing", revision: 1, shown: shown({ content: "awaited", index: 0 }) });
    expect(viewing.content.value).toBeUndefined();
    tell({ type: "document", revision: 1, index: 0, document: DOCUMENT });
    tell({ type: "viewing", revision: 2, shown: shown({ content: "text", index: 0 }) });
    expect(viewing.content.value).toEqual({ document: DOCUMENT });
    tell({ type: "viewing", revision: 3, shown: shown({ content: "pictures", index: 1 }) });
    expect(viewing.content.value).toBeUndefined();
    tell({ type: "viewing", revision: 4, shown: shown({ content: "text", index: 0 }) });
    expect(viewing.content.value).toEqual({ document: DOCUMENT });
  });

  it("never shows up in another series", () => {
    const { viewing, tell, content } = rig();
    tell({ type: "viewing", revision: 1, shown: shown({ series: "a", index: 0 }) });
    tell({ type: "viewing", revision: 2, shown: shown({ series: "b", index: 0 }) });
    content({ revision: 1, index: 0, mediaType: "application/pdf" });
    expect(viewing.content.value).toBeUndefined();
    content({ revision: 2, index: 0, mediaType: "audio/wav" }, new Uint8Array([1]));
    expect(viewing.content.value).toEqual({ mediaType: "audio/wav", bytes: new Uint8Array([1]) });
  });

  it("is forgotten with the connection that brought it: the next one brings it again", () => {
    const { viewing, tell } = rig();
    tell({ type: "viewing", revision: 9, shown: shown({ index: 0 }) });
    tell({ type: "document", revision: 9, index: 0, document: DOCUMENT });
    tell(WELCOME);
    tell({ type: "viewing", revision: 2, shown: shown({ index: 0 }) });
    expect(viewing.content.value).toBeUndefined();
    tell({ type: "document", revision: 2, index: 0, document: DOCUMENT });
    expect(viewing.content.value).toBeDefined();
  });
});

describe("the examples of the protocol", () => {
  it("are all taken, and the newest state and its content are on show", () => {
    const { viewing, tell } = rig();
    const folder = join(import.meta.dirname, "../../../fixtures/protocol/server");
    const messages = readdirSync(folder)
      .sort()
      .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as ServerMessage);
    const of = (type: ServerMessage["type"]) => messages.filter((message) => message.type === type);
    expect(of("viewing").length).toBeGreaterThan(1);
    for (const message of messages) if (message.type !== "viewing") tell(message);
    const states = of("viewing") as Extract<ServerMessage, { type: "viewing" }>[];
    for (const state of states.sort((a, b) => a.revision - b.revision)) tell(state);
    expect(viewing.state.value?.shown?.graphics).toHaveLength(2);
    for (const document of of("document"))
      tell({ ...document, index: viewing.state.value?.shown?.index ?? -1 } as never);
    expect(viewing.content.value).toHaveProperty("document.title", "Compte rendu");
  });
});
