/* SPDX-License-Identifier: MIT */
/* A folder for one test. */
#ifndef PQQ_TEST_SANDBOX_H
#define PQQ_TEST_SANDBOX_H

#include <stddef.h>

/* Makes a fresh folder below the temporary one; the path is static. */
const char *sandbox_new(void);

/* A path in it; the next four calls leave it as it is. */
const char *sandbox_path(const char *name);

void sandbox_write(const char *name, const void *data, size_t len);
void sandbox_text(const char *name, const char *text);
void sandbox_folder(const char *name);
void sandbox_link(const char *target, const char *name);
void sandbox_rename(const char *from, const char *to);

/* Sets the time of change, in seconds since 1970. */
void sandbox_touch(const char *name, long seconds);

/* Removes all of it. */
void sandbox_remove(void);

#endif
