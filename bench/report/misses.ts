// SPDX-License-Identifier: MIT
// The part of the page about targets that are missed: by how much, where the time goes beside the other server, and what would
// have to go.
import { median } from "../harness/statistics.js";
import { figure } from "../harness/table.js";
import { CASES } from "./cases.js";
import { GIVEN, GROUP_NAMES } from "./groups.js";
import { markdown } from "./markdown.js";
import type { CaseProfile, Profiles, ServerProfile } from "./profiles.js";
import { column, serverOf, type Results } from "./results.js";
import { judge, type Target, type Verdict } from "./targets.js";

/** A group below this part of the cost says nothing. */
const SMALL = 0.005;

const costOf = (profile: ServerProfile, group: string): number =>
  profile.cost * (profile.groups[group] ?? 0);

function unitOf(caseId: string): string {
  return CASES.find(({ id }) => id === caseId)?.unit.split(" ")[0] ?? "";
}

/** What a target compares, as it was profiled. */
interface Pair {
  readonly ours: ServerProfile;
  readonly theirs: ServerProfile;
}

function pairOf(profile: CaseProfile | undefined, target: Target): Pair | undefined {
  const ours = profile?.servers.find(({ id }) => id === target.server);
  const theirs = profile?.servers.find(({ id }) => id === target.reference);
  return ours === undefined || theirs === undefined ? undefined : { ours, theirs };
}

function groupsTable({ ours, theirs }: Pair): string {
  const servers = [ours, theirs];
  const shown = GROUP_NAMES.filter((group) =>
    servers.some((server) => (server.groups[group] ?? 0) > SMALL),
  );
  const row = (name: string, a: number, b: number): string[] => [
    ...[name, figure(a), figure(b), `${a > b ? "+" : "−"}${figure(Math.abs(a - b))}`],
  ];
  return markdown(
    ["", ours.name, theirs.name, "difference"],
    [
      ...shown.map((group) => row(group, costOf(ours, group), costOf(theirs, group))),
      row("**all**", ours.cost, theirs.cost),
    ],
  );
}

function functionsText({ name, functions }: ServerProfile): string {
  const list = functions.map((one) => `\`${one.name}\` ${(one.share * 100).toFixed(1)} %`);
  return `Most samples of ${name}: ${list.join(", ")}.`;
}

/** What of the limit the groups take that every server of these algorithms has. */
function neededText({ target }: Verdict, { ours, theirs }: Pair): string {
  const unit = unitOf(target.caseId);
  const allowed = theirs.cost * target.limit;
  const given = GIVEN.reduce((sum, group) => sum + costOf(ours, group), 0);
  const kernel = costOf(ours, "kernel: datagrams");
  const rest = ours.cost - given - kernel;
  const have = allowed - given - kernel;
  const needed =
    have > 0
      ? `everything else, ${figure(rest)} ${unit}, would have to become ${figure(have)} ${unit}`
      : `they alone are above it, so cheaper cryptography or fewer datagrams would be needed first`;
  return (
    `In the profiled run the limit was ${figure(allowed)} ${unit}. Cryptography that the algorithms prescribe takes ` +
    `${figure(given)} ${unit} of ours and carrying datagrams in the kernel ${figure(kernel)} ${unit}: ${needed}.`
  );
}

function missText(results: Results, verdict: Verdict, profiles: Profiles | undefined): string {
  const { target, figure: value } = verdict;
  const server = serverOf(results, target.caseId, target.server);
  const unit = unitOf(target.caseId);
  const title = `### ${target.text}`;
  if (server === undefined) return `${title}\n\nNot measured: this run has no such server.`;
  const cost = median(column(server, target.column ?? "cost"));
  const over =
    target.reference === undefined
      ? `${value.toFixed(2)} instead of at most ${target.limit}${target.unit === undefined ? "" : ` ${target.unit}`}.`
      : `${value.toFixed(2)}x instead of at most ${target.limit.toFixed(2)}x: of ${figure(cost)} ${unit} ` +
        `${figure(cost * (1 - target.limit / value))} ${unit} would have to go.`;
  const pair = pairOf(
    profiles?.cases.find(({ id }) => id === target.caseId),
    target,
  );
  return [
    title,
    over,
    target.needed,
    ...(pair === undefined
      ? []
      : [
          groupsTable(pair),
          neededText(verdict, pair),
          functionsText(pair.ours),
          functionsText(pair.theirs),
        ]),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** The section, or nothing if every target is met. */
export function missesText(results: Results, profiles: Profiles | undefined): string {
  const missed = judge(results).filter(({ isMet }) => !isMet);
  // A limit and an aim of the same case share their profile: the limit speaks for both.
  const seen = new Set<string>();
  const shown = missed.filter(({ target }) => {
    const key = `${target.caseId} ${target.server} ${target.column ?? ""}`;
    return !seen.has(key) && seen.add(key);
  });
  if (shown.length === 0) return "";
  const source =
    profiles === undefined
      ? "There is no profile yet: `npm run bench:profile` makes one."
      : `Profiles of ${profiles.date}, commit ${profiles.commit}: samples by \`perf\` (cpu-clock), sorted into groups by function ` +
        `(\`bench/report/groups.ts\`), times the server CPU of the same run.`;
  return [
    "## Where a target is missed",
    source,
    ...shown.map((verdict) => missText(results, verdict, profiles)),
  ].join("\n\n");
}
