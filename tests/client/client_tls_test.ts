import { assertEquals, assertThrows } from "@std/assert";
import { Code, type ConnectError } from "@connectrpc/connect";
import { type ClientOptions, createClient } from "../../src/client.ts";
import { ConfigError } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createTestCa, issueTestServer } from "../support/certificates.ts";
import { captureLog } from "../support/captured_log.ts";
import { codeOf } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet, type PemSet } from "../support/pem_files.ts";
import { eventually } from "../support/waiting.ts";

const WAYS: readonly ClientOptions[] = [
  { protocol: "grpc" },
  { protocol: "connect" },
  { protocol: "grpc-web" },
  { protocol: "connect", httpVersion: "1.1" },
  { protocol: "grpc-web", httpVersion: "1.1" },
];

function nameOfCode(error: unknown): string {
  return Code[(error as ConnectError).code]!;
}

const serveSubjects = (serve: Partial<PemSet["mtls"]>) =>
  serveGreeter({
    serve,
    handlers: {
      sayHello: (_, { peer }) => ({ message: `${peer.encrypted} ${peer.certificate?.subject}` }),
    },
  });

for (const way of WAYS) {
  const name = `${way.protocol} over HTTP/${way.httpVersion ?? "2"}`;

  Deno.test(`createClient() calls with TLS by ${name}`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveSubjects(pem.tls);
    const { caCertificate } = pem;
    await using client = createClient(Greeter, greeter.baseUrl, { ...way, tls: { caCertificate } });
    assertEquals((await client.sayHello({})).message, "true undefined");
  });

  Deno.test(`createClient() takes the server for who "serverName" says, by ${name}`, async () => {
    const ca = await createTestCa();
    const names = [{ type: "dns" as const, value: "other.test" }];
    await using pem = await createPemSet({ ca, server: await issueTestServer(ca, { names }) });
    await using greeter = await serveSubjects(pem.tls);
    const { caCertificate } = pem;
    for (
      const [serverName, expected] of [["other.test", undefined], [
        "third.test",
        "Unavailable",
      ]] as const
    ) {
      const tls = { caCertificate, serverName };
      await using client = createClient(Greeter, greeter.baseUrl, { ...way, tls });
      assertEquals(await client.sayHello({}).then(() => undefined, nameOfCode), expected);
    }
  });

  Deno.test(`createClient() shows its certificate by ${name}`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveSubjects(pem.mtls);
    const { caCertificate, clientCertificateChain, clientPrivateKey } = pem;
    const tls = { caCertificate, clientCertificateChain, clientPrivateKey };
    await using client = createClient(Greeter, greeter.baseUrl, { ...way, tls });
    assertEquals((await client.sayHello({})).message, "true CN=fastgrpc-test-client");
  });

  Deno.test(`createClient() says UNAVAILABLE to who is not trusted by ${name}`, async () => {
    await using pem = await createPemSet();
    await using others = await createPemSet();
    await using greeter = await serveSubjects(pem.mtls);
    const trusts: ClientOptions[] = [
      // The server is not.
      {},
      { tls: { caCertificate: others.caCertificate } },
      // The client is not.
      { tls: { caCertificate: pem.caCertificate } },
      {
        tls: {
          caCertificate: pem.caCertificate,
          clientCertificateChain: others.clientCertificateChain,
          clientPrivateKey: others.clientPrivateKey,
        },
      },
    ];
    for (const options of trusts) {
      await using client = createClient(Greeter, greeter.baseUrl, { ...way, ...options });
      assertEquals((await codeOf(client.sayHello({}))).split(":", 1), ["Unavailable"]);
    }
    await eventually("nobody is connected", () => greeter.server.connectionCount === 0);
  });
}

Deno.test("createClient() reads its certificate anew for each connection", async () => {
  await using log = await captureLog();
  const ca = await createTestCa();
  await using pem = await createPemSet({ ca });
  await using greeter = await serveSubjects(pem.mtls);
  const { caCertificate, clientCertificateChain, clientPrivateKey } = pem;
  await using client = createClient(Greeter, greeter.baseUrl, {
    tls: { caCertificate, clientCertificateChain, clientPrivateKey },
    idleTimeout: "10ms",
  });
  const subjectOfNext = async () => {
    const { message } = await client.sayHello({});
    await eventually("it is idle", () => greeter.server.connectionCount === 0);
    return message;
  };
  assertEquals(await subjectOfNext(), "true CN=fastgrpc-test-client");
  const renewed = await ca.issue({ subject: [{ CN: ["renewed"] }] });
  await Deno.writeTextFile(clientCertificateChain, renewed.certificate);
  // Its key is not there yet: the old pair goes on.
  assertEquals(await subjectOfNext(), "true CN=fastgrpc-test-client");
  await Deno.writeTextFile(clientPrivateKey, renewed.privateKey);
  assertEquals(await subjectOfNext(), "true CN=renewed");
  assertEquals(
    log.calls().filter(({ level }) => level === "warning").length,
    1,
  );
});

Deno.test("createClient() checks its PEM files before the first call", async () => {
  await using pem = await createPemSet();
  await using others = await createPemSet();
  const { caCertificate, clientCertificateChain } = pem;
  const wrong: readonly (readonly [tls: ClientOptions["tls"], message: RegExp])[] = [
    [{ caCertificate: pem.clientPrivateKey }, /"caCertificate" .* it has no/],
    [
      { caCertificate, clientCertificateChain, clientPrivateKey: others.clientPrivateKey },
      /"clientPrivateKey" .* it does not match the first certificate/,
    ],
    [
      { clientCertificateChain, clientPrivateKey: caCertificate },
      /"clientPrivateKey" .* it is no private key in PEM/,
    ],
  ];
  for (const [tls, message] of wrong) {
    const create = () => createClient(Greeter, "https://localhost", { tls: tls! });
    const error = assertThrows(create, ConfigError);
    assertEquals(message.test(error.message), true, error.message);
  }
});
