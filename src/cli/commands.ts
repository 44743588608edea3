/**
 * All commands, in the order of the help.
 *
 * @module
 */

import { call } from "./call.ts";
import { certs } from "./certs.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { completions } from "./completions.ts";
import { health } from "./health.ts";
import { permissions } from "./permissions.ts";
import { proto } from "./proto.ts";
import { serve } from "./serve.ts";

/** All commands. */
export const COMMANDS: readonly Command[] = [
  serve,
  check,
  permissions,
  health,
  call,
  proto,
  certs,
  completions,
];
