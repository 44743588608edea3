/**
 * The process that opens connections of HTTP/2 and does nothing with them. Arguments: the port, and
 * how many. It prints `open <n>` once the server has greeted each of them, `closed <n>` when the
 * server has closed one, and holds them until it is killed.
 *
 * @module
 */

import { concat, PREFACE, settings } from "./http2_frames.ts";

const AT_A_TIME = 100;

const [port, count] = Deno.args.map(Number) as [number, number];
const greeting = concat(PREFACE, settings());
const connections: Deno.Conn[] = [];
let closed = 0;

async function open(): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connections.push(connection);
  await connection.write(greeting);
  await connection.read(new Uint8Array(1024));
  hold(connection);
}

async function hold(connection: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(1024);
  try {
    while (await connection.read(bytes) !== null);
  } catch {
    // Reset by the server.
  }
  console.log(`closed ${++closed}`);
}

while (connections.length < count) {
  const wanted = Math.min(AT_A_TIME, count - connections.length);
  await Promise.all(Array.from({ length: wanted }, open));
}
console.log(`open ${connections.length}`);
