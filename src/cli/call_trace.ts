/**
 * What `call --verbose` tells on the standard error: what was sent along, what came back along with the
 * replies, and how long it took.
 *
 * @module
 */

import type { DescMethod } from "../deps.ts";
import { formatDuration } from "../duration.ts";
import type { ServerTarget } from "./client_flags.ts";
import { escapeText } from "./escape.ts";
import { styleOf } from "./style.ts";

/** Follows one call. */
export class CallTrace {
  readonly #isOn: boolean;
  readonly #startedAt = performance.now();
  #requests = 0;
  #replies = 0;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** The call begins. */
  begin({ origin, metadata }: ServerTarget, protocol: string, method: DescMethod): void {
    this.#tell(`> ${origin}/${method.parent.typeName}/${method.name} (${protocol})`);
    for (const [name, value] of metadata) this.#tell(`> ${name}: ${value}`);
  }

  /** The requests, counted. */
  async *requests<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
    for await (const item of items) {
      this.#requests++;
      yield item;
    }
  }

  /** A reply has come. */
  reply(): void {
    this.#replies++;
  }

  /** The header of the response, or its trailers, have come. */
  fields(what: "header" | "trailers", fields: Headers): void {
    this.#tell(`< ${what} after ${this.#elapsed()}`);
    fields.forEach((value, name) => this.#tell(`< ${name}: ${value}`));
  }

  /** The call is over. */
  end(result: string): void {
    const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
    const requests = count(this.#requests, "request", "requests");
    const replies = count(this.#replies, "reply", "replies");
    this.#tell(`${result} after ${this.#elapsed()}, ${requests}, ${replies}`);
  }

  #elapsed(): string {
    return formatDuration(Math.round(performance.now() - this.#startedAt));
  }

  #tell(line: string): void {
    if (this.#isOn) console.error(styleOf(Deno.stderr).dim(escapeText(line)));
  }
}
