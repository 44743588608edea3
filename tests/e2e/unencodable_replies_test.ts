import { assert, assertEquals } from "@std/assert";
import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Type,
  file_google_protobuf_timestamp,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { FastGRPC } from "../../mod.ts";
import { captureLog } from "../support/captured_log.ts";
import { envelope } from "../support/envelopes.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

/** Replies that cannot be written, and those of the two formats that cannot write them. */
const REPLIES: Readonly<Record<string, [reply: unknown, formats: readonly string[]]>> = {
  "a string in place of a number": [{ secretCount: "a secret" }, ["binary", "JSON"]],
  "a number out of range": [{ secretCount: 2 ** 32 }, ["binary", "JSON"]],
  "a negative number": [{ secretCount: -1 }, ["binary", "JSON"]],
  "a number in place of a message": [{ secretTime: 7 }, ["binary", "JSON"]],
  "a time after the year 9999": [{ secretTime: { seconds: 10n ** 15n } }, ["JSON"]],
};

const SECRET = createSecretService();

for (const [what, [reply, formats]] of Object.entries(REPLIES)) {
  for (const format of FORMATS) {
    for (const isJson of [false, true]) {
      const over = `${format}, ${isJson ? "JSON" : "binary"}`;
      Deno.test(`a reply with ${what} shows in the log alone (${over})`, async (t) => {
        await using log = await captureLog();
        await using server = await serve(reply);
        const fails = formats.includes(isJson ? "JSON" : "binary");
        for (const method of format === "connect unary" ? ["Unary"] : ["Unary", "Stream"]) {
          // A unary method has no stream of Connect.
          if (format === "connect stream" && method === "Unary") continue;
          await t.step(method, async () => {
            const before = log.calls().length;
            using client = connectHttp2(`http://127.0.0.1:${server.addr.port}`);
            const contentType = contentTypeOf(format, isJson);
            const response = await client.request(
              `/secret.v1.Secret/${method}`,
              { "content-type": contentType },
              isJson ? jsonBodyOf(format) : bodyOf(format),
            );
            assertEquals(
              readStatus(response),
              fails ? { code: "internal", message: "internal error" } : { code: "ok", message: "" },
            );
            const { headers, trailers, body } = response;
            const wire = JSON.stringify([headers, trailers]) + new TextDecoder().decode(body);
            assert(!fails || !wire.includes("ecret"), wire);
            const logged = log.calls().slice(before);
            assertEquals(logged.map(({ level }) => level), fails ? ["error"] : []);
            for (const { properties } of logged) assert(properties["error"] instanceof Error);
          });
        }
      });
    }
  }
}

/** An app whose only service gives this reply. */
function serve(reply: unknown) {
  const handlers = {
    unary: () => reply,
    async *stream() {
      yield reply;
    },
  };
  return new FastGRPC()
    .addService(SECRET, handlers as never)
    .serve({ hostname: "127.0.0.1", port: 0 });
}

function contentTypeOf(format: keyof typeof CONTENT_TYPES, isJson: boolean): string {
  if (!isJson) return CONTENT_TYPES[format];
  return format === "grpc"
    ? "application/grpc+json"
    : CONTENT_TYPES[format].replace("proto", "json");
}

function jsonBodyOf(format: keyof typeof CONTENT_TYPES): Uint8Array {
  const message = new TextEncoder().encode("{}");
  return format === "connect unary" ? message : envelope(message);
}

/** A service with a message that the example's has nothing of. */
function createSecretService(): DescService {
  const method = { inputType: ".secret.v1.Reply", outputType: ".secret.v1.Reply" };
  const registry = createFileRegistry(
    create(FileDescriptorProtoSchema, {
      name: "secret.proto",
      package: "secret.v1",
      syntax: "proto3",
      dependency: ["google/protobuf/timestamp.proto"],
      messageType: [{
        name: "Reply",
        field: [
          { name: "secret_count", number: 1, type: FieldDescriptorProto_Type.UINT32 },
          {
            name: "secret_time",
            number: 2,
            type: FieldDescriptorProto_Type.MESSAGE,
            typeName: ".google.protobuf.Timestamp",
          },
        ],
      }],
      service: [{
        name: "Secret",
        method: [
          { name: "Unary", ...method },
          { name: "Stream", serverStreaming: true, ...method },
        ],
      }],
    }),
    () => file_google_protobuf_timestamp,
  );
  return registry.getService("secret.v1.Secret")!;
}
