/* SPDX-License-Identifier: MIT */
/* The part of libuv's ABI that wakes an event loop from another thread.
 *
 * Node-API's own way, a thread-safe function, holds its mutex while it wakes the
 * loop, and the loop's thread takes that mutex first of all. Where both share a
 * core, the woken thread preempts the waking one there, runs into the mutex and
 * has to be switched away again: four switches a wake instead of two, which were
 * a twelfth of what a small request costs. An async handle has no mutex.
 *
 * libuv keeps its ABI for all of version 1; every Node.js that Node-API 9 is in
 * has that version, and its program exports these functions. Its header is not
 * among Node-API's, so they are declared here, without the layout of a handle. */
#ifndef PQQ_ADDON_LOOP_H
#define PQQ_ADDON_LOOP_H

#include <cstddef>

extern "C" {

struct uv_loop_s;
struct uv_handle_s;

// uv_handle_type
constexpr int kUvAsync = 1;

size_t uv_handle_size(int type);
int uv_async_init(uv_loop_s *loop, uv_handle_s *async, void (*on_wake)(uv_handle_s *async));
// Any thread. Several calls before the loop gets to it are one.
int uv_async_send(uv_handle_s *async);
void *uv_handle_get_data(const uv_handle_s *handle);
void uv_handle_set_data(uv_handle_s *handle, void *data);
void uv_ref(uv_handle_s *handle);
void uv_unref(uv_handle_s *handle);
// The memory is the caller's again in `on_close`.
void uv_close(uv_handle_s *handle, void (*on_close)(uv_handle_s *handle));

} // extern "C"

#endif
