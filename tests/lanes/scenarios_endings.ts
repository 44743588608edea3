/**
 * How calls end that are left by their client, and what the signal of a call says once it is over.
 *
 * @module
 */

import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { ServiceContext } from "../../mod.ts";
import { never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";
import { forKinds, type Handled, type Scenario, UNARY } from "./scenario.ts";

/** Notes the reason of a call's end when its signal fires. */
export function noteEnd({ signal }: ServiceContext, note: Handled["note"]): void {
  signal.addEventListener("abort", () => note(`ended ${textOf(signal.reason)}`), { once: true });
}

function textOf(reason: unknown): string {
  if (!(reason instanceof ConnectError)) return `by ${reason}`;
  return `${codeToString(reason.code)}: ${reason.rawMessage}`;
}

const LEFT = "canceled: cancelled by the client";

export const ENDINGS: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "a client that leaves ends a handler's signal",
    // deno-lint-ignore require-yield
    handle: async function* ({ context, note }) {
      noteEnd(context, note);
      note("waiting");
      await never();
    },
    call: { kind, cancel: { noted: "waiting" } },
    expect: { code: "canceled", notes: ["waiting", `ended ${LEFT}`] },
  })),
  ...forKinds((kind) => ({
    what: "a client that leaves in the midst of the replies ends a handler's signal",
    handle: async function* ({ context, note }) {
      noteEnd(context, note);
      yield "first";
      note("waiting");
      await never();
    },
    call: { kind, cancel: { noted: "waiting", replies: 1 } },
    expect: { code: "canceled", replies: "any", notes: ["waiting", `ended ${LEFT}`] },
  })).filter(({ call }) => call.kind.getsMany),
  ...forKinds((kind) => ({
    what: "a client that leaves in the midst of its requests ends the handler's stream of them",
    handle: async function* ({ names, context, note }) {
      try {
        for await (const name of names) note(name);
        yield "the requests ended as if they were whole";
      } catch (error) {
        note(textOf(error));
        note(String(error === context.signal.reason));
        throw error;
      }
    },
    call: { kind, keepOpen: true, cancel: { noted: "a" } },
    expect: { code: "canceled", notes: ["a", LEFT, "true"] },
  })).filter(({ call }) => call.kind.sendsMany),
  ...forKinds((kind) => ({
    what: "the signal of a call that succeeded says that it is over",
    handle: async function* ({ context, note }) {
      noteEnd(context, note);
      yield "done";
    },
    call: { kind },
    expect: { replies: ["done"], notes: ["ended canceled: the call is over"] },
  })),
  ...forKinds((kind) => ({
    what: "the signal of a call that failed says that it is over",
    // deno-lint-ignore require-yield
    handle: async function* ({ context, note }) {
      noteEnd(context, note);
      throw new ConnectError("no", Code.NotFound);
    },
    call: { kind },
    expect: {
      code: "not_found",
      message: "no",
      notes: ["ended canceled: the call is over"],
    },
  })),
  ...forKinds((kind) => ({
    what: "a signal that is asked for late says why the call ended",
    app: { timeout: "40ms" },
    // deno-lint-ignore require-yield
    handle: async function* ({ names, context, note }) {
      await Array.fromAsync(names);
      await eventually("the deadline", () => context.timeRemaining() === 0);
      const { signal } = context;
      // It may be a moment before the timer runs.
      if (!signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      }
      note(textOf(signal.reason));
      await never();
    },
    call: { kind, wire: {} },
    expect: {
      code: "deadline_exceeded",
      message: "deadline exceeded after 40ms",
      notes: ["deadline_exceeded: deadline exceeded after 40ms"],
    },
  }), [UNARY]),
  ...forKinds((kind) => ({
    what: "a generator that is left gets to its end",
    handle: async function* ({ context: { signal }, note }) {
      try {
        yield "first";
        note("waiting");
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason), { once: true })
        );
      } finally {
        note("cleaned up");
      }
    },
    call: { kind, cancel: { noted: "waiting" } },
    expect: { code: "canceled", replies: "any", notes: ["waiting", "cleaned up"] },
  })),
];
