/**
 * The handlers of the service in `proto/accounts/v1/accounts.proto`. They check nothing: the rules
 * stand there.
 *
 * @module
 */

import type { ServiceImplementation } from "@fastgrpc/fastgrpc";
import type { AccountService } from "../gen/accounts/v1/accounts_pb.ts";

const emails = new Set<string>();

/** Keeps accounts in memory. */
export const accountHandlers: ServiceImplementation<typeof AccountService> = {
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
    // Not before all have come: one that breaks a rule throws above.
    for (const email of imported) emails.add(email);
    return { count: emails.size };
  },

  async *checkEmails(requests) {
    for await (const { email } of requests) yield { isTaken: emails.has(email) };
  },
};
