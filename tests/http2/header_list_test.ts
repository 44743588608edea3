import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { Field } from "../../src/http2/field.ts";
import { HeaderList } from "../../src/http2/header_list.ts";
import { checkProperty } from "../support/properties.ts";

type Fields = readonly (readonly [name: string, value: string])[];

const METHOD = [":method", "POST"] as const;
const SCHEME = [":scheme", "http"] as const;
const PATH = [":path", "/greeter.v1.Greeter/SayHello"] as const;
const AUTHORITY = [":authority", "localhost:50051"] as const;
const REQUEST: Fields = [METHOD, SCHEME, PATH, AUTHORITY];

function listOf(fields: Fields, maxBytes = Infinity): HeaderList {
  const list = new HeaderList(maxBytes);
  for (const [name, value] of fields) list.add(new Field(name, value));
  return list;
}

/** {@linkcode REQUEST} with one pseudo-field otherwise, or without it. */
function requestWith(name: string, ...values: string[]): Fields {
  return REQUEST.flatMap((field) =>
    field[0] === name ? values.map((value) => [name, value] as const) : [field]
  );
}

const GOOD_REQUESTS: Readonly<Record<string, Fields>> = {
  "of gRPC": [...REQUEST, ["te", "trailers"], ["content-type", "application/grpc"]],
  "without a regular field": REQUEST,
  "with pseudo-fields in any order": [AUTHORITY, PATH, SCHEME, METHOD],
  "with te in capital letters": [...REQUEST, ["te", "Trailers"]],
  "with its authority in host alone": [...requestWith(":authority"), ["host", "localhost"]],
  "with its authority in host as well": [...REQUEST, ["host", "LOCALHOST:50051"]],
  "with the port of its scheme in host": [
    ...requestWith(":authority", "localhost"),
    ["host", "localhost:80"],
  ],
  "with a scheme of its own": requestWith(":scheme", "grpc+x"),
  "with OPTIONS of all": [[":method", "OPTIONS"], SCHEME, [":path", "*"], AUTHORITY],
  "with a method of its own": requestWith(":method", "M-SEARCH"),
  "with CONNECT": [[":method", "CONNECT"], AUTHORITY],
  "with an empty value": [...REQUEST, ["x", ""]],
  "with blanks within a value": [...REQUEST, ["x", "a \t b"]],
  "with each byte that a value may have": [...REQUEST, ["x", "!\x01\x1f\x7f\x80\xff!"]],
  "with each kind of character that a name may have": [
    ...REQUEST,
    ["!#$%&'*+-.^_`|~09az", "1"],
  ],
  "with a length": [...REQUEST, ["content-length", "12"]],
  "with the same length twice": [...REQUEST, ["content-length", "12"], ["content-length", "12"]],
};

for (const [title, fields] of Object.entries(GOOD_REQUESTS)) {
  Deno.test(`HeaderList takes a request ${title}`, () => {
    assertEquals(listOf(fields).requestFault, undefined);
  });
}

