import { assertEquals } from "@std/assert";
import { FastGRPC, Service } from "@fastgrpc/fastgrpc";
import { testClient } from "@fastgrpc/fastgrpc/testing";
import { z } from "zod";

const Request = z.object({ name: z.string() });
const Payment = z.object({
  payment: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("cash") }),
    z.object({ kind: z.literal("card"), number: z.string() }),
  ]),
  color: z.enum(["red", "blue"]),
});
const paying = { request: Request, response: Payment };

// Whatever is written here without a type is inferred: that it compiles is the test.
const shop = new Service("shop.v1.Shop")
  .unaryUnary("Pay", paying, () => ({ payment: { kind: "cash" }, color: "red" }))
  .unaryUnary("PayLater", paying, async ({ name }) => {
    await Promise.resolve();
    if (name === "") return { payment: { kind: "cash" }, color: "red" };
    return { payment: { kind: "card", number: name }, color: "blue" };
  })
  .unaryStream("PayOften", paying, async function* ({ name }) {
    yield { payment: { kind: "card", number: name }, color: "red" };
    yield { payment: { kind: "cash" }, color: "blue" };
  })
  .streamUnary("PayTogether", paying, async (requests) => {
    const number = (await Array.fromAsync(requests, ({ name }) => name)).join("");
    return { payment: { kind: "card", number }, color: "red" };
  })
  .streamStream("PayEach", paying, async function* (requests) {
    for await (const { name } of requests) {
      yield { payment: { kind: "card", number: name }, color: "red" };
    }
  });

Deno.test("replies with values of enums and members of unions need no `as const`, in any kind of method", async () => {
  await using client = testClient(new FastGRPC().addService(shop), shop);
  assertEquals((await client.pay({ name: "" })).color, "red");
  assertEquals((await client.payLater({ name: "1" })).payment, { kind: "card", number: "1" });
  const often = await Array.fromAsync(client.payOften({ name: "1" }), ({ color }) => color);
  assertEquals(often, ["red", "blue"]);
  assertEquals((await client.payTogether(names("1", "2"))).payment.kind, "card");
  const each = await Array.fromAsync(client.payEach(names("1", "2")), ({ payment }) => payment);
  assertEquals(each, [{ kind: "card", number: "1" }, { kind: "card", number: "2" }]);
});

Deno.test("replies that are not what the schema takes are type errors", () => {
  const app = new FastGRPC({ name: "shop.v1.Shop" });
  app.unaryUnary("Pay", paying, () => ({ payment: { kind: "cash" }, color: "blue" }));
  // @ts-expect-error a color that is none
  app.unaryUnary("A", paying, () => ({ payment: { kind: "cash" }, color: "green" }));
  // @ts-expect-error a card without its number
  app.unaryUnary("B", paying, () => ({ payment: { kind: "card" }, color: "red" }));
  // @ts-expect-error a stream where one reply is due
  app.unaryUnary("C", paying, async function* () {});
  // @ts-expect-error a field that requests do not have
  app.unaryUnary("D", paying, ({ nick }) => ({ payment: { kind: "cash" }, color: nick }));
});

Deno.test("clients have the methods of the chain, and no others", async () => {
  await using client = testClient(new FastGRPC().addService(shop), shop);
  assertEquals(typeof client.pay, "function");
  // @ts-expect-error no such method
  assertEquals(client.refund, undefined);
  // @ts-expect-error a request that is none
  await client.pay({ name: 1 }).catch(() => {});
});

async function* names(...all: string[]) {
  for (const name of all) yield { name };
}
