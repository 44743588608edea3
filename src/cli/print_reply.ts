/**
 * The standard output, for as much as whoever reads it takes: a reply waits until the one before it has
 * been taken, and so does the server.
 *
 * @module
 */

/** Nobody reads the output any more, as behind `| head`. */
export class OutputClosedError extends Error {
  override readonly name = "OutputClosedError";
}

/**
 * Prints a reply, and ends the line.
 *
 * @throws {OutputClosedError} If nobody reads it.
 */
export async function printReply(text: string): Promise<void> {
  let rest = new TextEncoder().encode(`${text}\n`);
  try {
    while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.BrokenPipe)) throw cause;
    throw new OutputClosedError("nobody reads the replies", { cause });
  }
}
