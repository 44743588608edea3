/** `health` of the command line, held against grpc-health-probe: the same question, the same exit code. */

import { assertEquals } from "@std/assert";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { createProbePem, HEALTH_CASES } from "../support/health_cases.ts";
import { runGoProbe, runHealth } from "../support/health_probes.ts";
import { goTool } from "../support/tools.ts";

const PROBE = await goTool("grpc-health-probe");

Deno.test({
  name: "grpc-health-probe exits as the command line's health does",
  ignore: PROBE === undefined,
  async fn() {
    await using pem = await createProbePem();
    await using folder = await createCliFolder();
    for (const { title, start, flags, code } of HEALTH_CASES) {
      await using server = await start(pem);
      const probe = { port: server.port, flags, pem };
      const [theirs, ours] = [await runGoProbe(PROBE!, probe), await runHealth(folder, probe)];
      assertEquals(
        [theirs.code, ours.code],
        [code, code],
        `${title}: ${transcript(theirs)}${transcript(ours)}`,
      );
    }
  },
});
