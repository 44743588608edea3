/**
 * The program that `interop_servers.ts` starts: the example's greeter, with calls that tools are
 * tried with beyond a greeting. Its argument is the kind of port.
 *
 * - SayHello echoes the metadata `x-echo` and `x-echo-bin` in header and trailers.
 * - SayHello to `fail` is FAILED_PRECONDITION with a detail and metadata of its own.
 * - SayHello to `wait ...` is answered never, SayHelloTimes only once: both last until the client
 *   leaves or the time is up. The program prints `waiting for <name>`, and then
 *   `<name> ended: <the reason>`.
 * - After SIGTERM it says NOT_SERVING and goes on, until a second one.
 *
 * @module
 */

import { Code, ConnectError, FastGRPC, type ServiceContext } from "@fastgrpc/fastgrpc";
import { Greeter, SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

const ECHOED = ["x-echo", "x-echo-bin"];

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    echo(context);
    if (request.name.startsWith("wait")) return untilEnded(request.name, context);
    if (request.name === "fail") {
      throw new ConnectError("cannot greet", Code.FailedPrecondition, { "x-reason": "asked to" }, [
        { desc: SayHelloResponseSchema, value: { message: "a detail" } },
      ]);
    }
    return greeterHandlers.sayHello(request, context);
  },
  async *sayHelloTimes(request, context) {
    if (!request.name.startsWith("wait")) {
      return yield* greeterHandlers.sayHelloTimes(request, context);
    }
    yield { message: "first" };
    await untilEnded(request.name, context);
  },
});

const [kind] = Deno.args;
await app.run({
  port: 0,
  hostname: "127.0.0.1",
  healthCheck: true,
  lameDuck: "10m",
  gracefulTimeout: "10m",
  ...(kind !== "plaintext" && {
    sslCertificateChain: "certs/server.pem",
    sslPrivateKey: "certs/server-key.pem",
  }),
  ...(kind === "mTLS" && { caCertificate: "certs/ca.pem" }),
});

function echo({ metadata, responseHeaders, responseTrailers }: ServiceContext): void {
  for (const name of ECHOED) {
    const value = metadata.get(name);
    if (value === null) continue;
    responseHeaders.set(name, value);
    responseTrailers.set(name.replace("x-echo", "x-echo-trailer"), value);
  }
}

function untilEnded(name: string, { signal }: ServiceContext): Promise<never> {
  console.log(`waiting for ${name}`);
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      console.log(`${name} ended: ${signal.reason.message}`);
      reject(signal.reason);
    });
  });
}
