/** What `docs/proxies.md` tells users of grpc-js to write, in Node. */

import { assertEquals } from "@std/assert";
import { runCommand, transcript } from "../support/command.ts";
import { serveGreeter } from "../support/greeter.ts";
import { prepareNodeScript } from "../support/node_packages.ts";
import { createWorkFolder } from "../support/program.ts";
import { reportLeftOut, systemTool } from "../support/tools.ts";

const ignore = await systemTool("node") === undefined || await systemTool("npm") === undefined;
reportLeftOut();

const PAGE = new URL("../../docs/proxies.md", import.meta.url);
const PROTOS = new URL("../../proto", import.meta.url).pathname;

Deno.test({
  name: "grpc-js over TLS, calls as the docs show it",
  ignore,
  async fn() {
    const script = await prepareNodeScript("docs_snippet.mjs");
    await using folder = await createWorkFolder();
    const file = (name: string) => `${folder.path}/certs/${name}`;
    await using greeter = await serveGreeter({
      serve: { sslCertificateChain: file("server.pem"), sslPrivateKey: file("server-key.pem") },
    });
    const [, snippet] = /^```js\n([^]*?)^```$/m.exec(await Deno.readTextFile(PAGE))!;
    const here = snippet!.replace("greeter-headless:50051", `localhost:${greeter.port}`);
    const result = await runCommand("node", [script, PROTOS, file("ca.pem"), here]);
    assertEquals(result.stdout, "Hello Ada\n", transcript(result));
  },
});
