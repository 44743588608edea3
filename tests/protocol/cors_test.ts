import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { Cors, type CorsOptions } from "../../src/protocol/cors.ts";
import type { HttpStream, ResponseFields } from "../../src/http_stream.ts";

const MISUSE: readonly [unknown, string][] = [
  [{ origins: "https://app.example.com" }, `write a list, such as ["https://app.example.com"]`],
  [{}, `write a list`],
  [{ origins: ["app.example.com"] }, "write scheme and host"],
  [{ origins: ["https://app.example.com/"] }, "write scheme and host"],
  [{ origins: ["https://app.example.com/path"] }, "write scheme and host"],
  [{ origins: ["*"] }, "write scheme and host"],
  [{ origins: "*", credentials: true }, "list the origins"],
  [{ origins: "*", alowedHeaders: [] }, `did you mean "allowedHeaders"?`],
];

for (const [options, remedy] of MISUSE) {
  Deno.test(`Cors refuses ${JSON.stringify(options)}`, () => {
    const error = assertThrows(() => new Cors(options as CorsOptions), TypeError);
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, remedy);
  });
}

for (
  const [maxAge, seconds] of [["90s", "90"], ["1.5s", "1"], ["2d", "86400"], [
    Infinity,
    "86400",
  ]] as const
) {
  Deno.test(`Cors tells browsers to remember for ${seconds} s with a maxAge of ${maxAge}`, () => {
    const fields: ResponseFields = {};
    const headers = { origin: "https://a.example", "access-control-request-method": "POST" };
    const stream = {
      method: "OPTIONS",
      headers,
      addResponseFields: (added: ResponseFields) => void Object.assign(fields, added),
      respond: () => {},
    } as unknown as HttpStream;
    assertEquals(new Cors({ origins: "*", maxAge }).handle(stream), true);
    assertEquals(fields["access-control-max-age"], seconds);
  });
}
