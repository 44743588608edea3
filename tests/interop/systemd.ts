/**
 * The unit of `deploy/systemd/` as systemd sees it: verified, and its exposure within a bound. A
 * running systemd is not wanted for that.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { type CommandResult, runCommand, transcript } from "../support/command.ts";
import { createTempDirectory } from "../support/pem_files.ts";
import { reportLeftOut, systemTool } from "../support/tools.ts";

const ignore = await systemTool("systemd-analyze") === undefined;
reportLeftOut();

const UNIT = new URL("../../deploy/systemd/greeter.service", import.meta.url);
/** In tenths: the unit has 13. What serves on a network, and compiles as it runs, has some at least. */
const MAX_EXPOSURE = 15;

Deno.test({
  name: "systemd-analyze finds no fault with deploy/systemd/greeter.service",
  ignore,
  async fn() {
    const result = await analyze(["verify"], (unit) => unit);
    assertEquals([result.code, result.stderr], [0, ""], transcript(result));
  },
});

Deno.test({
  name: "systemd-analyze finds the unit secured",
  ignore,
  async fn() {
    const result = await security((unit) => unit);
    assertEquals(result.code, 0, transcript(result));
  },
});

Deno.test({
  name: "systemd-analyze finds mistakes",
  ignore,
  async fn(t) {
    await t.step("an option that there is not", async () => {
      const { stderr } = await analyze(
        ["verify"],
        (unit) => unit.replace("TimeoutStopSec=", "TimeoutStopSecs="),
      );
      assertMatch(stderr, /Unknown key (?:name )?'TimeoutStopSecs'/);
    });
    await t.step("a system that may be written to", async () => {
      const { code } = await security((unit) => unit.replace(/^(Protect|Private).*\n/gm, ""));
      assertEquals(code, 1);
    });
  },
});

function security(change: (unit: string) => string): Promise<CommandResult> {
  const flags = ["--offline=yes", "--no-pager", `--threshold=${MAX_EXPOSURE}`];
  return analyze(["security", ...flags], change);
}

/** Analyzes the unit with a program that is there in place of its own. */
async function analyze(
  args: readonly string[],
  change: (unit: string) => string,
): Promise<CommandResult> {
  await using temporary = await createTempDirectory();
  const file = new URL("greeter.service", temporary.directory);
  const unit = (await Deno.readTextFile(UNIT)).replace("/usr/local/bin/greeter", "/bin/true");
  await Deno.writeTextFile(file, change(unit));
  return await runCommand("systemd-analyze", [...args, file.pathname]);
}
