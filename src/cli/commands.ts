/**
 * All commands, in the order of the help.
 *
 * @module
 */

import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { completions } from "./completions.ts";
import { serve } from "./serve.ts";

/** All commands. */
export const COMMANDS: readonly Command[] = [serve, check, completions];
