import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { createClient, type ServiceClient } from "../src/client.ts";
import { AccountService } from "../gen/accounts/v1/accounts_pb.ts";
import { runBuf } from "./support/buf.ts";
import { connectService, PROTOCOLS } from "./support/connect_node.ts";
import { assertExitsWell, startProgram } from "./support/program.ts";

type AccountClient = ServiceClient<typeof AccountService>;
type Violation = readonly [field: string, rule: string, message: string];

/** A call whose request breaks rules. */
interface RefusedCall {
  readonly call: (client: AccountClient) => Promise<unknown>;
  readonly message: string;
  readonly violations: readonly Violation[];
}

const PASSWORD = "correct horse";
const ADA = { email: "ada@example.com", password: PASSWORD };
const BOB = { email: "bob@example.com", password: PASSWORD };
const NOBODY = { email: "nobody", password: "short" };

const NO_EMAIL = "must be a valid email address";
const BAD_ACCOUNT: readonly Violation[] = [
  ["account.email", "string.email", NO_EMAIL],
  ["account.password", "string.min_len", "must be at least 8 characters"],
];
const OTHER_PASSWORD: Violation = ["", "password_again", "the passwords are not the same"];

const REFUSED: Readonly<Record<string, RefusedCall>> = {
  "a field of a unary call": {
    call: (client) => client.signUp({ account: NOBODY, passwordAgain: "short" }),
    message: `account.email: ${NO_EMAIL} [string.email], and 1 more violation`,
    violations: BAD_ACCOUNT,
  },
  "a message that is missing": {
    call: (client) => client.signUp({}),
    message: "account: value is required [required]",
    violations: [["account", "required", "value is required"]],
  },
  "a rule of the whole message": {
    call: (client) => client.signUp({ account: ADA, passwordAgain: "correct hose" }),
    message: "the passwords are not the same [password_again]",
    violations: [OTHER_PASSWORD],
  },
  "the request of a server stream": {
    call: (client) => Array.fromAsync(client.listAccounts({ pageSize: 101 })),
    message: "page_size: must be less than or equal to 100 [uint32.lte]",
    violations: [["page_size", "uint32.lte", "must be less than or equal to 100"]],
  },
  "the last request of a client stream": {
    call: (client) => client.importAccounts(of({ account: ADA }, { account: NOBODY })),
    message: `account.email: ${NO_EMAIL} [string.email], and 1 more violation`,
    violations: BAD_ACCOUNT,
  },
  "a request amid streams both ways": {
    call: (client) => Array.fromAsync(client.checkEmails(of({ email: "a@b.c" }, { email: "x" }))),
    message: `email: ${NO_EMAIL} [string.email]`,
    violations: [["email", "string.email", NO_EMAIL]],
  },
};

const CLIENTS = {
  "the kit's client": (url: string, protocol: typeof PROTOCOLS[number]) =>
    createClient(AccountService, url, { protocol }),
  "connect-node": (url: string, protocol: typeof PROTOCOLS[number]) => {
    const client = connectService(AccountService, url, { protocol });
    const close = () => Promise.resolve(client[Symbol.dispose]());
    return Object.assign(client, { close, [Symbol.asyncDispose]: close }) as AccountClient;
  },
};

Deno.test("examples/validate.ts refuses requests that break a rule, and tells which", async (t) => {
  await using example = startExample();
  const url = `http://127.0.0.1:${await example.listening}`;
  for (const protocol of PROTOCOLS) {
    for (const [name, connect] of Object.entries(CLIENTS)) {
      await using client = connect(url, protocol);
      for (const [what, { call, message, violations }] of Object.entries(REFUSED)) {
        await t.step(`${what}, by ${name} (${protocol})`, async () => {
          const error = await assertRejects(() => call(client), ConnectError);
          assertEquals([error.code, error.rawMessage], [Code.InvalidArgument, message]);
          assertEquals(violationsOf(error), [violations]);
        });
      }
    }
  }
  // Nothing of a stream is taken that has one bad request in it.
  await using client = createClient(AccountService, url);
  assertEquals(await Array.fromAsync(client.listAccounts({ pageSize: 100 })), []);
  example.kill("SIGTERM");
  await assertExitsWell(example);
});

Deno.test("examples/validate.ts serves requests that keep to the rules", async (t) => {
  await using example = startExample();
  const url = `http://127.0.0.1:${await example.listening}`;
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      await using client = createClient(AccountService, url, { protocol });
      await client.signUp({ account: ADA, passwordAgain: PASSWORD });
      const { count } = await client.importAccounts(of({ account: ADA }, { account: BOB }));
      assertEquals(count, 2);
      const accounts = await Array.fromAsync(client.listAccounts({ pageSize: 1 }));
      assertEquals(accounts.map(({ email }) => email), [ADA.email]);
      const checks = client.checkEmails(of({ email: BOB.email }, { email: "eve@example.com" }));
      const taken = (await Array.fromAsync(checks)).map(({ isTaken }) => isTaken);
      assertEquals(taken, [true, false]);
    });
  }
  example.kill("SIGTERM");
  await assertExitsWell(example);
});

Deno.test("examples/validate.ts is called by reflection, rules included", async () => {
  await using example = startExample();
  const { success, output } = await runBuf(
    ...["curl", "--protocol", "grpc", "--http2-prior-knowledge"],
    ...["--data", '{"account":{"email":"nobody","password":"correct horse"}}'],
    `http://127.0.0.1:${await example.listening}/accounts.v1.AccountService/SignUp`,
  );
  assertEquals(success, false);
  assertStringIncludes(output, '"type": "buf.validate.Violations"');
  assertStringIncludes(output, '"ruleId": "string.email"');
  example.kill("SIGTERM");
  await assertExitsWell(example);
});

function startExample() {
  return startProgram(new URL("../examples/validate.ts", import.meta.url), {
    args: ["0"],
    flags: ["--allow-net=0.0.0.0,[::]"],
  });
}

async function* of<T>(...requests: T[]): AsyncGenerator<T> {
  yield* requests;
}

/** Of each detail, what its violations are. */
function violationsOf(error: ConnectError): Violation[][] {
  return error.findDetails(ViolationsSchema).map(({ violations }) =>
    violations.map(({ field, ruleId, message }) => [
      (field?.elements ?? []).map(({ fieldName }) => fieldName).join("."),
      ruleId,
      message,
    ])
  );
}
