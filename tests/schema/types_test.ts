import { assertEquals } from "@std/assert";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { message } from "@fastgrpc/fastgrpc/zod";
import {
  type SayHelloRequest,
  SayHelloRequestSchema,
  SayHelloResponseSchema,
} from "../../gen/greeter/v1/greeter_pb.ts";
import type { ReplyOf, RequestOf } from "../../src/schema/compile_services.ts";
import type { MessageDeclaration } from "../../src/schema/read_services.ts";

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

function assertType<_T extends true>(): void {}

/** What a method of the app does with types. */
function handle<I extends MessageDeclaration, O extends MessageDeclaration>(
  _method: { request: I; response: O },
  handler: (request: RequestOf<I>) => ReplyOf<O>,
): typeof handler {
  return handler;
}

const Schema = z.object({
  times: z.int32().default(1),
  at: z.string().transform((text) => new Date(text)),
  id: z.int64().optional(),
});

Deno.test("handlers get the output of a schema, and return its input", () => {
  assertType<
    IsSame<RequestOf<typeof Schema>, { times: number; at: Date; id?: bigint | undefined }>
  >();
  assertType<
    IsSame<
      ReplyOf<typeof Schema>,
      { times?: number | undefined; at: string; id?: bigint | undefined }
    >
  >();
  const handler = handle(
    { request: Schema, response: z.object({ year: z.int32() }) },
    ({ at }) => ({
      year: at.getUTCFullYear(),
    }),
  );
  assertEquals(handler({ times: 1, at: new Date(0) }), { year: 1970 });

  // @ts-expect-error The reply lacks the year.
  handle({ request: Schema, response: z.object({ year: z.int32() }) }, () => ({}));
  // @ts-expect-error There is no such property.
  handle({ request: Schema, response: z.void() }, ({ missing }) => missing);
  // @ts-expect-error A number is no schema.
  handle({ request: 1, response: z.void() }, () => {});
});

Deno.test("handlers get generated messages, and return what makes one", () => {
  assertType<IsSame<RequestOf<typeof SayHelloRequestSchema>, SayHelloRequest>>();
  assertType<
    IsSame<ReplyOf<typeof SayHelloResponseSchema>, MessageInitShape<typeof SayHelloResponseSchema>>
  >();
  const both = { request: SayHelloRequestSchema, response: SayHelloResponseSchema };
  assertEquals(handle(both, ({ name }) => ({ message: name })).length, 1);
});

Deno.test("message() has the types of the generated message", () => {
  const Wrapped = z.object({ hello: message(SayHelloRequestSchema) });
  assertType<IsSame<RequestOf<typeof Wrapped>, { hello: SayHelloRequest }>>();
  assertType<
    IsSame<ReplyOf<typeof Wrapped>, { hello: MessageInitShape<typeof SayHelloRequestSchema> }>
  >();
  assertEquals(Wrapped.safeParse({ hello: { name: "x" } }).success, true);
  assertEquals(Wrapped.safeParse({ hello: { $typeName: "other.Message" } }).success, false);
});

Deno.test("z.void() is undefined on both sides", () => {
  const nothing = z.void();
  assertType<IsSame<RequestOf<typeof nothing>, void>>();
  assertType<IsSame<ReplyOf<typeof nothing>, void>>();
});
