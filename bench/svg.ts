/**
 * The report as a picture: bars, one panel for each of the rows that say most. Its colours follow
 * the reader's light or dark scheme.
 *
 * @module
 */

import { BASE, type Contestant, titleOf } from "./contestants.ts";
import type { Results } from "./results.ts";
import type { Row } from "./rows.ts";

/** The rows that have a panel. */
const PANELS = ["hello", "server-stream", "bidi"];
const WIDTH = 760;
const LABEL_WIDTH = 170;
const VALUE_WIDTH = 110;
const BAR_HEIGHT = 16;
const PITCH = 24;
const PANEL_HEAD = 44;
const MARGIN = 16;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .value { fill: #59636e }
  .bar { fill: #afb8c1 }
  .kit { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .value { fill: #9198a1 }
    .bar { fill: #57606a }
    .kit { fill: #4493f8 }
  }
`;

/** Draws the chart. */
export function renderChart(
  contestants: readonly Contestant[],
  rows: readonly Row[],
  results: Results,
): string {
  const panels = rows.filter(({ name }) => PANELS.includes(name));
  const shown = panels.length > 0
    ? panels
    : rows.filter(({ calls }) => calls === undefined).slice(0, 1);
  let top = MARGIN;
  const drawn = shown.map((row) => {
    const panel = renderPanel(contestants, row, results, top);
    top += PANEL_HEAD + contestants.length * PITCH;
    return panel;
  });
  const height = top + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Calls and messages a second">\n` +
    `<style>${STYLE}</style>\n${drawn.join("\n")}\n</svg>\n`;
}

function renderPanel(
  contestants: readonly Contestant[],
  row: Row,
  results: Results,
  top: number,
): string {
  const bars = contestants
    .map((each) => ({
      name: each.name,
      title: titleOf(each),
      rate: results.median(each.name, row.name) ?? 0,
    }))
    .toSorted((a, b) => b.rate - a.rate);
  const most = Math.max(1, ...bars.map(({ rate }) => rate));
  const full = WIDTH - LABEL_WIDTH - VALUE_WIDTH - 2 * MARGIN;
  const lines = bars.map(({ name, title, rate }, i) => {
    const y = top + PANEL_HEAD - 10 + i * PITCH;
    const x = MARGIN + LABEL_WIDTH;
    const width = Math.max(1, full * rate / most);
    const value = rate === 0 ? "no result" : Math.round(rate).toLocaleString("en");
    const base = `y="${y + BAR_HEIGHT - 3}"`;
    return [
      `<text x="${x - 8}" ${base} text-anchor="end">${title}</text>`,
      `<rect class="${name === BASE ? "kit" : "bar"}" x="${x}" y="${y}" ` +
      `width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
      `<text class="value" x="${(x + width + 8).toFixed(1)}" ${base}>${value}</text>`,
    ].join("\n");
  });
  const kind = row.table === "Streams" ? row.title : `unary ${row.title}`;
  const title = `<text class="title" x="${MARGIN}" y="${top + 16}">${kind}, ${row.unit}</text>`;
  return [title, ...lines].join("\n");
}
