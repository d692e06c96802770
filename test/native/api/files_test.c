/* SPDX-License-Identifier: MIT */
/* Folders of the simple door over loopback: what a client gets. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api_fixture.h"
#include "files/limits.h"
#include "files/sandbox.h"
#include "harness.h"

#define LARGE_BYTES (3u << 20)

static pqq_header field(const char *name, const char *value) {
  return (pqq_header){.name = {(const uint8_t *)name, strlen(name)},
                      .value = {(const uint8_t *)value, strlen(value)}};
}

static pqq_config *config;
static pqq_server *server;
static pqq_files *folders[3];
static uint8_t *large;

static void answer(pqq_exchange *exchange, void *user_data) {
  (void)user_data;
  (void)pqq_respond(exchange, 200, NULL, 0, "handler", 7, 0);
}

static pqq_files *folder(const char *root, const char *prefix, uint32_t flags) {
  pqq_files_options options;
  pqq_files *files = NULL;

  EXPECT_INT(pqq_files_options_init(&options, sizeof options), PQQ_OK);
  options.root = sandbox_path(root);
  options.prefix = prefix;
  options.flags = flags;
  EXPECT_INT(pqq_files_new(&options, &files), PQQ_OK);
  return files;
}

static void set_up(uint32_t flags, pqq_handler handler) {
  pqq_server_options options;

  sandbox_new();
  sandbox_folder("www");
  sandbox_folder("www/sub");
  sandbox_folder("www/empty");
  sandbox_folder("assets");
  sandbox_text("www/index.html", "<h1>home</h1>");
  sandbox_text("www/sub/index.html", "sub");
  sandbox_text("www/data.bin", "0123456789");
  sandbox_touch("www/data.bin", 1767323045);
  sandbox_text("www/.env", "secret");
  sandbox_text("www/none", "");
  sandbox_text("www/a.js", "plain script");
  sandbox_text("www/a.js.gz", "gzip");
  sandbox_text("www/a.js.br", "brotli");
  sandbox_text("www/empty/<b>&\"\xff.txt", "x");
  sandbox_text("assets/x.css", "css");
  large = malloc(LARGE_BYTES);
  for (size_t i = 0; i < LARGE_BYTES; i++) {
    large[i] = (uint8_t)(i * 31 + (i >> 9));
  }
  sandbox_write("www/large", large, LARGE_BYTES);
  config = fixture_config();
  folders[0] = folder("www", NULL, flags);
  folders[1] = folder("assets", "/static/", 0);
  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.handler = handler;
  options.files = folders;
  options.file_count = 2;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
}

static void tear_down(void) {
  pqq_stop_server(server, 0);
  pqq_files_unref(folders[0]);
  pqq_files_unref(folders[1]);
  pqq_config_unref(config);
  free(large);
  sandbox_remove();
}

static pqq_stats stats_now(void) {
  pqq_stats stats = {.struct_size = sizeof stats};

  EXPECT_INT(pqq_driver_stats(pqq_server_driver(server), &stats), PQQ_OK);
  return stats;
}

static pqq_status try_get(const char *method, const char *path, const char *name, const char *value,
                          pqq_response **response) {
  pqq_header headers[1];
  pqq_request_options options;
  static char url[512];

  snprintf(url, sizeof url, "https://localhost:%u%s", pqq_server_port(server), path);
  EXPECT_INT(pqq_request_options_init(&options, sizeof options), PQQ_OK);
  options.url = url;
  options.method = method;
  options.config = config;
  if (name != NULL) {
    headers[0] = field(name, value);
    options.headers = headers;
    options.header_count = 1;
  }
  NOTE("%s %s %s: %s", method, path, name, value);
  return pqq_request(&options, response);
}

static pqq_response *get_with(const char *method, const char *path, const char *name,
                              const char *value, int32_t status) {
  pqq_response *response = NULL;
  pqq_status result = try_get(method, path, name, value, &response);

  EXPECT_INT(result, PQQ_OK);
  EXPECT_INT(pqq_response_status(response), status);
  return response;
}

static pqq_response *get(const char *path, int32_t status) {
  return get_with("GET", path, NULL, NULL, status);
}

static void expect_field(const pqq_response *response, const char *name, const char *value) {
  pqq_bytes actual = pqq_response_header(response, name);

  EXPECT_MEM(actual.data, actual.len, value, strlen(value));
}

static void expect_body(pqq_response *response, const char *text) {
  pqq_bytes body = pqq_response_body(response);

  EXPECT_MEM(body.data, body.len, text, strlen(text));
  pqq_response_free(response);
}

TEST("files and index files are answered with type, length, date, validators") {
  pqq_response *response;

  set_up(0, NULL);
  response = get("/", 200);
  expect_field(response, "content-type", "text/html;charset=utf-8");
  expect_field(response, "content-length", "13");
  expect_field(response, "cache-control", "no-cache");
  expect_field(response, "x-content-type-options", "nosniff");
  expect_field(response, "accept-ranges", "bytes");
  EXPECT_UINT(pqq_response_header(response, "date").len, 29);
  EXPECT(pqq_response_header(response, "etag").len > 10);
  expect_body(response, "<h1>home</h1>");
  response = get("/data.bin?x", 200);
  expect_field(response, "last-modified", "Fri, 02 Jan 2026 03:04:05 GMT");
  expect_body(response, "0123456789");
  expect_body(get("/none", 200), "");
  expect_body(get("/static/x.css", 200), "css");
  response = get_with("HEAD", "/data.bin", NULL, NULL, 200);
  expect_field(response, "content-length", "10");
  expect_body(response, "");
  EXPECT_UINT(stats_now().file_requests, 5);
  tear_down();
}

TEST("folders redirect to their slash with the query; what is not there is not found") {
  static const char *const absent[] = {"/absent", "/data.bin/", "/.env",        "/%2eenv",
                                       "/empty/", "/static/",   "/sub/../.env", "/a%2fb"};
  pqq_response *response;

  set_up(0, NULL);
  response = get("/sub?a=b", 308);
  expect_field(response, "location", "/sub/?a=b");
  pqq_response_free(response);
  response = get("/static", 308);
  expect_field(response, "location", "/static/");
  pqq_response_free(response);
  response = get("//sub", 308); /* not another host */
  expect_field(response, "location", "/sub/");
  pqq_response_free(response);
  for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
    pqq_response_free(get(absent[i], 404));
  }
  pqq_response_free(get("/a%00", 400));
  tear_down();
}

