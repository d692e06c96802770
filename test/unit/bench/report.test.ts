// SPDX-License-Identifier: MIT
// The page of the benchmark report: what it concludes from the figures of a run.
import { expect } from "chai";
import { groupOf } from "../../../bench/report/groups.js";
import { page, plots } from "../../../bench/report/page.js";
import type { Profiles, ServerProfile } from "../../../bench/report/profiles.js";
import {
  ratio,
  SCHEMA,
  type CaseResult,
  type Results,
  type ServerResult,
} from "../../../bench/report/results.js";
import { judge, TARGETS } from "../../../bench/report/targets.js";

const NAMES: Readonly<Record<string, string>> = {
  c: "VELO, C handler",
  static: "VELO, static files",
  typescript: "VELO, JavaScript handler",
  "s2n-quic": "s2n-quic + h3",
  nginx: "nginx (quic_gso)",
  http2: "node:http2",
};

function server(id: string, costs: readonly (number | null)[]): ServerResult {
  return {
    id,
    name: NAMES[id] ?? id,
    client: "C",
    group: "X25519MLKEM768",
    cipher: "TLS_AES_128_GCM_SHA256",
    rounds: costs.map((cost) =>
      cost === null ? null : { cost, perSecond: 10, cpuMsPerSecond: 0 },
    ),
    problem: costs.includes(null) ? "the handshake failed" : null,
  };
}

const handshakes = (id: string, ours: readonly (number | null)[]): CaseResult => ({
  id,
  servers: [server("c", ours), server("s2n-quic", [100, 200, 400])],
});

function run(cases: readonly CaseResult[]): Results {
  return {
    schema: SCHEMA,
    date: "2026-01-01T00:00:00.000Z",
    isQuick: false,
    seconds: 600,
    commit: "0123456",
    machine: {
      cpu: "a processor",
      cores: 2,
      memoryGib: 8,
      kernel: "linux 6",
      node: "v20",
      openssl: "3.0",
      isPinned: true,
      load: 0,
      libpqq: { version: "0.1.0" },
    },
    versions: { "s2n-quic": "1.91.0" },
    missing: [{ name: "quic-go", reason: "go is not here" }],
    cases,
  };
}

const profiles: Profiles = {
  date: "2026-01-01T00:00:00.000Z",
  commit: "0123456",
  cases: [
    {
      id: "handshake-mldsa65",
      servers: [
        {
          id: "c",
          name: "VELO, C handler",
          cost: 100,
          samples: 1000,
          groups: { "ML-DSA": 0.3, QUIC: 0.5, "kernel: datagrams": 0.2 },
          functions: [{ name: "ngtcp2_conn_read_pkt", share: 0.5 }],
        },
        {
          id: "s2n-quic",
          name: "s2n-quic + h3",
          cost: 110,
          samples: 1000,
          groups: { "ML-DSA": 0.6, QUIC: 0.4 },
          functions: [],
        },
      ],
    },
  ],
};

