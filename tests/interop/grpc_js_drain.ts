/**
 * Two servers among which grpc-js balances its calls, as clients do over a headless Service: each of
 * them is drained and started again while calls go on, and not one fails.
 */

import { assertGreater } from "@std/assert";
import type { RunOptions } from "../../mod.ts";
import { reportLeftOut, systemTool } from "../support/tools.ts";
import { restartInTurn } from "./support/rolling_restart.ts";

const ignore = await systemTool("node") === undefined;
reportLeftOut();

const PROCEDURES: readonly { readonly isMtls: boolean; readonly run: RunOptions }[] = [
  { isMtls: true, run: { gracefulTimeout: "10s" } },
  { isMtls: false, run: { gracefulTimeout: "10s" } },
  { isMtls: true, run: { lameDuck: "1s", gracefulTimeout: "10s" } },
];

for (const { isMtls, run } of PROCEDURES) {
  const kind = isMtls ? "mTLS" : "plaintext";
  const options = Object.keys(run).join(" and ");
  Deno.test({
    name: `grpc-js over ${kind}, balances, and loses no call while servers restart with ${options}`,
    ignore,
    async fn() {
      const calls = await restartInTurn({
        isMtls,
        run,
        front: ({ ports, certs }) => {
          const path = (name: string) => new URL(name, certs).pathname;
          const own = { certificate: path("client.pem"), key: path("client-key.pem") };
          return Promise.resolve({
            target: { port: ports, ...(isMtls && { ca: path("ca.pem"), own }) },
            [Symbol.asyncDispose]: () => Promise.resolve(),
          });
        },
      });
      assertGreater(calls, 1000);
    },
  });
}