TEST("other methods are told what is allowed") {
  static const char *const methods[] = {"POST", "PUT", "DELETE"};
  pqq_response *response;

  set_up(0, answer);
  for (size_t i = 0; i < 3; i++) {
    response = get_with(methods[i], "/", NULL, NULL, 405);
    expect_field(response, "allow", "GET, HEAD, OPTIONS");
    pqq_response_free(response);
  }
  response = get_with("OPTIONS", "/", NULL, NULL, 204);
  expect_field(response, "allow", "GET, HEAD, OPTIONS");
  pqq_response_free(response);
  tear_down();
}

TEST("what falls through is the handler's") {
  set_up(PQQ_FILES_FALL_THROUGH, answer);
  expect_body(get("/", 200), "<h1>home</h1>");
  expect_body(get("/absent", 200), "handler");
  expect_body(get("/.env", 200), "handler");
  expect_body(get("/a%00", 200), "handler");
  expect_body(get_with("POST", "/", NULL, NULL, 200), "handler");
  pqq_response_free(get("/static/absent", 404)); /* that folder lets nothing through */
  tear_down();
}

typedef struct range_row {
  const char *range;
  int32_t status;
  const char *content_range, *body;
} range_row;

TEST("ranges: one, several, none") {
  static const range_row rows[] = {{"bytes=2-4", 206, "bytes 2-4/10", "234"},
                                   {"bytes=-3", 206, "bytes 7-9/10", "789"},
                                   {"bytes=4-2", 200, "", "0123456789"},
                                   {"bytes=0-5,4-8", 200, "", "0123456789"}};
  pqq_response *response;
  char expected[512], boundary[40], first[40] = "";
  pqq_bytes type;

  set_up(0, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    response = get_with("GET", "/data.bin", "range", rows[i].range, rows[i].status);
    if (rows[i].status == 206) {
      expect_field(response, "content-range", rows[i].content_range);
    }
    expect_body(response, rows[i].body);
  }
  response = get_with("GET", "/data.bin", "range", "bytes=10-", 416);
  expect_field(response, "content-range", "bytes */10");
  pqq_response_free(response);
  expect_body(get_with("HEAD", "/data.bin", "range", "bytes=2-4", 200), "");
  for (int i = 0; i < 2; i++) {
    response = get_with("GET", "/data.bin", "range", "bytes=0-1,-2", 206);
    type = pqq_response_header(response, "content-type");
    EXPECT_UINT(type.len, strlen("multipart/byteranges; boundary=") + 36);
    EXPECT_MEM(type.data, 31, "multipart/byteranges; boundary=", 31);
    snprintf(boundary, sizeof boundary, "%.*s", 36, type.data + 31);
    snprintf(expected, sizeof expected,
             "\r\n--%s\r\ncontent-type: application/octet-stream\r\n"
             "content-range: bytes 0-1/10\r\n\r\n01"
             "\r\n--%s\r\ncontent-type: application/octet-stream\r\n"
             "content-range: bytes 8-9/10\r\n\r\n89"
             "\r\n--%s--\r\n",
             boundary, boundary, boundary);
    expect_body(response, expected);
    /* Two of them share nothing by which one could be told from the other. */
    EXPECT(strncmp(boundary + 4, first, 8) != 0);
    memcpy(first, boundary + 4, 8);
  }
  tear_down();
}