describe("bench report", () => {
  it("takes the median of the rounds' ratios, not the ratio of the medians", () => {
    const [ours, theirs] = handshakes("handshake-p256", [50, 180, 100]).servers;
    expect(ratio(ours!, theirs!)).to.equal(0.5);
  });

  it("leaves rounds out in which either server failed", () => {
    const [ours, theirs] = handshakes("handshake-p256", [null, 180, 300]).servers;
    expect(ratio(ours!, theirs!)).to.equal((180 / 200 + 300 / 400) / 2);
  });

  it("meets a target at its limit and misses it above", () => {
    const verdict = (cost: number): boolean | undefined =>
      judge(run([handshakes("handshake-mldsa65", [cost])])).find(
        ({ target }) => target.caseId === "handshake-mldsa65",
      )?.isMet;
    expect(verdict(65)).to.equal(true);
    expect(verdict(66)).to.equal(false);
  });

  it("does not call a target met that was not measured", () => {
    const verdicts = judge(run([]));
    expect(verdicts).to.have.length(TARGETS.length);
    expect(verdicts.filter(({ isMet }) => isMet)).to.deep.equal([]);
    expect(page(run([]), undefined)).to.include("not measured");
  });

  it("says by how much a target is missed, where the time goes and what is left over the given parts", () => {
    const text = page(run([handshakes("handshake-mldsa65", [90, 180, 360])]), profiles);
    expect(text).to.include("**missed**, 38 % over");
    expect(text).to.include("0.90x instead of at most 0.65x: of 180 µs 50.0 µs would have to go.");
    expect(text).to.include("| ML-DSA | 30.0 | 66.0 | −36.0 |");
    expect(text).to.include("everything else, 50.0 µs, would have to become 21.5 µs");
    expect(text).to.include("`ngtcp2_conn_read_pkt` 50.0 %");
  });

  it("shows the profile of the server that a target is about, and what would be needed", () => {
    const profiled = (id: string, cost: number): ServerProfile => ({
      ...{ id, name: NAMES[id] ?? id, cost, samples: 100, functions: [] },
      groups: { QUIC: 0.5 },
    });
    const requests = {
      id: "requests",
      servers: [server("c", [2]), server("static", [4]), server("nginx", [3])],
    };
    const text = page(run([requests]), {
      ...profiles,
      cases: [
        {
          id: "requests",
          servers: [profiled("c", 2), profiled("static", 4), profiled("nginx", 3)],
        },
      ],
    });
    const section = text.slice(text.indexOf("### Small request, static file"));
    expect(section).to.include("| QUIC | 2.00 | 1.50 | +0.50 |");
    expect(section).to.include("A header block that is encoded once for each file");
  });

  it("has no section about misses of targets that are met", () => {
    const text = page(run([handshakes("handshake-p256", [50, 100, 200])]), undefined);
    expect(text).to.include(
      "| Full handshake and one GET, P-256 | ≤ 0.85x s2n-quic + h3 | 0.50x |",
    );
    expect(text).not.to.include("### Full handshake and one GET, P-256");
  });

  it("names servers that are left out, and rounds that failed, with the reason", () => {
    const text = page(run([handshakes("handshake-p256", [null, 100, 200])]), undefined);
    expect(text).to.include("Left out: quic-go (go is not here)");
    expect(text).to.include("VELO, C handler (1 of 3 rounds failed)");
    expect(text).to.include("VELO, C handler: last failure: the handshake failed.");
  });

  it("draws a plot for each case that was measured, and cuts off a bar that would hide the others", () => {
    const requests = {
      id: "requests",
      servers: [
        server("c", [4]),
        server("nginx", [3]),
        server("http2", [20]),
        server("static", [900]),
      ],
    };
    const drawn = plots(run([requests]));
    expect([...drawn.keys()]).to.deep.equal(["requests.svg"]);
    const svg = drawn.get("requests.svg") ?? "";
    expect(svg).to.include(">900 »</text>");
    expect(svg).to.include(">20.0</text>");
    expect(svg).to.include("target: 1x nginx (quic_gso)");
    expect(svg).to.include("prefers-color-scheme: dark");
  });

  it("sorts functions of C and Rust servers into the same groups", () => {
    const groups = (...names: string[]): string[] => names.map((name) => groupOf(name, "/server"));
    expect(
      new Set(
        groups("aws_lc_0_47_0_sha3_keccak_f1600", "KeccakP1600times4_PermuteAll_24rounds_avx2"),
      ),
    ).to.deep.equal(new Set(["SHA-3 of ML-KEM and ML-DSA"]));
    expect(groups("pqcrystals_ml_dsa_65_avx2_ntt_avx", "mldsa65_signature_internal")).to.deep.equal(
      ["ML-DSA", "ML-DSA"],
    );
    expect(
      groups("ngtcp2_conn_write_vmsg", "s2n_quic_transport::space::PacketSpace::x"),
    ).to.deep.equal(["QUIC", "QUIC"]);
    expect(groupOf("udp_sendmsg", "[kernel.kallsyms]")).to.equal("kernel: datagrams");
    expect(groupOf("finish_task_switch.isra.0", "[kernel.kallsyms]")).to.equal(
      "kernel: waiting, system calls",
    );
    expect(groupOf("[unknown]", "/usr/sbin/nginx")).to.equal("rest");
  });
});
