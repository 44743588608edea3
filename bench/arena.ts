/**
 * One contestant's turn: its server is there when it is needed, checked before it is measured, and
 * started again when it has died, which is counted.
 *
 * @module
 */

import { checkReply, type Target } from "./check.ts";
import type { Ready } from "./lineup.ts";
import { REQUESTS } from "./requests.ts";
import type { Results } from "./results.ts";
import type { Row, Variant } from "./rows.ts";
import { type ServerProcess, startServer } from "./server_process.ts";
import type { CertificateFiles } from "./settings.ts";

const ATTEMPTS = 3;

/** What {@linkcode Arena} works with. */
export interface ArenaOptions {
  readonly variant: Variant;
  readonly files: CertificateFiles;
  readonly results: Results;
}

/** A server to measure. */
export interface Guest {
  readonly server: ServerProcess;
  /** Whether nothing has been measured on it yet. */
  readonly isFresh: boolean;
}

/** Starts the servers of one contestant. */
export class Arena implements AsyncDisposable {
  readonly #ready: Ready;
  readonly #options: ArenaOptions;
  #server: ServerProcess | undefined;
  #isFresh = true;

  constructor(ready: Ready, options: ArenaOptions) {
    this.#ready = ready;
    this.#options = options;
  }

  /**
   * Does something with a server, and again if the server died over it.
   *
   * @param what Names it, for failures.
   * @returns What came of it; `undefined` if it failed, which has been noted.
   */
  async with<T>(what: string, action: (guest: Guest) => Promise<T>): Promise<T | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      let failure: string | undefined;
      let value: T | undefined;
      try {
        this.#server ??= await this.#start();
        value = await action({ server: this.#server, isFresh: this.#isFresh });
        this.#isFresh = false;
      } catch (error) {
        failure = (error as Error).message;
      }
      const ending = await this.#server?.hasEnded();
      if (ending !== undefined) this.#options.results.addCrash(this.#name, what, ending);
      if (ending !== undefined || failure !== undefined) await this.#stop();
      if (failure === undefined) return value;
      if (ending === undefined) {
        console.error(`  ${this.#name}  ${what}: ${failure}`);
        this.#options.results.addFailure(this.#name, `${what}: ${failure.split("\n")[0]}`);
      }
    }
  }

  /** Checks that a row's request gets the right reply. */
  async check(row: Row): Promise<boolean> {
    const { variant, files } = this.#options;
    const isRight = await this.with(row.title, async ({ server }) => {
      await checkReply(this.#target(server), REQUESTS[row.request], variant, files);
      return true;
    });
    return isRight ?? false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  #target({ port }: ServerProcess): Target {
    return { port, contentType: this.#ready.contestant.contentType };
  }

  get #name(): string {
    return this.#ready.contestant.name;
  }

  /** A plain server that was just started tells how long that takes, and how much memory. */
  async #start(): Promise<ServerProcess> {
    const { variant, files, results } = this.#options;
    const server = await startServer(this.#ready.command, variant, files);
    try {
      await checkReply(this.#target(server), REQUESTS.hello, variant, files);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    if (variant === "plain") {
      results.add(this.#name, "coldStartMs", performance.now() - server.startedAtMs);
      results.add(this.#name, "rssStartKib", await server.rssKib());
    }
    this.#isFresh = true;
    return server;
  }

  async #stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }
}
