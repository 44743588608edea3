/**
 * What a client may put into the header `baggage` while Deno traces requests by itself: it must never
 * end the process, on no port.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { RunOptions } from "../../mod.ts";
import { findFreePorts } from "../support/free_ports.ts";
import { startCollector } from "../support/otlp_collector.ts";
import { assertExitsWell, createWorkFolder, startProgram } from "../support/program.ts";

const MAIN = new URL("../support/child_greeter_main.ts", import.meta.url);
const BAD = ["a=%zz", "%=1", "a=%E0%A4%A", "a=1,b=%,c=3"];

interface Target {
  readonly title: string;
  readonly path: string;
  readonly run?: RunOptions;
  /** Which port to ask, where it is not that for calls. */
  readonly side?: "healthPort" | "adminPort";
}

const TARGETS: readonly Target[] = [
  { title: "the port for calls", path: "/greeter.v1.Greeter/SayHello" },
  {
    title: "the port for calls of the direct engine",
    path: "/greeter.v1.Greeter/SayHello",
    run: { engine: "direct" },
  },
  { title: "the admin port", path: "/healthz", side: "adminPort" },
  { title: "the health port", path: "/grpc.health.v1.Health/Check", side: "healthPort" },
];

function requestText(path: string, baggage: string): Uint8Array {
  const lines = [
    `POST ${path} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    "content-length: 2",
    "connection: close",
    `baggage: ${baggage}`,
  ];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n{}`);
}

async function ask(connection: Deno.Conn, request: Uint8Array<ArrayBufferLike>): Promise<string> {
  await connection.write(request);
  return await new Response(connection.readable).text();
}

for (const { title, path, run = {}, side } of TARGETS) {
  Deno.test(`baggage that cannot be decoded does no harm to ${title}`, async () => {
    await using collector = startCollector();
    const sidePort = side && findFreePorts(1)[0]!;
    await using server = startProgram(MAIN, {
      flags: ["--allow-net=127.0.0.1"],
      env: collector.env("server"),
      args: [JSON.stringify({ run: { ...run, ...(side && { [side]: sidePort }) } })],
    });
    const callPort = await server.listening;
    const port = sidePort ?? callPort;
    for (const baggage of [...BAD, "a=good%20one"]) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      assertStringIncludes(await ask(connection, requestText(path, baggage)), "HTTP/1.1 ");
    }
    server.kill("SIGTERM");
    await assertExitsWell(server);
  });
}

Deno.test("baggage that cannot be decoded does no harm over TLS", async () => {
  await using collector = startCollector();
  await using folder = await createWorkFolder();
  const certs = `${folder.path}/certs`;
  await using server = startProgram(MAIN, {
    flags: ["--allow-net=127.0.0.1", `--allow-read=${certs}`],
    env: collector.env("server"),
    args: [JSON.stringify({
      run: {
        sslCertificateChain: `${certs}/server.pem`,
        sslPrivateKey: `${certs}/server-key.pem`,
      },
    })],
  });
  const port = await server.listening;
  const caCerts = [await Deno.readTextFile(`${certs}/ca.pem`)];
  for (const baggage of BAD) {
    const connection = await Deno.connectTls({
      ...{ hostname: "localhost", port, caCerts },
      alpnProtocols: ["http/1.1"],
    });
    const answer = await ask(connection, requestText("/greeter.v1.Greeter/SayHello", baggage));
    assertEquals(answer.split("\r\n", 1), ["HTTP/1.1 200 OK"]);
  }
  server.kill("SIGTERM");
  await assertExitsWell(server);
});
