import { assert, assertEquals } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { flood, priority, repeat } from "../support/attack_floods.ts";
import {
  concat,
  FLAG,
  FRAME,
  frame,
  grpcFields,
  headers,
  rstStream,
  settings,
  windowUpdate,
} from "../support/http2_frames.ts";

const CHAT = headers(1, grpcFields("/greeter.v1.Greeter/Chat"));
const OPAQUE = new Uint8Array(8);
const UNKNOWN_TYPE = 0xee;
const PADDED = 0x8;
/** `:method: GET`, of the static table. */
const INDEXED_FIELD = Uint8Array.of(0x82);
const H2_CANCEL = 8;
/** In each piece of a flood. */
const FRAMES = 1000;

/** A flood that the server must end. */
interface Flood {
  readonly frame: Uint8Array;
  /** What opens the stream. */
  readonly prelude?: Uint8Array;
  /** How many frames at least it takes not to be mistaken for a good client. */
  readonly frames?: number;
}

/** All of them are within the rules of HTTP/2, one by one. */
const FLOODS: Readonly<Record<string, Flood>> = {
  "PING": { frame: frame(FRAME.ping, 0, 0, OPAQUE) },
  "answers to PING": { frame: frame(FRAME.ping, FLAG.ack, 0, OPAQUE) },
  "SETTINGS": { frame: settings([4, 65_535]) },
  "answers to SETTINGS": { frame: frame(FRAME.settings, FLAG.ack, 0) },
  "empty DATA": { frame: frame(FRAME.data, 0, 1), prelude: CHAT },
  "DATA of padding": { frame: frame(FRAME.data, PADDED, 1, Uint8Array.of(0)), prelude: CHAT },
  "DATA on a stream that was reset": {
    frame: frame(FRAME.data, 0, 1),
    prelude: concat(CHAT, rstStream(1, H2_CANCEL)),
  },
  "PRIORITY": { frame: priority(3) },
  "frames of unknown types": { frame: frame(UNKNOWN_TYPE, 0, 0, OPAQUE) },
  "CONTINUATION (CVE-2024-27316)": {
    frame: frame(FRAME.continuation, 0, 1, INDEXED_FIELD),
    prelude: frame(FRAME.headers, 0, 1, INDEXED_FIELD),
  },
  "empty CONTINUATION": {
    frame: frame(FRAME.continuation, 0, 1),
    prelude: frame(FRAME.headers, 0, 1, INDEXED_FIELD),
  },
  "large CONTINUATION": {
    frame: frame(FRAME.continuation, 0, 1, repeat(INDEXED_FIELD, 16_384)),
    prelude: frame(FRAME.headers, 0, 1, INDEXED_FIELD),
    frames: 2000,
  },
};

Deno.test("app.serve() ends floods of frames", async (test) => {
  await using victim = await startVictim();
  for (const [name, { frame, prelude, frames = 300_000 }] of Object.entries(FLOODS)) {
    await test.step(name, async () => {
      const piece = repeat(frame, Math.min(frames, FRAMES));
      const { result } = await victim.endure(
        name,
        { mib: 128 },
        () =>
          flood({
            port: victim.port,
            count: Math.ceil(frames / FRAMES),
            ...(prelude !== undefined && { prelude }),
          }, () => piece),
      );
      assert(result.closed, "the connection is still open");
      await victim.untilCount(
        "nothing is left",
        ({ calls, connections }) => calls + connections === 2,
      );
    });
  }
});

Deno.test("app.serve() shrugs off a flood of WINDOW_UPDATE", async () => {
  await using victim = await startVictim();
  const piece = repeat(windowUpdate(1, 1), FRAMES);
  const { result } = await victim.endure(
    "WINDOW_UPDATE",
    { mib: 128 },
    () =>
      flood({ port: victim.port, count: 300, prelude: CHAT, streamWindow: 65_535 }, () => piece),
  );
  assertEquals(result, { sent: 300, goaway: undefined, closed: false });
});
