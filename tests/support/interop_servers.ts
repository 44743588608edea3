/**
 * Servers for the tools of `tests/interop/`, each in a process of its own, on a port of each kind:
 * the example server as it is, a greeter whose calls fail, last, or tell of their metadata, and a
 * service in code.
 *
 * @module
 */

import { createTestCa } from "./certificates.ts";
import { assertExitsWell, createWorkFolder, type ProgramOptions, startProgram } from "./program.ts";
import { eventually } from "./waiting.ts";

/** The kinds of port. */
export const PORT_KINDS = ["plaintext", "TLS", "mTLS"] as const;

/** One of {@linkcode PORT_KINDS}. */
export type PortKind = typeof PORT_KINDS[number];

/** A running server as a tool is told of it. */
export interface InteropServer extends AsyncDisposable {
  readonly kind: PortKind;
  /** `localhost:<port>`. */
  readonly address: string;
  /** `http://<address>` or `https://<address>`. */
  readonly url: string;
  /** Paths of PEM files, also where the port needs none of them. */
  readonly files: CertificateFiles;
  /** Waits until it has printed something. */
  printed(pattern: RegExp): Promise<void>;
  /** Sends SIGTERM, and waits until the server says that it shuts down. */
  drain(): Promise<void>;
  /** Ends the server, drained before or not, and sees the process end well. */
  stop(): Promise<void>;
}

/** Paths of PEM files. */
export interface CertificateFiles {
  /** CA of the server and of its clients. */
  readonly ca: string;
  /** The client's certificate. */
  readonly cert: string;
  /** The key of the client's certificate. */
  readonly key: string;
  /** A CA that signed neither. */
  readonly strangerCa: string;
}

const BOUND_MS = 10_000;
const EXAMPLE = new URL("../../examples/server.ts", import.meta.url);
const TALKATIVE = new URL("./talkative_greeter_main.ts", import.meta.url);
const WIDE = new URL("./wide_server_main.ts", import.meta.url);
const EXAMPLE_FLAGS: Record<PortKind, string[]> = {
  plaintext: ["--plaintext"],
  TLS: [],
  mTLS: ["--mtls"],
};

/** Starts `examples/server.ts`. */
export function startExampleServer(kind: PortKind): Promise<InteropServer> {
  return start({
    kind,
    entry: EXAMPLE,
    args: [...EXAMPLE_FLAGS[kind], "--port=0"],
    flags: ["--allow-net=0.0.0.0,[::]", "--allow-read=certs", "--allow-write=certs"],
    hasLameDuck: false,
  });
}

/** Starts the greeter of `talkative_greeter_main.ts`, which says what its messages can do. */
export function startTalkativeServer(kind: PortKind): Promise<InteropServer> {
  return start({
    kind,
    entry: TALKATIVE,
    args: [kind],
    flags: ["--allow-net=127.0.0.1", "--allow-read=certs"],
    hasLameDuck: true,
  });
}

/** Starts the service in code of `wide_server_main.ts`. */
export function startWideServer(kind: PortKind): Promise<InteropServer> {
  return start({
    kind,
    entry: WIDE,
    args: [kind],
    flags: ["--allow-net=127.0.0.1", "--allow-read=certs"],
    hasLameDuck: false,
  });
}

interface StartOptions extends ProgramOptions {
  readonly kind: PortKind;
  readonly entry: URL;
  /** Whether it takes a second SIGTERM to end it. */
  readonly hasLameDuck: boolean;
}

async function start(
  { kind, entry, hasLameDuck, ...options }: StartOptions,
): Promise<InteropServer> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await createWorkFolder());
  const strangerCa = `${path}/certs/stranger-ca.pem`;
  await Deno.writeTextFile(strangerCa, (await createTestCa("stranger")).certificate);
  const program = stack.use(startProgram(entry, { ...options, cwd: path }));
  const address = `localhost:${await program.listening}`;
  const rest = stack.move();
  let drained = false;
  const drain = async () => {
    drained = true;
    program.kill("SIGTERM");
    await program.printed(/Shutting down/);
  };
  return {
    kind,
    address,
    url: `${kind === "plaintext" ? "http" : "https"}://${address}`,
    files: {
      ca: `${path}/certs/ca.pem`,
      cert: `${path}/certs/client.pem`,
      key: `${path}/certs/client-key.pem`,
      strangerCa,
    },
    printed: (pattern) => eventually(`${pattern}`, () => pattern.test(program.output()), BOUND_MS),
    drain,
    async stop() {
      if (hasLameDuck && !drained) await drain();
      program.kill("SIGTERM");
      await assertExitsWell(program);
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/**
 * The arguments by which a tool is told what to trust and what to show of itself.
 *
 * @param flags What the tool calls the three files, and with what else it speaks TLS or does not.
 */
export function tlsArguments(
  { kind, files }: Pick<InteropServer, "kind" | "files">,
  flags: {
    plaintext?: readonly string[];
    tls?: readonly string[];
    ca: string;
    cert: string;
    key: string;
  },
): string[] {
  if (kind === "plaintext") return [...flags.plaintext ?? []];
  const trust = [...flags.tls ?? [], flags.ca, files.ca];
  return kind === "TLS" ? trust : [...trust, flags.cert, files.cert, flags.key, files.key];
}
