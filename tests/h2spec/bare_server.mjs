/**
 * `node:http2` with nothing on top, for Deno and for Node: what h2spec finds here too is not the
 * kit's doing. It answers after a moment, as `kit_server.ts` does, and prints its port.
 */

import { createServer } from "node:http2";

const ANSWER_MS = 50;

const server = createServer();
server.on("session", (session) => session.on("error", () => {}));
server.on("stream", (stream) => {
  stream.on("error", () => {});
  setTimeout(() => {
    if (stream.destroyed) return;
    stream.respond({ ":status": 200 });
    stream.end("Hello World");
  }, ANSWER_MS);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
