import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../src/errors.ts";
import { explainListenError } from "../../src/transport/listen_address.ts";
import { FastGRPC } from "../../mod.ts";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";

const NOT_HERE = "it is no address of this machine, choose one or leave";

/** Hostnames, and what is said of each. TEST-NET-1 (RFC 5737) and 2001:db8:: (RFC 3849) are nobody's. */
const WRONG: Readonly<Record<string, string>> = {
  "192.0.2.1": `Cannot listen on 192.0.2.1: ${NOT_HERE} "hostname" out for all`,
  "2001:db8::1": `Cannot listen on 2001:db8::1: ${NOT_HERE}`,
  // A link's address says nothing without the link.
  "fe80::1": `Cannot listen on fe80::1: ${NOT_HERE}`,
  "300.0.0.1": 'Cannot listen on "300.0.0.1": no address is known by that name',
  "nobody.invalid": 'Cannot listen on "nobody.invalid": no address is known by that name',
  "127.0.0.1:80": 'Cannot listen on "127.0.0.1:80": no address is known by that name',
};

for (const [hostname, message] of Object.entries(WRONG)) {
  Deno.test(`listen() on ${hostname} says what is wrong, and can be tried again`, async () => {
    const app = new FastGRPC();
    await assertRejects(() => app.serve({ port: 0, hostname }), ConfigError, message);
    await using server = await app.serve({ port: 0, hostname: "localhost" });
    assertEquals(server.addr.hostname === "127.0.0.1" || server.addr.hostname === "::1", true);
  });
}

Deno.test("listen() explains what the system may refuse, and keeps the cause", () => {
  const refusal = (code: string) => Object.assign(new Error("listen"), { code });
  for (
    const [code, message] of [
      ["EADDRINUSE", "Cannot listen on port 80: it is in use, choose another"],
      ["EACCES", "Cannot listen on port 80: it is for privileged users, choose one from 1024 on"],
    ] as const
  ) {
    const cause = refusal(code);
    const error = explainListenError(cause, 80, undefined);
    assertEquals([error.message, error.cause, error.name], [message, cause, "ConfigError"]);
  }
  const other = refusal("EMFILE");
  assertEquals(explainListenError(other, 80, "127.0.0.1"), other);
});

/** Permissions, the address, and which one it needs. */
const FORBIDDEN: readonly (readonly [net: string, hostname: string, needed: string[]])[] = [
  ["127.0.0.1:50051", "127.0.0.1", ["127.0.0.1:0"]],
  ["127.0.0.1:0", "::1", ["[::1]:0"]],
  ["127.0.0.1:0", "localhost", ["localhost"]],
  // Whichever the machine has for it.
  ["localhost", "localhost", ["127.0.0.1:0", "[::1]:0"]],
];

for (const [net, hostname, needed] of FORBIDDEN) {
  Deno.test(`listen() on ${hostname} with --allow-net=${net} says what it needs`, async () => {
    await using folder = await createCliFolder();
    const flags = ["--allow-read", `--allow-net=${net}`];
    const result = await folder.run(["serve", "server.ts", `--hostname=${hostname}`], { flags });
    assertEquals(result.code, 2, transcript(result));
    const messages = needed.map((each) =>
      `Cannot listen on ${each}: run Deno with --allow-net=${each}\n`
    );
    assert(messages.some((message) => result.stderr.includes(message)), result.stderr);
    assertEquals(result.stderr.includes("    at "), false, result.stderr);
  });
}
