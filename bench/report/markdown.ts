// SPDX-License-Identifier: MIT

/** A table of Markdown: the first column to the left, the others to the right. */
export function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const aligns = heads.map((_, i) => (i === 0 ? "---" : "---:"));
  return [line(heads), line(aligns), ...rows.map(line)].join("\n");
}
