// SPDX-License-Identifier: MIT
// `pqq cert dev`
import type { Profile } from "../config/index.js";
import { devIdentity } from "../dev.js";
import { EXIT, print, printJson, strong, table } from "./output.js";

/** Options of `pqq cert dev`. */
export interface CertDevOptions {
  readonly profile: Profile;
  readonly name?: readonly string[];
  readonly out?: string;
  readonly renew?: boolean;
  readonly json?: boolean;
}

/** Makes a development identity, or shows the one that is there. */
export function certDev(options: CertDevOptions): number {
  const { profile, name: names, out: dir, renew } = options;
  const made = devIdentity({ profile, names, dir, renew });
  const { certFile, keyFile, classical } = made.identity;
  if (options.json === true) {
    printJson({
      profile,
      names: made.names,
      dir: made.dir,
      ca: made.caFile,
      cert: certFile,
      key: keyFile,
      classicalCert: classical.certFile,
      classicalKey: classical.keyFile,
      validTo: made.validTo.toISOString(),
      isNew: made.isNew,
    });
    return EXIT.ok;
  }
  print(
    strong(made.isNew ? "Made a development identity" : "This development identity is still good"),
    ...table([
      ["names", made.names.join(", ")],
      ["profile", profile],
      ["valid to", made.validTo.toISOString().slice(0, 10)],
      ["roots", made.caFile],
      ["ML-DSA", certFile],
      ["", keyFile],
      ["ECDSA", classical.certFile],
      ["", classical.keyFile],
    ]),
    "Whoever reads the keys can be this server: use it for development only.",
  );
  return EXIT.ok;
}