/** RFC 9113, sections 8.2 and 8.3. */
const BAD_REQUESTS: Readonly<Record<string, Fields>> = {
  "without a method": requestWith(":method"),
  "without a scheme": requestWith(":scheme"),
  "without a path": requestWith(":path"),
  "without an authority": requestWith(":authority"),
  "with two methods": requestWith(":method", "POST", "POST"),
  "with two schemes": requestWith(":scheme", "http", "https"),
  "with two paths": requestWith(":path", "/a", "/a"),
  "with two authorities": requestWith(":authority", "a", "a"),
  "with an empty method": requestWith(":method", ""),
  "with an empty scheme": requestWith(":scheme", ""),
  "with an empty path": requestWith(":path", ""),
  "with an empty authority": requestWith(":authority", ""),
  "with a blank in its method": requestWith(":method", "GET /"),
  "with a blank in its path": requestWith(":path", "/ HTTP/1.1"),
  "with a line feed in its path": requestWith(":path", "/\r\nhost: a"),
  "with a blank in its authority": requestWith(":authority", "a b"),
  "with a colon in its scheme": requestWith(":scheme", "http:"),
  "with a user in its authority": requestWith(":authority", "user@localhost"),
  "with a path that is none": requestWith(":path", "greeter"),
  "with a path of all": requestWith(":path", "*"),
  "with CONNECT and a path": [[":method", "CONNECT"], PATH, AUTHORITY],
  "with CONNECT and a scheme": [[":method", "CONNECT"], SCHEME, AUTHORITY],
  "with CONNECT and no authority": [[":method", "CONNECT"], ["host", "a"]],
  "with a pseudo-field of responses": [...REQUEST, [":status", "200"]],
  "with a pseudo-field that is unknown": [...REQUEST, [":protocol", "websocket"]],
  "with a pseudo-field after fields": [METHOD, SCHEME, PATH, ["x", "1"], AUTHORITY],
  "with capital letters in a name": [...REQUEST, ["X-Name", "1"]],
  "with an empty name": [...REQUEST, ["", "1"]],
  "with a blank in a name": [...REQUEST, ["x y", "1"]],
  "with a colon in a name": [...REQUEST, ["x:y", "1"]],
  "with a byte above ASCII in a name": [...REQUEST, ["x\xe9", "1"]],
  "with NUL in a value": [...REQUEST, ["x", "a\0b"]],
  "with a line feed in a value": [...REQUEST, ["x", "a\nb"]],
  "with a carriage return in a value": [...REQUEST, ["x", "a\rb"]],
  "with a blank before a value": [...REQUEST, ["x", " a"]],
  "with a blank after a value": [...REQUEST, ["x", "a\t"]],
  "with a value of a blank": [...REQUEST, ["x", " "]],
  "with connection": [...REQUEST, ["connection", "keep-alive"]],
  "with keep-alive": [...REQUEST, ["keep-alive", "timeout=5"]],
  "with proxy-connection": [...REQUEST, ["proxy-connection", "close"]],
  "with transfer-encoding": [...REQUEST, ["transfer-encoding", "chunked"]],
  "with upgrade": [...REQUEST, ["upgrade", "h2c"]],
  "with te of more than trailers": [...REQUEST, ["te", "trailers, deflate"]],
  "with two hosts": [...REQUEST, ["host", "localhost:50051"], ["host", "localhost:50051"]],
  "with an empty host": [...requestWith(":authority"), ["host", ""]],
  "with a user in its host": [...requestWith(":authority"), ["host", "user@localhost"]],
  "with a host that is not its authority": [...REQUEST, ["host", "example.com"]],
  "with a host of another port": [...REQUEST, ["host", "localhost"]],
  "with a length that is no number": [...REQUEST, ["content-length", "1e3"]],
  "with a length below 0": [...REQUEST, ["content-length", "-1"]],
  "with an empty length": [...REQUEST, ["content-length", ""]],
  "with a list of lengths": [...REQUEST, ["content-length", "12, 12"]],
  "with two lengths": [...REQUEST, ["content-length", "12"], ["content-length", "13"]],
};

for (const [title, fields] of Object.entries(BAD_REQUESTS)) {
  Deno.test(`HeaderList refuses a request ${title}`, () => {
    assertEquals(typeof listOf(fields).requestFault, "string");
  });
}

Deno.test("HeaderList takes trailers without pseudo-fields alone", () => {
  assertEquals(listOf([["grpc-status", "0"], ["x", "1"]]).trailersFault, undefined);
  assertEquals(listOf([]).trailersFault, undefined);
  for (const field of [...REQUEST, [":status", "200"], ["Name", "1"], ["upgrade", "1"]] as const) {
    assertEquals(typeof listOf([["x", "1"], field]).trailersFault, "string", field[0]);
    assertEquals(typeof listOf([field]).trailersFault, "string", field[0]);
  }
});

Deno.test("HeaderList has pseudo-fields apart, and the others in turn", () => {
  const list = listOf([...REQUEST, ["x", "1"], ["y", "2"], ["x", "3"], ["content-length", "12"]]);
  assertEquals([list.method, list.scheme, list.path, list.authority], [
    "POST",
    "http",
    "/greeter.v1.Greeter/SayHello",
    "localhost:50051",
  ]);
  assertEquals(list.fields, ["x", "1", "y", "2", "x", "3", "content-length", "12"]);
  assertEquals(list.contentLength, 12);
  // 7+4, 7+4, 5+28, 10+15, 2, 2, 2, 14+2, and 32 for each.
  assertEquals(list.bytes, 102 + 8 * 32);
});

Deno.test("HeaderList has its authority from host if it comes there alone", () => {
  assertEquals(listOf([...requestWith(":authority"), ["host", "a:1"]]).authority, "a:1");
  assertEquals(listOf([...requestWith(":authority", "b"), ["host", "a:1"]]).authority, "b");
});

Deno.test("HeaderList joins the values of a field by name, and crumbs of cookies", () => {
  const { record } = listOf([
    ...[["x", "1"], ["cookie", "a=b"], ["x", "2"], ["cookie", "c=d"], ["x", ""]] as const,
    ["__proto__", "p"],
  ]);
  assertEquals({ ...record }, { x: "1, 2, ", cookie: "a=b; c=d", ["__proto__"]: "p" });
  assertEquals(record.toString, undefined);
});

Deno.test("HeaderList takes in its own names and values whatever they are", () => {
  const text = fc.string({ unit: fc.nat(0xff).map((code) => String.fromCharCode(code)) });
  const name = text.filter((each) => !each.startsWith(":"));
  checkProperty(
    fc.property(fc.array(fc.tuple(name, text)), (fields) => {
      const list = listOf(fields);
      assertEquals(list.fields, fields.flat());
      // `Headers` throws at what HTTP does not allow: the two agree, or ours is the stricter.
      if (list.fault === undefined) {
        for (const [name, value] of fields) new Headers([[name, value]]);
      }
    }),
    3000,
  );
});
