/**
 * What a suite of others found, as a table: printed, and with `--docs` put into
 * `docs/conformance.md`, where it came out last.
 *
 * @module
 */

const PAGE = new URL("../../docs/conformance.md", import.meta.url);

/** A table of a report. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Renders a table as Markdown, its columns as wide as `deno fmt` makes them. */
export function toMarkdown({ head, rows }: Table): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}

/**
 * Prints a report; with `--docs` among the program's arguments it replaces what stands in the page
 * between `<!-- name -->` and `<!-- /name -->`.
 */
export async function report(name: string, markdown: string): Promise<void> {
  console.log(`\n${markdown}\n`);
  if (!Deno.args.includes("--docs")) return;
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const page = await Deno.readTextFile(PAGE);
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) {
    throw new Error(`${PAGE.pathname} has no section ${open}`);
  }
  const text = `${page.slice(0, start)}${open}\n\n${markdown}\n\n${page.slice(end)}`;
  await Deno.writeTextFile(PAGE, text);
}
