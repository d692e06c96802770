// SPDX-License-Identifier: MIT
// The file server's table of media types, from mrmime's list: the one that Node.js programs know.
import { mimes } from "mrmime";

/** Text without a charset would be guessed at by its reader; what is written today is UTF-8. */
function withCharset(type) {
  return type.startsWith("text/") ? `${type};charset=utf-8` : type;
}

/** native/src/files/media_types.def */
export function mediaTypes() {
  // Sorted by bytes, because it is searched that way.
  const rows = Object.entries(mimes).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "/* SPDX-License-Identifier: MIT */",
    "/* PQQ_MEDIA_TYPE(file name extension, media type), sorted. Written by `npm run gen` from mrmime. */",
    ...rows.map(([extension, type]) => `PQQ_MEDIA_TYPE("${extension}", "${withCharset(type)}")`),
    "",
  ].join("\n");
}