TEST("conditions: 304 without content, 412") {
  pqq_response *response;
  char etag[80];

  set_up(0, NULL);
  response = get("/data.bin", 200);
  snprintf(etag, sizeof etag, "%.*s", (int)pqq_response_header(response, "etag").len,
           pqq_response_header(response, "etag").data);
  pqq_response_free(response);
  response = get_with("GET", "/data.bin", "if-none-match", etag, 304);
  expect_field(response, "etag", etag);
  expect_field(response, "cache-control", "no-cache");
  EXPECT(pqq_response_header(response, "content-length").data == NULL);
  expect_body(response, "");
  pqq_response_free(
      get_with("GET", "/data.bin", "if-modified-since", "Fri, 02 Jan 2026 03:04:05 GMT", 304));
  pqq_response_free(get_with("GET", "/data.bin", "if-match", "\"x\"", 412));
  tear_down();
}

TEST("compressed variants go to those who take them, each with a tag of its own") {
  pqq_response *plain, *brotli, *gzip;

  set_up(0, NULL);
  plain = get("/a.js", 200);
  brotli = get_with("GET", "/a.js", "accept-encoding", "gzip, br", 200);
  gzip = get_with("GET", "/a.js", "accept-encoding", "gzip, br;q=0.5", 200);
  EXPECT(pqq_response_header(plain, "content-encoding").data == NULL);
  expect_field(plain, "vary", "accept-encoding");
  expect_field(brotli, "content-encoding", "br");
  expect_field(brotli, "vary", "accept-encoding");
  expect_field(gzip, "content-encoding", "gzip");
  expect_field(gzip, "content-type", "text/javascript;charset=utf-8");
  EXPECT(pqq_response_header(plain, "etag").len != 0);
  EXPECT(memcmp(pqq_response_header(plain, "etag").data, pqq_response_header(gzip, "etag").data,
                10) != 0);
  expect_body(plain, "plain script");
  expect_body(brotli, "brotli");
  expect_body(gzip, "gzip");
  expect_body(get_with("GET", "/a.js.gz", "accept-encoding", "br", 200), "gzip");
  tear_down();
}

TEST("a list of names is escaped, in HTML and in JSON") {
  pqq_response *response;
  pqq_bytes body;
  char html[2048];

  set_up(PQQ_FILES_LISTING, NULL);
  response = get("/empty/", 200);
  body = pqq_response_body(response);
  snprintf(html, sizeof html, "%.*s", (int)body.len, body.data);
  NOTE("%s", html);
  EXPECT(strstr(html, "<b>") == NULL);
  EXPECT(strstr(html, "href=\"./%3Cb%3E%26%22%FF.txt\">&lt;b&gt;&amp;&quot;") != NULL);
  EXPECT(strstr(html, "<h1>/empty/</h1>") != NULL);
  pqq_response_free(response);
  response = get_with("GET", "/empty/", "accept", "application/json", 200);
  expect_field(response, "content-type", "application/json");
  expect_body(response, "{\"names\":[\"<b>&\\u0022\\ufffd.txt\"],\"cut\":false}\n");
  expect_body(get("/", 200), "<h1>home</h1>"); /* the index goes first */
  tear_down();
}

TEST("large files come whole, and in ranges") {
  pqq_response *response;

  set_up(0, NULL);
  response = get("/large", 200);
  EXPECT_MEM(pqq_response_body(response).data, pqq_response_body(response).len, large, LARGE_BYTES);
  pqq_response_free(response);
  response = get_with("GET", "/large", "range", "bytes=100000-2099999", 206);
  EXPECT_MEM(pqq_response_body(response).data, pqq_response_body(response).len, large + 100000,
             2000000);
  pqq_response_free(response);
  EXPECT_UINT(stats_now().file_bytes_read, LARGE_BYTES + 2000000);
  EXPECT_UINT(stats_now().file_failures, 0);
  tear_down();
}

