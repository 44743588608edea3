/**
 * A generated service whose requests are checked by the rules in its `.proto` file, with the
 * interceptor of `@connectrpc/validate`. What breaks them is refused before a handler sees it.
 *
 * @module
 */

import { createValidateInterceptor } from "@connectrpc/validate";
import { FastGRPC } from "@fastgrpc/fastgrpc";
import { AccountService } from "../gen/accounts/v1/accounts_pb.ts";
import { accountHandlers } from "./accounts.ts";

const app = new FastGRPC();
app.use(createValidateInterceptor());
app.addService(AccountService, accountHandlers);

await app.run({ port: Number(Deno.args[0] ?? 50051), reflection: true });
