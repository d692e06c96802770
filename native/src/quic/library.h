/* SPDX-License-Identifier: MIT */
/* Which QUIC library is linked. */
#ifndef PQQ__QUIC_LIBRARY_H
#define PQQ__QUIC_LIBRARY_H

/* Version text of ngtcp2. */
const char *pqq__quic_library_version(void);

#endif
