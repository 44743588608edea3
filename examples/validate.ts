/**
 * A generated service whose requests are checked by the rules in its `.proto` file, with the
 * interceptor of `@connectrpc/validate`. What breaks them is refused before the handler sees it.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { createValidateInterceptor } from "@connectrpc/validate";
import { AccountService } from "../gen/accounts/v1/accounts_pb.ts";

const emails = new Set<string>();

const app = new FastGRPC().use(createValidateInterceptor());

app.addService(AccountService, {
  signUp({ account }) {
    emails.add(account!.email);
    return { count: emails.size };
  },

  async *listAccounts({ pageSize }) {
    for (const email of [...emails].slice(0, pageSize)) yield { email };
  },

  async importAccounts(requests) {
    const imported: string[] = [];
    for await (const { account } of requests) imported.push(account!.email);
    // Only now: one that is not valid throws above, and nothing was imported.
    for (const email of imported) emails.add(email);
    return { count: emails.size };
  },

  async *checkEmails(requests) {
    for await (const { email } of requests) yield { isTaken: emails.has(email) };
  },
});

await app.run({ port: Number(Deno.args[0] ?? 50051), reflection: true });
