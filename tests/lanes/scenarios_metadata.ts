/**
 * Metadata both ways, and what else a handler sees of a call.
 *
 * @module
 */

import type { Handle, Scenario } from "./scenario.ts";
import { forKinds, UNARY } from "./scenario.ts";

/** A length that needs no padding, which clients may write or leave out. */
const [BINARY, BINARY_2] = ["AP+ACg0B", "AAEC"] as const;

const echoing: Handle = async function* ({ names, context, note }) {
  await Array.fromAsync(names);
  const { metadata, responseHeaders, responseTrailers } = context;
  for (const [name, value] of metadata) {
    if (!/^x-(text|data-bin)$/.test(name)) continue;
    note(`${name}: ${value}`);
    responseHeaders.set(name.replace("x-", "x-before-"), value);
    responseTrailers.set(name.replace("x-", "x-after-"), value);
  }
  yield "done";
};

export const METADATA: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "metadata goes to the handler, and back in header and trailers",
    handle: echoing,
    call: {
      kind,
      metadata: [["x-text", 'a b; c="d"'], ["x-data-bin", BINARY]],
    },
    expect: {
      replies: ["done"],
      notes: [`x-data-bin: ${BINARY}`, 'x-text: a b; c="d"'],
      header: { "x-before-text": 'a b; c="d"', "x-before-data-bin": BINARY },
      trailer: { "x-after-text": 'a b; c="d"', "x-after-data-bin": BINARY },
    },
  })),
  ...forKinds((kind) => ({
    what: "metadata may have several values of a name",
    handle: echoing,
    call: {
      kind,
      metadata: [["x-text", "1"], ["x-data-bin", BINARY], ["x-text", "2"], [
        "x-data-bin",
        BINARY_2,
      ]],
    },
    expect: {
      replies: ["done"],
      notes: [`x-data-bin: ${BINARY}, ${BINARY_2}`, "x-text: 1, 2"],
      header: { "x-before-text": "1, 2", "x-before-data-bin": `${BINARY}, ${BINARY_2}` },
      trailer: { "x-after-text": "1, 2", "x-after-data-bin": `${BINARY}, ${BINARY_2}` },
    },
  })),
  ...forKinds((kind) => ({
    what: "a handler may append several values to header and trailers",
    handle: async function* ({ context: { responseHeaders, responseTrailers } }) {
      for (const fields of [responseHeaders, responseTrailers]) {
        const where = fields === responseHeaders ? "before" : "after";
        fields.append(`x-${where}`, "1");
        fields.append(`x-${where}`, "2");
        fields.append(`x-${where}-bin`, BINARY);
        fields.append(`x-${where}-bin`, BINARY_2);
      }
      yield "done";
    },
    call: { kind },
    expect: {
      replies: ["done"],
      header: { "x-before": "1, 2", "x-before-bin": `${BINARY}, ${BINARY_2}` },
      trailer: { "x-after": "1, 2", "x-after-bin": `${BINARY}, ${BINARY_2}` },
    },
  })),
  ...forKinds((kind) => ({
    what: "a trailer may be set after the last message, a header no more after the first",
    handle: async function* ({ context: { responseHeaders, responseTrailers } }) {
      responseHeaders.set("x-header", "in time");
      yield "first";
      responseHeaders.set("x-late", "too late");
      yield "second";
      responseTrailers.set("x-trailer", "in time");
    },
    call: { kind },
    expect: {
      replies: ["first", "second"],
      header: { "x-header": "in time" },
      trailer: { "x-trailer": "in time" },
    },
  })).filter(({ call }) => call.kind.getsMany),
  ...forKinds((kind) => ({
    what: "a stream without a message still has its header and trailers",
    handle: ({ context: { responseHeaders, responseTrailers } }) => {
      responseHeaders.set("x-header", "1");
      responseTrailers.set("x-trailer", "2");
      return ReadableStream.from([]);
    },
    call: { kind },
    expect: { header: { "x-header": "1" }, trailer: { "x-trailer": "2" } },
  })).filter(({ call }) => call.kind.getsMany),
  ...forKinds((kind) => ({
    what: "fields that are HTTP's own are left out",
    handle: async function* ({ context: { responseHeaders, responseTrailers } }) {
      for (const fields of [responseHeaders, responseTrailers]) {
        fields.set("connection", "close");
        fields.set("transfer-encoding", "chunked");
        fields.set("content-length", "3");
      }
      responseHeaders.set("x-header", "1");
      yield "all the same";
    },
    call: { kind },
    expect: { replies: ["all the same"], header: { "x-header": "1" } },
  })),
  ...forKinds((kind) => ({
    what: "a context knows its method, protocol, peer and time",
    handle: async function* ({ context, note }) {
      const { method, protocol, peer, elapsedTime, signal } = context;
      note(`${method.parent.typeName}/${method.name}`);
      note(
        `${protocol}, ${peer.address}, ${peer.encrypted}, ${peer.port > 0}, ${peer.certificate}`,
      );
      note(`${context.timeRemaining()} ${elapsedTime >= 0 && elapsedTime < 60} ${signal.aborted}`);
      yield "done";
    },
    call: { kind },
    expect: { replies: ["done"], notes: notesOf(kind.method.name, "grpc") },
    differs: {
      "grpc-web": {
        why: "it tells its own name",
        expect: { notes: notesOf(kind.method.name, "grpc-web") },
      },
      "connect": {
        why: "it tells its own name",
        expect: { notes: notesOf(kind.method.name, "connect") },
      },
    },
  })),
  {
    what: "a context shows no field of HTTP/2, and no timeout",
    handle: async function* ({ context: { metadata }, note }) {
      note([...metadata.keys()].filter((name) => /^:|timeout/.test(name)).join());
      yield String(metadata.get("user-agent"));
    },
    call: {
      kind: UNARY,
      metadata: [["user-agent", "somebody"]],
      wire: { timeout: ["1H", "3600000"] },
    },
    expect: { replies: ["somebody"], notes: [""] },
  },
];

function notesOf(method: string, protocol: string): string[] {
  return [
    `greeter.v1.Greeter/${method}`,
    `${protocol}, 127.0.0.1, false, true, undefined`,
    "Infinity true false",
  ];
}
