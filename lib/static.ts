// SPDX-License-Identifier: MIT
// A folder as a handler, or a part of one: the answer is made on the network thread, as docs/files.md says.
import { openFolder, type FileOptions } from "./files.js";
import { fileResponse, type Response } from "./response.js";

/** Options of {@link staticFiles}. */
export type StaticOptions = FileOptions;

/** What is read of a request. */
type StaticRequest = Pick<Request, "method" | "url" | "headers">;

/** The fields of a request that decide about its answer. */
const FIELDS = [
  "accept",
  "accept-encoding",
  "range",
  "if-range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
] as const;

/**
 * Makes a handler that answers with the files under `root`. Its responses say that a file is to be sent; which one, and with
 * which status, is found out on the network thread, so that they have no content to read and `status` is 200. Header fields
 * that are set on them are sent, in the place of the file's own; on an error those about the file are left out.
 *
 * A server that only serves files, or files before anything else, is faster with {@link ServerOptions.files}: those requests
 * do not come to JavaScript at all.
 *
 * @throws ConfigError if `root` is not a folder, or an option is not allowed.
 *
 * @example
 * ```ts
 * const files = staticFiles("./public");
 * await Server.serve({ identity }, (request) =>
 *   request.method === "POST" ? submit(request) : files(request),
 * );
 * ```
 */
export function staticFiles(
  root: string,
  options: StaticOptions = {},
): (request: StaticRequest) => Response {
  const folder = openFolder({ ...options, root }, "root", false);
  return (request) => {
    const { pathname, search } = new URL(request.url);
    const fields: [string, string][] = [
      [":method", request.method],
      [":path", pathname + search],
    ];
    for (const name of FIELDS) {
      const value = request.headers.get(name);
      if (value !== null) fields.push([name, value]);
    }
    return fileResponse(folder, fields);
  };
}
