/* SPDX-License-Identifier: MIT */
/* pqq_response: what pqq_request has brought; see response.h. */
#include "api/response.h"

#include <stdlib.h>
#include <string.h>

int pqq__response_set_headers(pqq_response *response, const pqq_event *event) {
  size_t skipped = event->header_count > 0 ? 1 : 0; /* :status */

  response->section = pqq__section_copy(event->headers + skipped, event->header_count - skipped);
  response->status = event->http_status;
  return response->section == NULL ? -1 : 0;
}

/* Moves one view to `*at`. */
static void move(pqq_bytes *view, uint8_t **at) {
  if (view->len > 0) {
    memcpy(*at, view->data, view->len);
  }
  view->data = *at;
  *at += view->len;
}

pqq_status pqq__response_set_info(pqq_response *response, pqq_engine *engine, pqq_id conn) {
  pqq_connection_info *info = &response->info;
  pqq_status status;
  size_t bytes;
  uint8_t *at;

  info->struct_size = sizeof *info;
  status = pqq_engine_connection_info(engine, conn, info);
  if (status != PQQ_OK) {
    return status;
  }
  bytes = info->alpn.len + info->server_name.len;
  for (size_t i = 0; i < info->certificate_count; i++) {
    bytes += info->certificates[i].der.len;
  }
  at = response->info_bytes = malloc(bytes + 1);
  if (at == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  move(&info->alpn, &at);
  move(&info->server_name, &at);
  for (size_t i = 0; i < info->certificate_count; i++) {
    move(&info->certificates[i].der, &at);
  }
  return PQQ_OK;
}

int32_t pqq_response_status(const pqq_response *response) {
  return response == NULL ? 0 : response->status;
}

pqq_bytes pqq_response_body(const pqq_response *response) {
  if (response == NULL) {
    return (pqq_bytes){0};
  }
  return (pqq_bytes){.data = response->body.data, .len = response->body.len};
}

pqq_bytes pqq_response_header(const pqq_response *response, const char *name) {
  if (response == NULL || name == NULL) {
    return (pqq_bytes){0};
  }
  return pqq__section_find(response->section->headers, response->section->count, name);
}

const pqq_header *pqq_response_headers(const pqq_response *response, size_t *count) {
  if (response == NULL) {
    return NULL;
  }
  if (count != NULL) {
    *count = response->section->count;
  }
  return response->section->headers;
}

const pqq_connection_info *pqq_response_connection_info(const pqq_response *response) {
  return response == NULL ? NULL : &response->info;
}

void pqq_response_free(pqq_response *response) {
  if (response != NULL) {
    free(response->section);
    free(response->body.data);
    free(response->info_bytes);
    free(response);
  }
}
