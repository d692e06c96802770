// SPDX-License-Identifier: MIT
// The page docs/benchmarks.md: results as Markdown. Everything on it comes from the results and the profiles.
import { median } from "../harness/statistics.js";
import { figure } from "../harness/table.js";
import { CASES, type Case } from "./cases.js";
import { markdown } from "./markdown.js";
import { missesText } from "./misses.js";
import { draw } from "./plot.js";
import type { Profiles } from "./profiles.js";
import {
  column,
  ratio,
  serverOf,
  type CaseResult,
  type Results,
  type ServerResult,
} from "./results.js";
import { judge, TARGETS, type Verdict } from "./targets.js";

/** Servers of this project. */
const OURS = ["c", "static", "typescript"];

const times = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)}x` : "–");

/** The name of a server of the results. */
function nameOf(results: Results, id: string): string {
  const all = results.cases.flatMap(({ servers }) => servers);
  return all.find((server) => server.id === id)?.name ?? id;
}

function requirement(results: Results, { target }: Verdict): string {
  const { limit, reference, unit } = target;
  const aim = target.isAim === true ? "aim: " : "";
  if (reference !== undefined) return `${aim}≤ ${limit.toFixed(2)}x ${nameOf(results, reference)}`;
  return `${aim}≤ ${limit}${unit === undefined ? "x" : ` ${unit}`}`;
}

function verdictText({ target, figure: value, isMet }: Verdict): string {
  if (Number.isNaN(value)) return "not measured";
  if (isMet) return "met";
  const over = `${Math.round((value / target.limit - 1) * 100)} % over`;
  return target.isAim === true ? `not yet, ${over}` : `**missed**, ${over}`;
}

function targetsTable(results: Results): string {
  const rows = judge(results).map((verdict) => {
    const { target, figure: value } = verdict;
    const server = serverOf(results, target.caseId, target.server);
    const reference =
      target.reference === undefined
        ? undefined
        : serverOf(results, target.caseId, target.reference);
    const cost = (one: ServerResult | undefined): string =>
      one === undefined ? "–" : figure(median(column(one, target.column ?? "cost")));
    const unit = target.unit === undefined ? "x" : ` ${target.unit}`;
    return [
      target.text,
      requirement(results, verdict),
      Number.isNaN(value) ? "–" : `${value.toFixed(2)}${unit}`,
      reference === undefined ? cost(server) : `${cost(server)} / ${cost(reference)}`,
      verdictText(verdict),
    ];
  });
  return markdown(["target", "required", "measured", "ours / theirs", "result"], rows);
}

function referenceOf(results: Results, one: Case): ServerResult | undefined {
  return one.reference === undefined ? undefined : serverOf(results, one.id, one.reference);
}

function serverRow(one: Case, server: ServerResult, reference: ServerResult | undefined): string[] {
  const costs = column(server, "cost");
  if (costs.length === 0) {
    return [server.name, "failed"];
  }
  const failed = server.rounds.length - costs.length;
  return [
    failed === 0
      ? server.name
      : `${server.name} (${failed} of ${server.rounds.length} rounds failed)`,
    figure(median(costs)),
    figure(Math.min(...costs)),
    ...(one.reference === undefined
      ? []
      : [reference === undefined ? "–" : times(ratio(server, reference))]),
    ...one.columns.map(({ name, decimals }) => {
      const value = median(column(server, name));
      return decimals === undefined ? figure(value) : value.toFixed(decimals);
    }),
    server.client,
  ];
}

function caseTable(results: Results, one: Case, measured: CaseResult): string {
  const reference = referenceOf(results, one);
  const heads = [
    ...["server", one.unit, "best"],
    ...(one.reference === undefined ? [] : [`of ${nameOf(results, one.reference)}`]),
    ...one.columns.map(({ title }) => title),
    "load by",
  ];
  return markdown(
    heads,
    measured.servers.map((server) => serverRow(one, server, reference)),
  );
}

/** Group and cipher suite of those servers that do not have what the others have. */
function negotiatedText({ servers }: CaseResult): string {
  const known = servers.filter(({ group }) => group !== "");
  const say = ({ group, cipher }: ServerResult): string =>
    cipher === "" ? group : `${group}, ${cipher}`;
  const kinds = [...new Set(known.map(say))];
  const parts = kinds.map((kind) => {
    const names = known.filter((server) => say(server) === kind).map(({ name }) => name);
    return `${kind}: ${names.join(", ")}`;
  });
  return parts.length === 0 ? "" : `Negotiated: ${parts.join("; ")}.`;
}

function problemsText({ servers }: CaseResult): string {
  const failed = servers.filter(({ problem }) => problem !== null);
  return failed.map(({ name, problem }) => `${name}: last failure: ${problem ?? ""}.`).join(" ");
}

function caseSection(results: Results, one: Case): string {
  const measured = results.cases.find(({ id }) => id === one.id);
  if (measured === undefined) return "";
  return [
    `## ${one.title}`,
    one.text,
    `![${one.title}: ${one.unit}](benchmarks/${one.id}.svg)`,
    caseTable(results, one, measured),
    negotiatedText(measured),
    problemsText(measured),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function crossCheck(results: Results): string {
  const rows = CASES.filter(({ isForeign }) => isForeign === true).flatMap((foreign) => {
    const own = CASES.find(({ id }) => `${id}-quinn` === foreign.id);
    if (own === undefined) return [];
    return (results.cases.find(({ id }) => id === foreign.id)?.servers ?? []).map((server) => {
      const cell = (one: Case): string[] => {
        const found = serverOf(results, one.id, server.id);
        const reference = referenceOf(results, one);
        if (found === undefined) return ["failed", "–"];
        const cost = figure(median(column(found, "cost")));
        return [cost, reference === undefined ? "–" : times(ratio(found, reference))];
      };
      return [`${own.title}: ${server.name}`, ...cell(own), ...cell(foreign)];
    });
  });
  if (rows.length === 0) return "";
  return `## The same with a client that is not ours

Our client drives every HTTP/3 server above. So that nobody has to believe that it favours none, the load here comes from
quinn and h3 (\`bench/peers/quinn\`), with the same parameters. Server CPU in µs; ratios are to the same server as above.

${markdown(["", "our client", "ratio", "quinn's client", "ratio"], rows)}`;
}

