import { assertEquals, assertThrows } from "@std/assert";
import { type ClientOptions, createClient } from "../../src/client.ts";
import { ConfigError } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

const HTTPS = "https://localhost:50051";
const HTTP = "http://localhost:50051";

const URLS: readonly (readonly [url: unknown, message: string])[] = [
  [
    "localhost:50051",
    'Cannot create a client for "localhost:50051": write it as "https://host:port"',
  ],
  ["127.0.0.1:50051", 'Cannot create a client for "127.0.0.1:50051": write it as'],
  ["", 'Cannot create a client for "": write it as'],
  ["ftp://localhost", 'Cannot create a client for "ftp://localhost": write it as'],
  ["dns:///localhost:50051", 'Cannot create a client for "dns:///localhost:50051": write it as'],
  ["http://ada:secret@localhost", "with a user's name in the URL: send it in a header"],
  [`${HTTP}/?name=Ada`, "leave out what follows its path"],
  [`${HTTP}/#there`, "leave out what follows its path"],
  [50051, "Cannot create a client for 50051: a URL is wanted"],
  [undefined, "Cannot create a client for undefined: a URL is wanted"],
];

Deno.test("createClient() tells of a URL that is none, without its secrets", () => {
  for (const [url, message] of URLS) {
    const error = assertThrows(() => createClient(Greeter, url as string), TypeError, message);
    assertEquals(error.message.includes("secret"), false);
  }
});

Deno.test("createClient() takes URLs with a path, and as URL", async () => {
  for (const url of [HTTP, new URL(HTTPS), `${HTTP}/`, `${HTTPS}/a/path/`, "http://[::1]:50051"]) {
    await createClient(Greeter, url).close();
  }
});

type Wrong = ClientOptions | Record<string, unknown>;

const OPTIONS: readonly (readonly [
  options: Wrong,
  message: string,
  kind?: typeof RangeError | typeof ConfigError,
])[] = [
  [{ timout: 5 }, 'Cannot create a client with option "timout": did you mean "timeout"?'],
  [{ tls: { caCertifcate: "ca.pem" } }, 'did you mean "caCertificate"?'],
  [{ protocol: "grpcweb" }, 'Cannot use "grpcweb" as "protocol": did you mean "grpc-web"?'],
  [{ protocol: "json" }, 'Cannot use "json" as "protocol": known are'],
  [{ httpVersion: "3" }, 'Cannot use "3" as "httpVersion"'],
  [{ httpVersion: "1.1" }, "Cannot call by gRPC over HTTP/1.1"],
  [{ compression: "snappy" }, 'Cannot use "snappy" as "compression"'],
  [{ interceptors: [undefined] }, "Cannot use an interceptor that is no function"],
  [{ timeout: 0 }, 'Cannot use 0 as "timeout"', RangeError],
  [{ timeout: "5" }, 'Cannot use "5" as "timeout"', RangeError],
  [{ connectTimeout: -1 }, 'Cannot use -1 as "connectTimeout"', RangeError],
  [{ keepaliveInterval: "x" }, 'Cannot use "x" as "keepaliveInterval"', RangeError],
  [{ keepaliveTimeout: NaN }, 'as "keepaliveTimeout"', RangeError],
  [{ idleTimeout: "1y" }, 'as "idleTimeout"', RangeError],
  [{ maxReceiveBytes: 0 }, 'Cannot use 0 as "maxReceiveBytes"', RangeError],
  [{ maxSendBytes: 1.5 }, 'Cannot use 1.5 as "maxSendBytes"', RangeError],
  [{ tls: { caCertificate: "none.pem" } }, 'Cannot read "caCertificate" none.pem', ConfigError],
  [{ tls: { caCertificate: "" } }, 'Cannot read "caCertificate": it is empty', ConfigError],
  [
    { tls: { caCertificate: new URL("https://example.com/ca.pem") } },
    'Cannot read "caCertificate" https://example.com/ca.pem',
    ConfigError,
  ],
  [
    { tls: { clientPrivateKey: "key.pem" } },
    'Cannot use mTLS with "clientPrivateKey" alone: set "clientCertificateChain" as well',
    ConfigError,
  ],
  [
    { tls: { clientCertificateChain: "client.pem" } },
    'Cannot use mTLS with "clientCertificateChain" alone: set "clientPrivateKey" as well',
    ConfigError,
  ],
];

Deno.test("createClient() tells of options that cannot be used", () => {
  for (const [options, message, kind = TypeError] of OPTIONS) {
    assertThrows(() => createClient(Greeter, HTTPS, options as ClientOptions), kind, message);
  }
});

Deno.test("createClient() refuses tls for a URL in plaintext", () => {
  assertThrows(
    () => createClient(Greeter, HTTP, { tls: {} }),
    TypeError,
    `Cannot use "tls" with ${HTTP}, which is plaintext: write "https:" in its place`,
  );
});

Deno.test("createClient() refuses what is no service", () => {
  assertThrows(
    () => createClient({} as typeof Greeter, HTTP),
    TypeError,
    "Cannot create a client without a service",
  );
});
