import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import {
  type AddressInfo,
  connect as connectTcp,
  type NetConnectOpts,
  type Socket,
} from "node:net";
import { connect as connectTls } from "node:tls";
import { FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { createTestCa, issueTestServer } from "../support/certificates.ts";
import { eventually } from "../support/waiting.ts";

const BOUND_MS = 5000;
const HEADER = [
  "POST /greeter.v1.Greeter/SayHello HTTP/1.1",
  "Host: localhost",
  "Connection: close",
  "Content-Type: application/json",
  "Content-Length: 2",
];
const REQUEST = `${HEADER.join("\r\n")}\r\n\r\n{}`;

/** A greeter that answers with the subject of its client's certificate. */
async function serveIdentity(listenOn: { path: string } | { host: string; port: number }) {
  const ca = await createTestCa();
  const { certificate: cert, privateKey: key } = await issueTestServer(ca);
  const app = new FastGRPC();
  app.addService(Greeter, {
    ...greeterHandlers,
    sayHello: (_, { peer }) => ({ message: peer.certificate?.subject ?? "" }),
  });
  const http2Server = createSecureServer({
    cert,
    key,
    ca: ca.certificate,
    requestCert: true,
    allowHTTP1: true,
  });
  const server = await app.addToServer(http2Server);
  await new Promise<void>((resolve) => http2Server.listen(listenOn, resolve));
  return {
    server,
    port: (http2Server.address() as AddressInfo).port,
    /** Shakes hands as somebody, and gives the answer. */
    async ask(name: string, connection: { socket: Socket } | { path: string }): Promise<string> {
      const client = await ca.issue({ subject: [{ CN: [name] }] });
      const tls = connectTls({
        ...connection,
        servername: "localhost",
        ca: ca.certificate,
        cert: client.certificate,
        key: client.privateKey,
        ALPNProtocols: ["http/1.1"],
      });
      let text = "";
      tls.on("data", (chunk) => text += chunk);
      tls.on("error", () => {});
      tls.setTimeout(BOUND_MS, () => tls.destroy());
      tls.once("secureConnect", () => tls.write(REQUEST));
      await new Promise((resolve) => tls.once("close", resolve));
      return text.split("\r\n\r\n")[1] ?? "";
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      assertEquals([server.callCount, server.connectionCount], [0, 0]);
    },
  };
}

async function open(options: NetConnectOpts): Promise<Socket> {
  const socket = connectTcp(options);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

Deno.test("Connections gives each client its own certificate, where two come from one port", async () => {
  await using identity = await serveIdentity({ host: "0.0.0.0", port: 0 });
  const { port, server } = identity;
  const first = await open({ host: "127.0.0.1", port, localAddress: "127.0.0.1" });
  const { localPort } = first;
  const from = { localAddress: "127.0.0.1", localPort: localPort! };
  const second = await open({ host: "127.0.0.2", port, ...from });
  await eventually("both are accepted", () => server.connectionCount === 2);
  assertEquals(await identity.ask("alice", { socket: second }), '{"message":"CN=alice"}');
  assertEquals(await identity.ask("mallory", { socket: first }), '{"message":"CN=mallory"}');
});

Deno.test("Connections takes one handshake at a time on a Unix socket", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/socket`;
  {
    await using identity = await serveIdentity({ path });
    const { server } = identity;
    const first = await open({ path });
    await eventually("it is accepted", () => server.connectionCount === 1);
    assertEquals(await identity.ask("alice", { path }), "");
    first.destroy();
    await eventually("it is gone", () => server.connectionCount === 0);
    assertEquals(await identity.ask("alice", { path }), '{"message":"CN=alice"}');
    assertEquals(await identity.ask("mallory", { path }), '{"message":"CN=mallory"}');
  }
  await Deno.remove(directory, { recursive: true });
});
