/* SPDX-License-Identifier: MIT */
/* Folders that a server answers from on its workers' threads, without a call
 * of the host: `pqq_driver_options.files`, `pqq_server_options.files`, or one
 * request at a time with PQQ_COMMAND_FILE. docs/files.md says what a request
 * gets. */
#ifndef PQQ_FILES_H
#define PQQ_FILES_H

#include <pqq/error.h>
#include <pqq/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_files is a folder under a URL prefix with its rules. Immutable, counted,
 *  thread-safe; one may serve any number of drivers. */
typedef struct pqq_files pqq_files;

/** Values of pqq_files_options.links. */
enum {
  /** Symbolic links are followed as long as they stay beneath the root. One with
   *  an absolute target does not, wherever it points. Without openat2 (Linux
   *  before 5.6, other systems) no link is followed. */
  PQQ_FILES_LINKS_BENEATH = 0,
  /** No link is followed, on any component of a path. */
  PQQ_FILES_LINKS_NEVER = 1,
  /** Links are followed wherever they lead: whoever may write a link there may
   *  publish whatever the process can read. */
  PQQ_FILES_LINKS_ANYWHERE = 2
};

/** Bits of pqq_files_options.flags. */
enum {
  /** What is not there, and methods other than GET and HEAD, go on to the
   *  handler instead of being answered 404 or 405. */
  PQQ_FILES_FALL_THROUGH = 0x1,
  /** A folder without an index file is answered with a list of its names, in HTML
   *  or, for `accept: application/json`, in JSON. */
  PQQ_FILES_LISTING = 0x2,
  /** Do not look for compressed variants beside a file: NAME.br, .zst, .gz. */
  PQQ_FILES_NO_VARIANTS = 0x4,
  /** Do not send `x-content-type-options: nosniff`. */
  PQQ_FILES_NO_NOSNIFF = 0x8,
  /** Names that begin with a dot are served too. Without it only `.well-known`
   *  (RFC 8615) is. */
  PQQ_FILES_HIDDEN = 0x10
};

/** Most folders of one driver. */
#define PQQ_MAX_FILES 16

/** pqq_files_options: see pqq_files_options_init. Strings are copied. */
typedef struct pqq_files_options {
  uint32_t struct_size;
  /** PQQ_FILES_*; default 0. */
  uint32_t flags;
  /** The folder. Required. It is looked up again once a second, so that a release
   *  can be switched by renaming a link. */
  const char *root;
  /** Where it appears, such as "/assets". Default NULL: "/". Of several folders
   *  the longest prefix that matches whole segments takes a request. */
  const char *prefix;
  /** What a folder answers with. Default "index.html"; "" for nothing. */
  const char *index;
  /** Value of `cache-control`. Default "no-cache": keep it, but ask whether it is
   *  still the same. "" sends none. */
  const char *cache_control;
  /** PQQ_FILES_LINKS_*; default BENEATH. */
  int32_t links;
  int32_t reserved;
} pqq_files_options;

/** pqq_files_options_init writes defaults and struct_size.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_files_options_init(pqq_files_options *options, size_t size);

/** pqq_files_new checks the options and that the root is a folder that can be
 *  read. Any thread. Ownership: the caller calls pqq_files_unref.
 *  Errors: PQQ_ERR_NULL_ARG (options, files, root), PQQ_ERR_STRUCT_SIZE,
 *  PQQ_ERR_INVALID_ARG (root is no folder; prefix does not begin with a slash or
 *  has a dot segment, a query or a percent sign; index has a slash or begins with
 *  a dot; cache_control is no field value; links; flags; one is too long),
 *  PQQ_ERR_PERMISSION, PQQ_ERR_NO_MEMORY. pqq_error_detail says which. */
PQQ_EXPORT pqq_status pqq_files_new(const pqq_files_options *options, pqq_files **files);

/** pqq_files_ref takes a reference and returns `files`; pqq_files_unref gives one
 *  back and frees with the last. NULL is ignored. Any thread. */
PQQ_EXPORT pqq_files *pqq_files_ref(pqq_files *files);
PQQ_EXPORT void pqq_files_unref(pqq_files *files);

#ifdef __cplusplus
}
#endif

#endif
