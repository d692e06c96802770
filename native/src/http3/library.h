/* SPDX-License-Identifier: MIT */
/* Which HTTP/3 library is linked. */
#ifndef PQQ__HTTP3_LIBRARY_H
#define PQQ__HTTP3_LIBRARY_H

/* Version text of nghttp3. */
const char *pqq__http3_library_version(void);

#endif
