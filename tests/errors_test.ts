import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { assertKnownOptions, deadlineExceeded, suggest, toWireError } from "../src/errors.ts";

Deno.test("toWireError() passes a ConnectError through as it is", () => {
  const error = new ConnectError("no such user", Code.NotFound);
  assertStrictEquals(toWireError(error), error);
});

for (const thrown of [new Error("password=secret"), "secret", undefined, { secret: true }]) {
  Deno.test(`toWireError() hides ${typeof thrown} ${thrown} behind INTERNAL`, () => {
    const error = toWireError(thrown);
    assertEquals([error.code, error.rawMessage], [Code.Internal, "internal error"]);
    assertStrictEquals(error.cause, thrown);
  });
}

Deno.test("deadlineExceeded() says which timeout has passed", () => {
  const error = deadlineExceeded(500);
  assertEquals([error.code, error.rawMessage], [
    Code.DeadlineExceeded,
    "deadline exceeded after 500ms",
  ]);
});

Deno.test("assertKnownOptions() names the nearest option for a slip", () => {
  assertThrows(
    () => assertKnownOptions("serve", { caCertficate: "ca.pem" }, ["port", "caCertificate"]),
    TypeError,
    `Cannot serve with option "caCertficate": did you mean "caCertificate"?`,
  );
});

Deno.test("suggest() lists what there is when nothing is near", () => {
  assertEquals(suggest("zzzzzz", ["port", "hostname"]), `known are "port", "hostname"`);
  assertEquals(suggest("zzzzzz", []), "known are none");
});
