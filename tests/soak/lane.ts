/**
 * One kind of client at work: calls at random on a connection that is closed, or broken off, every
 * second or so, and followed by another.
 *
 * @module
 */

import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Code } from "@connectrpc/connect";
import { type Channel, OPENERS, type Target } from "./channels.ts";
import { chooseScenario, drainCall, type Kind, random, type Scenario } from "./scenarios.ts";
import { sleep } from "./soak_service.ts";
import type { Tally } from "./tally.ts";

/** Calls at a time on each connection. */
const WORKERS = 3;
/** How long a connection is used, at most. */
const MAX_AGE_MS = 2000;
/** So that all is not only about who gets the processor. */
const MAX_PAUSE_MS = 10;

const KINDS: readonly Kind[] = ["unary", "server_streaming", "client_streaming", "bidi_streaming"];

/** How a client that was to send a call says that it has not: the server has not seen it. */
const NOT_SENT = [
  /^not sent: /,
  /ECONNREFUSED/,
  // A connection of HTTP/1.1 that was idle, and was closed as the next request began.
  /ECONNRESET|EPIPE|socket hang up/,
  // nghttp2, in the client, holds back what was not yet sent when a GOAWAY comes.
  /NGHTTP2_REFUSED_STREAM/,
  /New streams cannot be created after receiving a GOAWAY/,
];

/** A connection in use. */
interface Connection {
  readonly channel: Channel;
  isDestroyed: boolean;
}

/** One kind of client. */
export class Lane {
  readonly #name: string;
  readonly #kinds: readonly Kind[];
  readonly #open: () => Connection;
  readonly #tally: Tally;

  constructor(name: string, target: Target, tally: Tally) {
    this.#name = name;
    this.#tally = tally;
    // Over HTTP/1.1 a reply comes after the whole request: there is no bidi.
    this.#kinds = name.endsWith("HTTP/1.1") ? KINDS.slice(0, 3) : KINDS;
    const onCertificate = (fingerprint: string) => tally.see(fingerprint);
    this.#open = () => ({ channel: OPENERS[name]!(target, onCertificate), isDestroyed: false });
  }

  /** Makes mixed calls, on one connection after the other. */
  async runMixed(rest: Promise<void>): Promise<void> {
    let isOver = false;
    void rest.then(() => isOver = true);
    while (!isOver) {
      const connection = this.#open();
      const until = Date.now() + random(MAX_AGE_MS);
      const hasTime = () => !isOver && Date.now() < until;
      const workers = Array.from({ length: WORKERS }, async () => {
        while (hasTime()) {
          await this.#make(connection, chooseScenario(this.#kinds));
          await sleep(random(MAX_PAUSE_MS));
        }
      });
      const destroy = random(2) === 0 ? connection.channel.destroy : undefined;
      if (destroy !== undefined) {
        while (hasTime()) await sleep(MAX_PAUSE_MS);
        connection.isDestroyed = true;
        destroy();
        this.#tally.connections.destroyed++;
      }
      await Promise.all(workers);
      if (destroy === undefined) this.#tally.connections.closed++;
      // Also after it was destroyed: a call that was just beginning may have opened another.
      connection.channel.close();
    }
  }

  /** Makes calls until one is refused: every one that the server has taken must succeed. */
  async runUntilRefused(onOk: () => void): Promise<void> {
    const connection = this.#open();
    await Promise.all(Array.from({ length: WORKERS }, async () => {
      while (await this.#makeInDrain(connection)) onOk();
    }));
    connection.channel.close();
  }

  async #makeInDrain(connection: Connection): Promise<boolean> {
    const scenario = drainCall(this.#kinds[random(this.#kinds.length)]!);
    const { code, message } = await this.#outcomeOf(connection, scenario);
    if (code === "ok" || NOT_SENT.some((pattern) => pattern.test(message))) {
      this.#note(scenario, code === "ok" ? "ok" : "not sent");
    } else {
      this.#note(scenario, code);
      this.#complain(scenario, code, message);
    }
    return code === "ok";
  }

  async #make(connection: Connection, scenario: Scenario): Promise<void> {
    const { code, message } = await this.#outcomeOf(connection, scenario);
    if (scenario.codes.includes(code)) this.#note(scenario, code);
    else if (connection.isDestroyed) {
      this.#note({ ...scenario, title: "connection broken off" }, code);
    } else {
      this.#note(scenario, code);
      this.#complain(scenario, code, message);
    }
  }

  async #outcomeOf(
    { channel }: Connection,
    { call, cancelMs, pause, replies }: Scenario,
  ): Promise<{ code: string; message: string }> {
    const controller = new AbortController();
    const timer = cancelMs === undefined
      ? undefined
      : setTimeout(() => controller.abort(), cancelMs);
    const received: string[] = [];
    try {
      for await (const { message } of channel.call({ ...call, signal: controller.signal })) {
        received.push(message);
        await pause?.();
      }
    } catch (error) {
      const { code, message } = error as { code: Code; message: string };
      const isStatus = typeof code === "number";
      return {
        code: isStatus ? codeToString(code) : "no status",
        message: describe(message, error),
      };
    } finally {
      clearTimeout(timer);
    }
    const isRight = received.length === replies.length &&
      received.every((reply, i) => reply === replies[i]);
    return { code: isRight ? "ok" : "wrong replies", message: `${received.length} replies` };
  }

  #note({ title, call }: Scenario, code: string): void {
    this.#tally.note({ client: this.#name, kind: call.method.methodKind, title, code });
  }

  #complain({ title, call }: Scenario, code: string, message: string): void {
    const method = call.method.name;
    this.#tally.complain(`${this.#name}: ${title}, ${method}: ${code}: ${message.slice(0, 300)}`);
  }
}

function describe(message: string, error: unknown): string {
  const { cause } = error as Error;
  return cause === undefined ? message : `${message} (${cause})`;
}