function versionsText({ versions, machine, commit, missing }: Results): string {
  const libpqq = machine.libpqq as
    { version?: string; libraries?: Record<string, string> } | undefined;
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const left = missing.map(({ name, reason }) => `- Left out: ${name} (${reason})`);
  return [
    `- Ours: libpqq ${libpqq?.version ?? ""}, commit ${commit}`,
    `- Others: ${others.join(", ")}`,
    `- Node.js ${machine.node} with OpenSSL ${machine.openssl}`,
    ...left,
  ].join("\n");
}

/** Above this something else was running on the machine. */
const QUIET_LOAD = 1;

const noiseText = (load: number): string =>
  load <= QUIET_LOAD
    ? ""
    : `
**Other work was running on this machine.** Wall rates are too low, latencies say more about that work than about the servers,
and even ratios may move by a tenth.
`;

function head(results: Results): string {
  const { machine, date, seconds, isQuick } = results;
  return `# Benchmarks

<!-- Made by \`npm run bench:report\` from benchmarks/results.json; changes by hand are lost. -->

What a server pays for a handshake, a request, a download and an idle connection, beside other servers measured in the same
run. [bench/README.md](../bench/README.md) says how, and what the figures do not say.

- ${date}, ${Math.round(seconds / 60)} minutes${isQuick ? ", **a quick run: fewer and shorter rounds**" : ""}
- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.kernel}; ${
    machine.isPinned ? "server tied to core 0, client to core 1" : "not tied to cores"
  }; load ${machine.load.toFixed(1)} before the run
${versionsText(results)}
${noiseText(machine.load)}
Costs are user and system time of the server's whole process tree, divided by the operations; the table has the median of the
rounds and the best one. All servers of a case run at once and are measured in turns, so that a disturbance meets all of
them; **a ratio is the median of the ratios of the rounds**. Trust ratios more than microseconds. Every HTTP/3 server has one
worker thread, answers from memory (nginx downloads from a file in the page cache), does not resume sessions, and negotiates
X25519MLKEM768 and TLS_AES_128_GCM_SHA256 with the same client.

## Targets

${targetsTable(results)}`;
}

const RERUN = `## Run it again

\`\`\`sh
npm install && npm run build
npm run bench:peers        # builds s2n-quic, quinn and quic-go; as root unpacks a Debian with nginx
npm run bench:report       # measures everything and writes this page: about twelve minutes; --quick: about three
npm run bench:profile      # where the time goes, for the section about targets that are missed; needs perf
npm run bench:report -- --from docs/benchmarks/results.json    # the page again, without a run
\`\`\`

Every round of every server is in [benchmarks/results.json](benchmarks/results.json).
`;

/** The whole page. */
export function page(results: Results, profiles: Profiles | undefined): string {
  const own = CASES.filter(({ isForeign }) => isForeign !== true);
  return [
    head(results),
    missesText(results, profiles),
    ...own.map((one) => caseSection(results, one)),
    crossCheck(results),
    RERUN,
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** The plots, by the names of their files. */
export function plots(results: Results): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const one of CASES.filter(({ isForeign }) => isForeign !== true)) {
    const measured = results.cases.find(({ id }) => id === one.id);
    if (measured === undefined) continue;
    const bars = measured.servers.map((server) => ({
      label: server.name,
      samples: column(server, "cost"),
      isOurs: OURS.includes(server.id),
    }));
    const plot = { title: one.title, unit: one.unit, bars, line: lineOf(results, one) };
    files.set(`${one.id}.svg`, draw(plot));
  }
  return files;
}

/** The target of our C server in the unit of the case. */
function lineOf(results: Results, one: Case): { at: number; text: string } | undefined {
  const target = TARGETS.find(
    ({ caseId, server, column: other, isAim }) =>
      caseId === one.id && server === "c" && other === undefined && isAim !== true,
  );
  if (target === undefined) return undefined;
  if (target.reference === undefined) return { at: target.limit, text: `target ${target.limit}` };
  const reference = serverOf(results, one.id, target.reference);
  if (reference === undefined) return undefined;
  return {
    at: target.limit * median(column(reference, "cost")),
    text: `target: ${target.limit}x ${reference.name}`,
  };
}
