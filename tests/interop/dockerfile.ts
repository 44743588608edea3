/** The Dockerfile as hadolint sees it. What its stages make is `tests/deploy/dockerfile_test.ts`'s. */

import { assertEquals, assertMatch } from "@std/assert";
import { runCommand, transcript } from "../support/command.ts";
import { createTempDirectory } from "../support/pem_files.ts";
import { pythonTool, reportLeftOut } from "../support/tools.ts";

const HADOLINT = await pythonTool("hadolint");
reportLeftOut();

const DOCKERFILE = new URL("../../deploy/docker/Dockerfile", import.meta.url);

Deno.test({
  name: "hadolint finds no fault with deploy/docker/Dockerfile",
  ignore: HADOLINT === undefined,
  async fn() {
    const result = await runCommand(HADOLINT!, ["--no-color", DOCKERFILE.pathname]);
    assertEquals([result.code, result.stdout], [0, ""], transcript(result));
  },
});

Deno.test({
  name: "hadolint finds mistakes",
  ignore: HADOLINT === undefined,
  async fn(t) {
    const mistakes: readonly (readonly [from: string, to: string, rule: RegExp])[] = [
      ["USER 65532:65532", "USER root", /DL3002/],
      [":nonroot\n", ":latest\n", /DL3007/],
      [`ENTRYPOINT ["/usr/local/bin/greeter"]`, "ENTRYPOINT greeter", /DL3025/],
    ];
    for (const [from, to, rule] of mistakes) {
      await t.step(to.trim(), async () => {
        await using temporary = await createTempDirectory();
        const file = new URL("Dockerfile", temporary.directory);
        await Deno.writeTextFile(file, (await Deno.readTextFile(DOCKERFILE)).replaceAll(from, to));
        const result = await runCommand(HADOLINT!, ["--no-color", file.pathname]);
        assertMatch(result.stdout, rule);
        assertEquals(result.code, 1);
      });
    }
  },
});
