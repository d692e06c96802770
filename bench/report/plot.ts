// SPDX-License-Identifier: MIT
// Bars as SVG: one server a row, the median as the bar, the rounds as dots, the target as a line. Readable on light and on
// dark pages: the colours follow the reader's setting.
import { median } from "../harness/statistics.js";
import { figure } from "../harness/table.js";

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly samples: readonly number[];
  /** Drawn in the colour of this project. */
  readonly isOurs: boolean;
}

/** A plot. */
export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Where the target is, in the unit of the bars, and what it says. */
  readonly line: { readonly at: number; readonly text: string } | undefined;
}

const WIDTH = 760;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 70;
const ROW_HEIGHT = 30;
const BAR_HEIGHT = 16;
const TOP = 64;
const BOTTOM = 44;
/** Times the usual bar. */
const CUT_AT = 4;
const PLOT_WIDTH = WIDTH - LABEL_WIDTH - VALUE_WIDTH;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: #1f2328 }
  .value { stroke: #ffffff; stroke-width: 3px; paint-order: stroke }
  .title { font-size: 15px; font-weight: 600 }
  .unit, .tick { fill: #59636e; font-size: 12px }
  .back { fill: #ffffff }
  .ours { fill: #2563eb }
  .other { fill: #9aa4b2 }
  .dot { fill: #1f2328; fill-opacity: .55 }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .target { stroke: #c2410c; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .target-text { fill: #c2410c; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .value { stroke: #0d1117 }
    .unit, .tick { fill: #9198a1 }
    .back { fill: #0d1117 }
    .ours { fill: #60a5fa }
    .other { fill: #59636e }
    .dot { fill: #e6edf3 }
    .grid { stroke: #30363d }
    .target { stroke: #fb923c }
    .target-text { fill: #fb923c }
  }`;

const escape = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** The step of ticks: 1, 2 or 5 times a power of ten, about five of them. */
function stepFor(max: number): number {
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

const number = (value: number): string => value.toFixed(1).replace(/\.0$/, "");

function grid(max: number, height: number, x: (value: number) => number): string[] {
  const step = stepFor(max);
  const lines: string[] = [];
  for (let i = 0; i * step <= max; i++) {
    const at = number(x(i * step));
    lines.push(
      `<line class="grid" x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${height - BOTTOM}"/>`,
      `<text class="tick" x="${at}" y="${height - BOTTOM + 17}" text-anchor="middle">${escape(
        Number((i * step).toPrecision(6)).toLocaleString("en-US"),
      )}</text>`,
    );
  }
  return lines;
}

function bar({ label, samples, isOurs }: Bar, row: number, x: (value: number) => number): string[] {
  const value = median(samples);
  const y = TOP + row * ROW_HEIGHT;
  const middle = number(y + BAR_HEIGHT / 2);
  const baseline = number(y + BAR_HEIGHT / 2 + 4.5);
  const shown = samples.filter((sample) => x(sample) < WIDTH - VALUE_WIDTH);
  const end = Math.max(x(value), ...shown.map(x));
  const isCut = x(value) >= WIDTH - VALUE_WIDTH;
  return [
    `<text x="${LABEL_WIDTH - 10}" y="${baseline}" text-anchor="end"${
      isOurs ? ' font-weight="600"' : ""
    }>${escape(label)}</text>`,
    `<rect class="${isOurs ? "ours" : "other"}" x="${LABEL_WIDTH}" y="${y}" width="${number(
      x(value) - LABEL_WIDTH,
    )}" height="${BAR_HEIGHT}" rx="2"/>`,
    ...shown.map(
      (sample) => `<circle class="dot" cx="${number(x(sample))}" cy="${middle}" r="2.2"/>`,
    ),
    `<text x="${number(end + 8)}" y="${baseline}" class="value">${figure(value)}${isCut ? " »" : ""}</text>`,
  ];
}

function target(line: Plot["line"], height: number, x: (value: number) => number): string[] {
  if (line === undefined) return [];
  const at = number(x(line.at));
  const isRight = x(line.at) > WIDTH / 2;
  return [
    `<line class="target" x1="${at}" y1="${TOP - 10}" x2="${at}" y2="${height - BOTTOM}"/>`,
    `<text class="target-text" x="${at}" y="${TOP - 14}" text-anchor="${
      isRight ? "end" : "start"
    }">${escape(line.text)}</text>`,
  ];
}

/**
 * Where the axis ends: what is much longer than the others would make them all look alike, and is cut off.
 */
function axisEnd(bars: readonly Bar[], line: Plot["line"]): number {
  const all = bars.flatMap(({ samples }) => [...samples]);
  const usual = median(bars.map(({ samples }) => median(samples)));
  const highest = Math.max(...all, line?.at ?? 0);
  return Math.max(Math.min(highest, CUT_AT * usual), (line?.at ?? 0) * 1.2) * 1.02;
}

/** The plot as a file. Bars without samples are left out. */
export function draw({ title, unit, bars, line }: Plot): string {
  const drawn = bars.filter(({ samples }) => samples.length > 0);
  const height = TOP + drawn.length * ROW_HEIGHT + BOTTOM;
  const max = axisEnd(drawn, line);
  const x = (value: number): number => LABEL_WIDTH + (Math.min(value, max) / max) * PLOT_WIDTH;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="back" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="27">${escape(title)}</text>`,
    ...grid(max, height, x),
    ...target(line, height, x),
    ...drawn.flatMap((one, row) => bar(one, row, x)),
    `<text class="unit" x="${LABEL_WIDTH}" y="${height - 8}">${escape(unit)}; less is better</text>`,
    "</svg>",
  ].join("\n")}\n`;
}
