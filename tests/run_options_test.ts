import { assertEquals, assertThrows } from "@std/assert";
import { resolveRunOptions, type RunOptions } from "../src/run_options.ts";

Deno.test("resolveRunOptions() takes one process by default, and what serve() takes", () => {
  const { workers, port } = resolveRunOptions({ port: 1, onListen: () => {} });
  assertEquals({ workers, port }, { workers: 1, port: 1 });
});

const MISUSES: readonly (readonly [options: object, message: string])[] = [
  [{ worker: 2 }, 'Cannot run the app with option "worker": did you mean "workers"?'],
  [{ onListn: () => {} }, 'Cannot run the app with option "onListn": did you mean "onListen"?'],
  [{ prot: 1 }, 'Cannot run the app with option "prot": did you mean "port"?'],
];

for (const [options, message] of MISUSES) {
  Deno.test(`resolveRunOptions() tells the nearest option to ${Object.keys(options)}`, () => {
    assertThrows(() => resolveRunOptions(options as RunOptions), TypeError, message);
  });
}
