// SPDX-License-Identifier: MIT
// openssl s_client with OpenSSL's own QUIC: handshakes with single groups, and those that must fail.
import { expect } from "chai";
import type { Output } from "./peers.js";
import { report } from "./report.js";
import { describeClient, execute } from "./support.js";

describeClient("openssl s_client", (chroot, folder, site) => {
  const [version] = /^OpenSSL \S+/.exec(chroot.run("openssl", "version").stdout)!;

  function connect(...args: string[]): Promise<Output> {
    const always = ["-quic", "-brief", "-verify_return_error", "-CAfile", `${folder}/ca.pem`];
    const target = ["-connect", `127.0.0.1:${site().port}`, "-servername", "localhost"];
    return execute(chroot.command("openssl", "s_client", ...always, ...target, ...args));
  }

  it("completes a handshake with X25519MLKEM768 alone and verifies ML-DSA-65", async () => {
    const { stderr } = await connect("-alpn", "h3", "-groups", "X25519MLKEM768");
    expect(stderr).to.include("CONNECTION ESTABLISHED");
    expect(stderr).to.include("Signature type: mldsa65");
    expect(stderr).to.include("Verification: OK");
    const row = { peer: version, role: "client", protocol: "h3" } as const;
    report({ ...row, group: "X25519MLKEM768", signature: "ML-DSA-65", result: "handshake" });
  });

  it("completes a handshake with X25519 alone", async () => {
    const { stderr } = await connect("-alpn", "h3", "-groups", "X25519");
    expect(stderr).to.include("CONNECTION ESTABLISHED");
    expect(stderr).to.include("Peer Temp Key: X25519");
  });

  const refusals = [
    { title: "a group the server does not take", args: ["-alpn", "h3", "-groups", "secp521r1"] },
    { title: "another application protocol", args: ["-alpn", "hq-interop"] },
    { title: "velocity/1 without a profile commitment", args: ["-alpn", "velocity/1,h3"] },
    {
      title: "signature schemes the server has no key for",
      args: ["-alpn", "h3", "-sigalgs", "ed25519"],
    },
  ];
  for (const { title, args } of refusals) {
    it(`is refused with ${title}, and the server goes on`, async () => {
      const { stderr } = await connect(...args);
      expect(stderr).to.not.include("CONNECTION ESTABLISHED");
      expect(stderr).to.match(/error:[0-9A-F]+:SSL routines/);
      expect((await connect("-alpn", "h3")).stderr).to.include("CONNECTION ESTABLISHED");
      const row = { peer: version, role: "client", protocol: "none" } as const;
      report({ ...row, group: "none", signature: "none", result: `refused: ${title}` });
    });
  }
});
