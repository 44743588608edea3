/**
 * The programs in `examples/`, started as a user would start them.
 *
 * @module
 */

import { assertStringIncludes } from "@std/assert";
import { assertExitsWell, createWorkFolder, type Program, startProgram } from "./program.ts";

/** What an example may do that listens on a port. */
export const LISTEN: readonly string[] = ["--allow-net=0.0.0.0,[::]"];

/** Runs an example until the test is done with it, and sees that SIGTERM ends it well. */
export async function withExample(
  name: string,
  flags: readonly string[],
  test: (
    port: number,
    read: (file: string) => string,
    example: Program,
    folder: string,
  ) => Promise<void>,
  args: readonly string[] = ["0"],
): Promise<void> {
  await using folder = await createWorkFolder();
  const entry = new URL(`../../examples/${name}.ts`, import.meta.url);
  await using example = startProgram(entry, { args, flags, cwd: folder.path });
  const port = await example.listening;
  const read = (file: string) => Deno.readTextFileSync(`${folder.path}/certs/${file}`);
  await test(port, read, example, folder.path);
  // A second signal could meet a process that listens to none any more, and is about to exit.
  if (!example.output().includes("Shutting down")) example.kill("SIGTERM");
  await assertExitsWell(example);
  assertStringIncludes(example.output(), "Shutting down gracefully...");
}
