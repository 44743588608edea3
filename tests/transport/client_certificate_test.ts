import { assert, assertEquals, assertRejects } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { createSecureServer } from "node:http2";
import type { JsonGeneralName } from "@peculiar/x509";
import { FastGRPC, type Peer, type PeerCertificate } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import {
  createTestCa,
  type IssueOptions,
  type TestCa,
  type TestCertificate,
} from "../support/certificates.ts";
import { connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { type GreeterOptions, serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";
import { toTlsOptions } from "../support/tls_clients.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

for (const protocol of PROTOCOLS) {
  Deno.test(`context.peer shows the client's certificate, ${protocol}`, async () => {
    const ca = await createTestCa("Root");
    await using fixture = await serveWithCa(ca);
    const client = await ca.issue({
      subject: [{ O: ["Example"] }, { CN: ["billing"] }],
      names: [
        { type: "dns", value: "billing.example" },
        { type: "ip", value: "10.0.0.1" },
        { type: "ip", value: "2001:db8::1" },
        { type: "url", value: "spiffe://example.org/billing" },
        { type: "email", value: "billing@example.org" },
      ],
    });

    const { certificate, ...peer } = await fixture.peerOf(client, protocol);

    const { raw, ...shown } = certificate!;
    const expected = new X509Certificate(client.certificate);
    assertEquals({ ...peer, port: 0 }, { address: "127.0.0.1", port: 0, encrypted: true });
    assert(peer.port > 0);
    assertEquals(shown, {
      subject: "CN=billing,O=Example",
      issuer: "CN=Root",
      serialNumber: expected.serialNumber,
      subjectAltNames: {
        dns: ["billing.example"],
        ip: ["10.0.0.1", "2001:db8::1"],
        uri: ["spiffe://example.org/billing"],
        email: ["billing@example.org"],
      },
      spiffeId: "spiffe://example.org/billing",
      fingerprint256: expected.fingerprint256,
      notBefore: new Date(expected.validFrom),
      notAfter: new Date(expected.validTo),
    });
    assertEquals(raw, new Uint8Array(expected.raw));
  });
}

const ADMIN = "spiffe://prod/admin";

/** Names of a client that would like to be the admin, each with the id that it gets. */
const NAMES: { title: string; names: JsonGeneralName[]; spiffeId: string | undefined }[] = [
  { title: "no name", names: [], spiffeId: undefined },
  { title: "another scheme", names: [{ type: "url", value: "https://a/b" }], spiffeId: undefined },
  {
    title: "several URIs",
    names: [{ type: "url", value: "spiffe://prod/a" }, { type: "url", value: ADMIN }],
    spiffeId: undefined,
  },
  {
    title: "a URI and a DNS name",
    names: [{ type: "dns", value: "a" }, { type: "url", value: "spiffe://prod/a" }],
    spiffeId: "spiffe://prod/a",
  },
  {
    title: "a comma in a URI",
    names: [{ type: "url", value: `spiffe://prod/a, URI:${ADMIN}` }],
    spiffeId: `spiffe://prod/a, URI:${ADMIN}`,
  },
  ...[`a, URI:${ADMIN}`, `a", URI:${ADMIN}, DNS:"b`, `a\nURI:${ADMIN}`, `a\0, URI:${ADMIN}`].map((
    value,
  ) => ({
    title: `a DNS name ${JSON.stringify(value)}`,
    names: [{ type: "dns" as const, value }],
    spiffeId: undefined,
  })),
  {
    title: "a mail address with a comma",
    names: [{ type: "email", value: `a@b, URI:${ADMIN}` }],
    spiffeId: undefined,
  },
  {
    title: "a directory name",
    names: [{ type: "dn", value: `CN=URI:${ADMIN}` }],
    spiffeId: undefined,
  },
];

for (const { title, names, spiffeId } of NAMES) {
  Deno.test(`context.peer has the right SPIFFE id for ${title}`, async () => {
    const ca = await createTestCa("Root");
    await using fixture = await serveWithCa(ca);
    const client = await ca.issue(names.length === 0 ? {} : { names });

    const { certificate } = await fixture.peerOf(client);

    assertEquals(certificate!.spiffeId, spiffeId);
    const of = (wanted: string) =>
      names.filter(({ type }) => type === wanted).map(({ value }) => value);
    const { dns, uri, email, ip } = certificate!.subjectAltNames;
    assertEquals({ dns, uri, email, ip }, {
      dns: of("dns"),
      uri: of("url"),
      email: of("email"),
      ip: [],
    });
  });
}

/** Subjects, as they stand in the certificate, and as RFC 4514 writes them. */
const SUBJECTS: [NonNullable<IssueOptions["subject"]>, string][] = [
  [[], ""],
  [[{ C: ["DE"] }, { O: ["Example"] }, { CN: ["a"] }], "CN=a,O=Example,C=DE"],
  [[{ DC: ["org"] }, { DC: ["example"] }, { CN: ["a"] }], "CN=a,DC=example,DC=org"],
  [[{ OU: ["a"] }, { CN: ["b"] }, { OU: ["c"] }], "OU=c,CN=b,OU=a"],
  [[{ CN: ["a"], OU: ["b"] }], "CN=a+OU=b"],
  [[{ CN: ["a,CN=admin"] }], "CN=a\\,CN=admin"],
  [[{ CN: ["a\nCN=admin"] }], "CN=a\\0aCN=admin"],
  [[{ CN: ['+a";<b>\\'] }], 'CN=\\+a\\"\\;\\<b\\>\\\\'],
  // "#a " as UTF8String, which the issuer takes in DER alone.
  [[{ CN: ["#0c03236120"] }], "CN=\\#a\\ "],
  [[{ CN: ["Zoë 🔑"] }], "CN=Zoë 🔑"],
  [[{ "1.2.3.4": ["a"] }, { CN: ["b"] }], "CN=b,1.2.3.4=#130161"],
];

for (const [subject, text] of SUBJECTS) {
  Deno.test(`context.peer writes the subject ${JSON.stringify(text)}`, async () => {
    const ca = await createTestCa("Root");
    await using fixture = await serveWithCa(ca);
    const { certificate } = await fixture.peerOf(await ca.issue({ subject }));
    assertEquals(certificate!.subject, text);
  });
}

Deno.test("app.serve() refuses a client whose names are malformed, and lives", async () => {
  const ca = await createTestCa("Root");
  await using fixture = await serveWithCa(ca);
  // A DNS name that is longer than the sequence around it: TLS itself has no objection.
  const { certificate: cert, privateKey: key } = await ca.issue({
    names: Uint8Array.fromHex("3003820561"),
  });

  using socket = await Deno.connectTls({
    hostname: "localhost",
    port: fixture.port,
    caCerts: [fixture.serverCa],
    alpnProtocols: ["h2"],
    cert,
    key,
  });
  await assertRejects(() => socket.read(new Uint8Array(1)), Deno.errors.UnexpectedEof);

  const { certificate } = await fixture.peerOf(await ca.issue());
  assertEquals(certificate!.subject, "CN=test");
});

Deno.test("context.peer has no certificate without mTLS", async () => {
  const ca = await createTestCa("Root");
  await using pem = await createPemSet();
  const plain = watchPeers();
  await using greeter = await serveGreeter({ handlers: plain.handlers });
  const tls = watchPeers();
  await using secure = await serveGreeter({
    handlers: tls.handlers,
    serve: pem.tls,
  });
  using plainClient = connectGreeter(greeter.baseUrl);
  using tlsClient = connectGreeter(secure.baseUrl, {
    tls: toTlsOptions({ ca: pem.ca.certificate, client: await ca.issue() }),
  });

  await plainClient.sayHello({});
  await tlsClient.sayHello({});

  const [plainPeer, tlsPeer] = [plain.peers[0]!, tls.peers[0]!];
  assertEquals([plainPeer.encrypted, plainPeer.certificate], [false, undefined]);
  assertEquals([tlsPeer.encrypted, tlsPeer.certificate], [true, undefined]);
});

for (const [title, rejectUnauthorized] of [["requires", true], ["asks for", false]] as const) {
  Deno.test(`addToServer() shows the peer of a server that ${title} a certificate`, async () => {
    const ca = await createTestCa("Root");
    await using pem = await createPemSet();
    const server = createSecureServer({
      cert: await Deno.readTextFile(pem.sslCertificateChain),
      key: await Deno.readTextFile(pem.sslPrivateKey),
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized,
    });
    const { peers, handlers } = watchPeers();
    const app = new FastGRPC().addService(Greeter, { ...greeterHandlers, ...handlers });
    await using running = await app.addToServer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const says = async (client?: TestCertificate): Promise<PeerCertificate | undefined> => {
      using greeter = connectGreeter(`https://localhost:${running.addr.port}`, {
        tls: toTlsOptions({ ca: pem.ca.certificate, client }),
      });
      await greeter.sayHello({});
      return peers.at(-1)!.certificate;
    };
    const stranger = await (await createTestCa("Root")).issue();

    assertEquals((await says(await ca.issue()))?.subject, "CN=test");

    if (rejectUnauthorized) {
      await assertRejects(() => says());
      await assertRejects(() => says(stranger));
      assertEquals(peers.length, 1);
    } else {
      assertEquals(await says(), undefined);
      // It was shown, but nobody vouches for it.
      assertEquals(await says(stranger), undefined);
    }
  });
}

function watchPeers(): { peers: Peer[]; handlers: NonNullable<GreeterOptions["handlers"]> } {
  const peers: Peer[] = [];
  return {
    peers,
    handlers: {
      sayHello(_, context) {
        peers.push(context.peer);
        return {};
      },
    },
  };
}

/** Serves with mTLS to clients of a CA, and tells how a handler sees them. */
async function serveWithCa(ca: TestCa) {
  const { peers, handlers } = watchPeers();
  const pem = await createPemSet();
  await Deno.writeTextFile(pem.caCertificate, ca.certificate);
  const greeter = await serveGreeter({ handlers, serve: pem.mtls });
  return {
    port: greeter.port,
    serverCa: pem.ca.certificate,
    async peerOf(client: TestCertificate, protocol: typeof PROTOCOLS[number] = "grpc") {
      const tls = toTlsOptions({ ca: pem.ca.certificate, client });
      using greeterClient = connectGreeter(greeter.baseUrl, { protocol, tls });
      await greeterClient.sayHello({});
      return peers.at(-1)!;
    },
    async [Symbol.asyncDispose]() {
      await greeter[Symbol.asyncDispose]();
      await pem[Symbol.asyncDispose]();
    },
  };
}
