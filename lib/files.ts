// SPDX-License-Identifier: MIT
// Folders that are answered from on the network threads: their options, and their opening.
import { ConfigError, errorFromStatus } from "./errors/index.js";
import { loadNative } from "./internal/load.js";
import type { NativeError } from "./internal/native.js";

/** Where symbolic links may lead. */
export type FileLinks = "beneath" | "never" | "anywhere";

/** Options of a folder; docs/files.md says what a request gets. */
export interface FileOptions {
  /** What a folder answers with; `""` for nothing. @defaultValue `"index.html"` */
  readonly index?: string | undefined;
  /**
   * Value of `cache-control`; `""` sends none.
   *
   * @defaultValue `"no-cache"`: keep it, but ask whether it is still the same
   */
  readonly cacheControl?: string | undefined;
  /**
   * `"beneath"`: symbolic links are followed as long as they stay in the folder, `"never"`: none is, `"anywhere"`: wherever
   * they lead.
   *
   * @defaultValue `"beneath"`
   */
  readonly links?: FileLinks | undefined;
  /** Answer a folder without an index file with a list of its names. @defaultValue false */
  readonly listing?: boolean | undefined;
  /** Send NAME.br, NAME.zst or NAME.gz beside NAME to those who take them. @defaultValue true */
  readonly variants?: boolean | undefined;
  /** Send `x-content-type-options: nosniff`. @defaultValue true */
  readonly nosniff?: boolean | undefined;
  /** Serve names that begin with a dot; without it only `.well-known`. @defaultValue false */
  readonly hidden?: boolean | undefined;
}

/** A folder of a server. */
export interface FolderOptions extends FileOptions {
  /** The folder. */
  readonly root: string;
  /** Where it appears, such as `"/assets"`. @defaultValue `"/"` */
  readonly prefix?: string | undefined;
  /**
   * What is not there, and methods other than GET and HEAD, go on to the handler instead of being answered 404 or 405.
   *
   * @defaultValue true if the server has a handler
   */
  readonly fallThrough?: boolean | undefined;
}

/** PQQ_FILES_LINKS_*. */
const LINKS: Readonly<Record<FileLinks, number>> = { beneath: 0, never: 1, anywhere: 2 };
/** PQQ_FILES_*. */
const FALL_THROUGH = 0x1;
const LISTING = 0x2;
const NO_VARIANTS = 0x4;
const NO_NOSNIFF = 0x8;
const HIDDEN = 0x10;

/**
 * Opens a folder and returns its number.
 *
 * @param path - What the options are called in errors.
 * @throws ConfigError if it cannot be read, or an option is not allowed.
 */
export function openFolder(options: FolderOptions, path: string, fallThrough: boolean): number {
  const { root, prefix = "/", index = "index.html", cacheControl = "no-cache" } = options;
  const texts = { root, prefix, index, cacheControl };
  for (const [name, text] of Object.entries(texts)) {
    if (text.includes("\0")) throw badFolder(path, `${name} has a NUL`);
  }
  const flags =
    (fallThrough ? FALL_THROUGH : 0) |
    (options.listing === true ? LISTING : 0) |
    (options.variants === false ? NO_VARIANTS : 0) |
    (options.nosniff === false ? NO_NOSNIFF : 0) |
    (options.hidden === true ? HIDDEN : 0);
  try {
    return loadNative().openFolder({ ...texts, links: LINKS[options.links ?? "beneath"], flags });
  } catch (error) {
    if (!(error instanceof Error) || !("status" in error)) throw error;
    const { status, detail } = error as NativeError;
    throw badFolder(path, detail, errorFromStatus(status, detail));
  }
}

/** Opens the folders of a server; one that does not say lets through what the handler can answer. */
export function openFolders(folders: readonly FolderOptions[], hasHandler: boolean): number[] {
  return folders.map((folder, index) =>
    openFolder(folder, `files[${index}]`, folder.fallThrough ?? hasHandler),
  );
}

function badFolder(path: string, received: string, cause?: unknown): ConfigError {
  const issue = { path, expected: "a folder that can be read, with options for it", received };
  return new ConfigError([issue], "PQQ_ERR_INVALID_ARG", cause);
}
