/**
 * What a service in code costs beside a generated one: a unary call from its bytes to its bytes,
 * without the connection, generated, generated with Zod's own parse of the request and the reply in
 * the handler, and in code. The third should not be slower than the second.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { z } from "zod";
import { FastGRPC, Service } from "../mod.ts";
import { appServices } from "../src/app.ts";
import { HealthStatus } from "../src/health_status.ts";
import { createBinaryCodec } from "../src/protocol/grpc/grpc_method.ts";
import type { MethodSpec } from "../src/service.ts";

const ROUNDS = 15;
const CALLS = 20_000;

const Hello = z.object({ name: z.string() });
const HelloReply = z.object({ message: z.string() });
const Order = z.object({
  id: z.int64(),
  customer: z.string().min(1),
  items: z.array(z.object({ sku: z.string(), count: z.uint32().default(1), price: z.number() })),
  note: z.string().optional(),
});
const OrderReply = z.object({ total: z.number(), lines: z.array(z.string()) });

type Call = (bytes: Uint8Array) => Uint8Array;

await compare("hello", Hello, HelloReply, { name: "World" }, ({ name }) => ({
  message: `Hello ${name}`,
}));
await compare(
  "an order of 5 items",
  Order,
  OrderReply,
  {
    id: 7n,
    customer: "c",
    items: [1, 2, 3, 4, 5].map((count) => ({ sku: `sku-${count}`, count, price: 9.5 })),
  },
  ({ items }) => ({
    total: items.reduce((sum, { count = 1, price }) => sum + count * price, 0),
    lines: items.map(({ sku }) => sku),
  }),
);

/** Measures one kind of call, and prints a row. */
async function compare<Q extends z.ZodType, P extends z.ZodType>(
  title: string,
  request: Q,
  response: P,
  value: Record<string, unknown>,
  handler: (request: z.output<Q>) => z.input<P>,
): Promise<void> {
  const code = new Service("bench.v1.Bench").unaryUnary(
    "Call",
    { request, response },
    handler as never,
  );
  const [inCode] = await resolve(new FastGRPC().addService(code));
  const desc = inCode!.desc.parent;
  const generated = async (handle: (message: z.output<Q>) => unknown) => {
    const app = new FastGRPC().addService(desc, { call: handle } as never);
    return toCall((await resolve(app))[0]!);
  };
  const calls = {
    generated: await generated(handler),
    parsed: await generated((message) =>
      response.parse(handler(request.parse(message) as z.output<Q>))
    ),
    inCode: toCall(inCode!),
  };
  const bytes = toBinary(inCode!.desc.input, create(inCode!.desc.input, value as never));
  const [plain, parsed, own] = medians(Object.values(calls), bytes);
  console.log(
    `${title}: generated ${plain} ns, with Zod's parse ${parsed} ns, in code ${own} ns: ` +
      `${((own! - plain!) / (parsed! - plain!)).toFixed(2)} of Zod's own parse`,
  );
}

async function resolve(app: FastGRPC): Promise<MethodSpec[]> {
  const builtIns = { healthCheck: false, reflection: false };
  return [...(await appServices(app).resolve(builtIns, new HealthStatus())).values()];
}

function toCall({ desc, handler }: MethodSpec): Call {
  const codec = createBinaryCodec(desc.input, desc.output);
  return (bytes) => codec.encode(handler(codec.decode(bytes) as never, undefined as never));
}

/** Nanoseconds a call, of each, taken in turns. */
function medians(calls: readonly Call[], bytes: Uint8Array): number[] {
  const times = calls.map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, call] of calls.entries()) {
      const start = performance.now();
      for (let n = 0; n < CALLS; n++) call(bytes);
      times[i]!.push((performance.now() - start) * 1e6 / CALLS);
    }
  }
  return times.map((all) => Math.round(all.sort((a, b) => a - b)[ROUNDS >> 1]!));
}
