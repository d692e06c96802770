/* SPDX-License-Identifier: MIT */
#ifndef PQQ__FILES_MEDIA_TYPE_H
#define PQQ__FILES_MEDIA_TYPE_H

/* The media type of a file by the end of its name, in any case;
 * application/octet-stream for others. Static. */
const char *pqq__media_type_of(const char *path);

#endif
