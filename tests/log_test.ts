import { assertEquals } from "@std/assert";
import { getConfig, reset } from "@logtape/logtape";
import { FastGRPC } from "../mod.ts";
import { captureLog } from "./support/captured_log.ts";
import { configureConsoleLog } from "../src/log.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0 };

Deno.test("run() of several apps at the same time configures the log once", async (t) => {
  await reset();
  const lines: string[] = [];
  const { info } = console;
  console.info = (...line: unknown[]) => void lines.push(line.join(" "));
  try {
    for (const time of ["first", "second"]) {
      await t.step(`the ${time} time`, async () => {
        const stopping = new AbortController();
        let open = 0;
        const onListen = () => void (++open === 3 && stopping.abort());
        const options = { ...LOCAL, signal: stopping.signal, onListen };
        await Promise.all([1, 2, 3].map(() => new FastGRPC().run(options)));
        assertEquals(open, 3);
      });
    }
    assertEquals(lines.filter((line) => line.includes("Listening on")).length, 6);
  } finally {
    console.info = info;
    await reset();
  }
});

Deno.test("configureConsoleLog() leaves what the application has configured", async () => {
  await using _log = await captureLog();
  const config = getConfig();
  configureConsoleLog();
  assertEquals(getConfig() === config, true);
});
