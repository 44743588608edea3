/**
 * What a service in code costs beside a generated one: a unary call from its bytes to its bytes,
 * without the connection; generated, generated with Zod's own parse of the request and the reply in
 * the handler, and in code. The third should not be slower than the second. Each runs in processes of
 * its own, in turns, so that none is compiled for another's values; they differ by some hundred
 * nanoseconds from one to the next.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { FastGRPC, Service } from "../mod.ts";
import { appServices } from "../src/app.ts";
import { HealthStatus } from "../src/health_status.ts";
import { createBinaryCodec } from "../src/protocol/grpc/grpc_method.ts";
import type { MethodSpec } from "../src/service.ts";

const PROCESSES = 9;
const ROUNDS = 60;
const CALLS = 5_000;
const WAYS = ["generated", "generated, with Zod's parse", "in code"] as const;

/** A method, and a request for it. */
interface Case {
  readonly request: z.ZodType;
  readonly response: z.ZodType;
  readonly value: Record<string, unknown>;
  // deno-lint-ignore no-explicit-any
  readonly handler: (request: any) => unknown;
}

const CASES: Readonly<Record<string, Case>> = {
  "hello": {
    request: z.object({ name: z.string() }),
    response: z.object({ message: z.string() }),
    value: { name: "World" },
    handler: ({ name }) => ({ message: `Hello ${name}` }),
  },
  "an order of 5 items": {
    request: z.object({
      id: z.int64(),
      customer: z.string().min(1),
      items: z.array(
        z.object({ sku: z.string(), count: z.uint32().default(1), price: z.number() }),
      ),
      note: z.string().optional(),
    }),
    response: z.object({ total: z.number(), lines: z.array(z.string()) }),
    value: {
      id: 7n,
      customer: "c",
      items: [1, 2, 3, 4, 5].map((count) => ({ sku: `sku-${count}`, count, price: 9.5 })),
    },
    handler: ({ items }) => {
      let total = 0;
      const lines: string[] = [];
      for (const { sku, count, price } of items) {
        total += count * price;
        lines.push(sku);
      }
      return { total, lines };
    },
  },
};

const [name, way] = Deno.args;
if (name === undefined) await compareAll();
else console.log(measure(await makeCall(CASES[name]!, way!)));

async function compareAll(): Promise<void> {
  for (const name of Object.keys(CASES)) {
    const times: number[][] = WAYS.map(() => []);
    for (let process = 0; process < PROCESSES; process++) {
      for (const [i, way] of WAYS.entries()) times[i]!.push(await measureInProcess(name, way));
    }
    const [generated, parsed, inCode] = times.map((all) =>
      all.sort((a, b) => a - b)[PROCESSES >> 1]!
    );
    console.log(
      `${name}: ${generated} ns; Zod's own parse adds ${parsed! - generated!} ns, ` +
        `a service in code ${inCode! - generated!} ns`,
    );
  }
}

async function measureInProcess(name: string, way: string): Promise<number> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-env", fileURLToPath(import.meta.url), name, way],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

async function makeCall({ request, response, handler, value }: Case, way: string) {
  const service = new Service("bench.v1.Bench")
    .unaryUnary("Call", { request, response }, handler as never);
  const inCode = await resolve(new FastGRPC().addService(service));
  const { desc } = inCode;
  const handle = way === "generated"
    ? handler
    : (message: unknown) => response.parse(handler(request.parse(message)));
  const spec = way === "in code"
    ? inCode
    : await resolve(new FastGRPC().addService(desc.parent, { call: handle } as never));
  const bytes = toBinary(desc.input, create(desc.input, value as never));
  const codec = createBinaryCodec(desc.input, desc.output);
  return () => codec.encode(spec.handler(codec.decode(bytes) as never, undefined as never), 5);
}

async function resolve(app: FastGRPC): Promise<MethodSpec> {
  const builtIns = { healthCheck: false, reflection: false };
  return [...(await appServices(app).resolve(builtIns, new HealthStatus())).values()][0]!;
}

/** Nanoseconds a call; the lower quartile, as others disturb upwards only. */
function measure(call: () => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let n = 0; n < CALLS; n++) call();
    times.push((performance.now() - start) * 1e6 / CALLS);
  }
  return Math.round(times.sort((a, b) => a - b)[ROUNDS >> 2]!);
}
