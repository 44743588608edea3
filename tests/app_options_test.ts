import { assertEquals, assertThrows } from "@std/assert";
import type { AppOptions } from "../mod.ts";
import { resolveAppOptions } from "../src/app_options.ts";

Deno.test("resolveAppOptions() changes nothing by default", () => {
  assertEquals(resolveAppOptions({}), {
    name: undefined,
    description: undefined,
    proto: undefined,
    validateReplies: true,
    timeoutMs: undefined,
    maxReceiveBytes: 4_194_304,
    maxSendBytes: 4_294_967_295,
    cors: undefined,
    types: undefined,
  });
});

const APP_MISUSES: readonly [AppOptions, string][] = [
  [{ timeot: 5 } as AppOptions, `Cannot create an app with option "timeot"`],
  [{ timeout: 0 }, `"timeout"`],
  [{ proto: "proto" }, `set "name" too`],
  [{ description: "Greets." }, `set "name" too`],
  [{ maxReceiveBytes: 0 }, `Cannot use 0 as "maxReceiveBytes"`],
  [{ maxReceiveBytes: 2 ** 32 }, `"maxReceiveBytes"`],
  [{ maxSendBytes: 1.5 }, `"maxSendBytes"`],
  [{ cors: { origins: "*", credentials: true } }, `list the origins`],
];

for (const [options, message] of APP_MISUSES) {
  Deno.test(`resolveAppOptions() refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => resolveAppOptions(options), Error, message);
  });
}
