/**
 * Lines of a log of which one can tell whether they are whole: several processes write them at the
 * same time.
 *
 * @module
 */

const LINE = /^<(\d+)(\d)\2*>$/;

/** Writes so many lines of such a length, with some time between them for others. */
export async function logLines(count: number, length: number): Promise<void> {
  const digit = Deno.pid % 10;
  for (let i = 0; i < count; i++) {
    const line = `<${Deno.pid}${String(digit).repeat(length)}>`;
    console.log(line);
    console.error(line);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** How many of the lines of a log are whole ones, and those that look like a piece of one. */
export function countLines(log: string): { readonly whole: number; readonly broken: string[] } {
  const lines = log.split("\n").filter((line) => /[<>]/.test(line) && /\d{100}/.test(line));
  const broken = lines.filter((line) => !LINE.test(line));
  return { whole: lines.length - broken.length, broken };
}
