/**
 * `deno task soak`: a server in a process of its own under mixed calls of other people's clients, in
 * Node, with everything that goes wrong in a day: cancels, deadlines, errors, lost connections, slow
 * readers, new certificates, and at the end a shutdown under load. Prints what came of it, and fails
 * if anything did that was not asked for. 30 s, or `--seconds=<n>`; `--engine=direct` is for another
 * engine than the kit's default.
 */

import { DEFAULT_ENGINE } from "../../src/serve_options.ts";
import { bundle } from "../support/bundle.ts";
import { toEngine } from "../support/engines.ts";
import { report } from "../support/report.ts";
import { type LineProcess, startLineProcess } from "./line_process.ts";
import { renewCertificates, type RenewedFiles } from "./renewal.ts";
import type { Figures, Stopped } from "./server_main.ts";
import { sleep } from "./soak_service.ts";
import type { Counts } from "./tally.ts";
import { judge, type SoakResult, toReport } from "./verdict.ts";

const ROOT = new URL("../../", import.meta.url);
const DEFAULT_SECONDS = 30;
/** How much of the run makes the room that is kept for the rest. */
const WARM_UP = 0.25;
/** How long processes may take to do what they were told at the end. */
const PATIENCE_MS = 20_000;

const seconds = Number(readFlag("seconds") ?? DEFAULT_SECONDS);
const engine = toEngine(readFlag("engine") ?? DEFAULT_ENGINE);
const result = await soak(seconds);
await report("soak", toReport(result));
const failures = judge(result);
for (const failure of failures) console.error(`FAILED: ${failure}`);
Deno.exit(failures.length === 0 ? 0 : 1);

function readFlag(name: string): string | undefined {
  return Deno.args.find((each) => each.startsWith(`--${name}=`))?.split("=")[1];
}

async function soak(seconds: number): Promise<SoakResult> {
  await using files = await renewCertificates();
  await using server = startServer(files);
  const { plaintext, mtls } = await server.receive<Record<"plaintext" | "mtls", number>>(
    "listening",
  );
  await using client = await startClient(files, { plaintext, mtls });

  const readFigures = async () => {
    await server.send({ type: "figures" });
    return (await server.receive<{ figures: Figures }>("figures")).figures;
  };
  await sleep(seconds * WARM_UP * 1000);
  const start = await readFigures();
  await sleep(seconds * (1 - WARM_UP) / 2 * 1000);
  const middle = await readFigures();
  await sleep(seconds * (1 - WARM_UP) / 2 * 1000);
  const end = await readFigures();
  await client.send({ type: "rest" });
  const { tally: mixed } = await within(client.receive<{ tally: Counts }>("tally"), "rest");
  let rest = await readFigures();
  const until = performance.now() + PATIENCE_MS;
  while (rest.calls + rest.connections > 0 && performance.now() < until) rest = await readFigures();

  await client.send({ type: "drain" });
  await within(client.receive("draining"), "a load for the drain");
  server.kill("SIGTERM");
  const { tally: drain } = await within(client.receive<{ tally: Counts }>("tally"), "the drain");
  const stopped = await within(server.receive<Stopped>("stopped"), "the server's end");
  await server.closeInput();
  // Whatever is left would keep it: a timer, a socket.
  const { code } = await within(server.status, "").catch(() => {
    server.kill("SIGKILL");
    return server.status;
  });
  await client.status;
  return {
    engine,
    seconds,
    mixed,
    drain,
    figures: { start, middle, end, rest },
    stopped,
    log: server.said("log").map((line) => String(line["text"])),
    errors: server.errors() + client.errors(),
    exitCode: code,
    renewals: files.count(),
  };
}

function startServer({ pem }: RenewedFiles): LineProcess {
  const { pathname: directory } = pem.directory;
  const tls = Object.entries(pem.mtls).map(([name, url]) => [name, url.pathname]);
  return startLineProcess(Deno.execPath(), [
    "run",
    "--quiet",
    "--no-prompt",
    `--config=${new URL("deno.json", ROOT).pathname}`,
    "--allow-net=127.0.0.1",
    `--allow-read=${directory}`,
    "--v8-flags=--expose-gc",
    new URL("server_main.ts", import.meta.url).href,
    JSON.stringify(Object.fromEntries(tls)),
    engine,
  ]);
}

/** HTTP/2 clients in Deno have faults of their own: these run in Node. */
async function startClient(
  { pem }: RenewedFiles,
  ports: { plaintext: number; mtls: number },
): Promise<LineProcess> {
  const script = new URL("client.mjs", pem.directory);
  await Deno.writeTextFile(
    script,
    await bundle(new URL("client_main.ts", import.meta.url), "deno"),
  );
  const client = startLineProcess("node", [script.pathname]);
  const read = (url: URL) => Deno.readTextFile(url);
  const tls = {
    ca: pem.ca.certificate,
    cert: await read(pem.clientCertificateChain),
    key: await read(pem.clientPrivateKey),
    servername: "localhost",
  };
  await client.send({ type: "target", target: { ports, tls } });
  return client;
}

/** Waits, but not for ever. */
async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not within ${PATIENCE_MS} ms: ${what}`)),
      PATIENCE_MS,
    );
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
