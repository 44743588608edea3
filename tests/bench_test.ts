/**
 * The benchmark runs as a whole, so that it does not rot between the times when somebody wants to
 * know: two contestants and one row of it, where `h2load` is installed.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { isInstalled } from "./support/program.ts";
import { createTempDirectory } from "./support/pem_files.ts";
import { runCommand, transcript } from "./support/command.ts";

const ROOT = new URL("../", import.meta.url);
const HAS_H2LOAD = await isInstalled("h2load");

Deno.test({
  name: "deno task bench measures two contestants, and writes what it prints and a chart",
  ignore: !HAS_H2LOAD,
  async fn() {
    await using output = await createTempDirectory();
    const result = await bench(
      ...["--quick", "--contestants=kit,bare-deno", "--rows=hello"],
      `--output=${output.directory.pathname}`,
    );
    assertEquals(result.code, 0, transcript(result));
    assertMatch(result.stderr, /^round 1\/1 {2}kit {2}hello: [\d,]+ calls\/s$/m);
    for (const name of ["FastGRPC", "bare node:http2"]) {
      assertMatch(
        result.stdout,
        new RegExp(`^\\| ${name}.*Deno +\\| +[\\d,]+ \\([\\d.]+\\) \\|$`, "m"),
      );
    }
    const report = await Deno.readTextFile(new URL("RESULTS.md", output.directory));
    assert(result.stdout.includes(report), "the file holds something else");
    const chart = await Deno.readTextFile(new URL("bench.svg", output.directory));
    assertEquals(chart.match(/<rect /g)?.length, 2);
  },
});

Deno.test("deno task bench names what it can measure when it is asked for something else", async () => {
  const result = await bench("--rows=hullo");
  assertEquals(result.code, 1, transcript(result));
  assertMatch(result.stderr, /Cannot measure the row "hullo": use some of hello, /);
});

async function bench(...args: string[]) {
  return await runCommand(Deno.execPath(), ["task", "--quiet", "bench", ...args], {
    cwd: ROOT,
    boundMs: 90_000,
  });
}
