/**
 * Colours, which only a terminal gets, and only if `NO_COLOR` is not set.
 *
 * @module
 */

/** Ways to print a text. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** The style of `Deno.stdout` or `Deno.stderr`. */
export function styleOf(output: { isTerminal(): boolean }): Style {
  const isColored = !Deno.noColor && output.isTerminal();
  const paint = (on: number, off: number) => (text: string) =>
    isColored ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
  };
}