TEST("a large file that shrinks below a valid entry is reset, never cut") {
  pqq_response *response = NULL;

  set_up(0, NULL);
  pqq_response_free(get_with("HEAD", "/large", NULL, NULL, 200)); /* now it is in the cache */
  EXPECT_INT(truncate(sandbox_path("www/large"), 100000), 0);
  response = NULL;
  {
    pqq_status result = try_get("GET", "/large", NULL, NULL, &response);

    /* Within the time of validity the old length was promised; after it the new one is. */
    if (result == PQQ_OK) {
      EXPECT_UINT(pqq_response_body(response).len, 100000);
      pqq_response_free(response);
    } else {
      EXPECT_INT(result, PQQ_ERR_STREAM_RESET);
      EXPECT_UINT(stats_now().file_failures, 1);
    }
  }
  tear_down();
}

static void *fetch(void *argument) {
  atomic_uint *good = argument;
  char url[64];
  pqq_request_options options;
  pqq_response *response;

  snprintf(url, sizeof url, "https://localhost:%u/swap", pqq_server_port(server));
  (void)pqq_request_options_init(&options, sizeof options);
  options.url = url;
  options.config = config;
  for (int i = 0; i < 20; i++) {
    if (pqq_request(&options, &response) == PQQ_OK) {
      pqq_bytes body = pqq_response_body(response);
      int is_one = 1;

      for (size_t j = 1; j < body.len; j++) {
        is_one &= body.data[j] == body.data[0];
      }
      if (pqq_response_status(response) == 200 && body.len == LARGE_BYTES && is_one) {
        atomic_fetch_add(good, 1);
      }
      pqq_response_free(response);
    }
  }
  return NULL;
}

TEST("a file that is replaced while it is served is the old or the new one, never a mixture") {
  uint8_t *versions = malloc(LARGE_BYTES);
  pthread_t threads[2];
  atomic_uint good = 0;

  set_up(0, NULL);
  memset(versions, 'a', LARGE_BYTES);
  sandbox_write("www/swap", versions, LARGE_BYTES);
  for (int i = 0; i < 2; i++) {
    EXPECT_INT(pthread_create(&threads[i], NULL, fetch, &good), 0);
  }
  for (int i = 0; i < 20; i++) {
    memset(versions, 'b' + i, LARGE_BYTES);
    sandbox_write("new", versions, LARGE_BYTES);
    sandbox_rename("new", "www/swap");
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
  }
  EXPECT_UINT(atomic_load(&good), 40);
  free(versions);
  tear_down();
}

TEST("options that are wrong name themselves") {
  static const struct {
    const char *root, *prefix, *index, *cache_control;
    const char *named;
  } rows[] = {{"absent", NULL, NULL, NULL, "absent"},
              {"www/data.bin", NULL, NULL, NULL, "data.bin"},
              {"www", "assets", NULL, NULL, "prefix"},
              {"www", "/a/../b", NULL, NULL, "prefix"},
              {"www", "/a%20b", NULL, NULL, "prefix"},
              {"www", "/.a", NULL, NULL, "prefix"},
              {"www", NULL, "../index.html", NULL, "index"},
              {"www", NULL, ".hidden", NULL, "index"},
              {"www", NULL, NULL, "no-cache\r\nx: y", "cache_control"},
              {"www", NULL, NULL, " no-cache", "cache_control"}};
  pqq_files_options options;
  pqq_files *files = NULL;
  pqq_server_options server_options;
  pqq_server *second = NULL;

  set_up(0, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    EXPECT_INT(pqq_files_options_init(&options, sizeof options), PQQ_OK);
    options.root = sandbox_path(rows[i].root);
    options.prefix = rows[i].prefix;
    options.index = rows[i].index;
    options.cache_control = rows[i].cache_control;
    NOTE("row %zu", i);
    EXPECT_INT(pqq_files_new(&options, &files), PQQ_ERR_INVALID_ARG);
    EXPECT(strstr(pqq_error_detail(), rows[i].named) != NULL);
    EXPECT(files == NULL);
  }
  EXPECT_INT(pqq_files_options_init(&options, sizeof options), PQQ_OK);
  EXPECT_INT(pqq_files_new(&options, &files), PQQ_ERR_NULL_ARG);
  options.root = "/";
  options.flags = 0x100;
  EXPECT_INT(pqq_files_new(&options, &files), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_server_options_init(&server_options, sizeof server_options), PQQ_OK);
  folders[2] = folders[0];
  server_options.config = config;
  server_options.files = folders;
  server_options.file_count = 3;
  EXPECT_INT(pqq_start_server(&server_options, &second), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "files[0] and files[2]") != NULL);
  server_options.file_count = PQQ_MAX_FILES + 1;
  EXPECT_INT(pqq_start_server(&server_options, &second), PQQ_ERR_INVALID_ARG);
  tear_down();
}
