/* SPDX-License-Identifier: MIT */
/* What a CertificateVerify signature costs: by liboqs, by AWS-LC, and by
 * libpqq's signing pool, which uses liboqs.
 *
 *   sign [--rounds N] [--per-round N] [--threads N]
 *
 * A round signs `per-round` messages in each way, in turns, so that whatever
 * disturbs the machine disturbs all. The pool does it twice, with one thread and
 * with `threads`, and the pool's own cost is measured with jobs that do nothing:
 * one at a time, which wakes a thread and is woken by it for each, and all at
 * once. One JSON line per round and kind; bench/sign.ts makes medians of them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "bench.h"
#include "io/signing_pool.h"
#include "tls/signing_key.h"

/* 64 spaces, context string, zero, SHA-256: RFC 8446 section 4.4.3. */
#define MESSAGE_BYTES 130
#define MAX_PER_ROUND PQQ__SIGNING_POOL_JOBS

/* Behind the pqq_job pointers of this program. */
typedef struct work {
  const pqq__signing_key *key; /* NULL: nothing to do */
  uint8_t message[MESSAGE_BYTES];
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t signature_len;
} work;

typedef struct bench {
  const char *name;
  EVP_PKEY *pkey;
  pqq__signing_key *key;
  uint32_t count;
  work *works;
} bench;

typedef struct cost {
  double cpu_us, wall_us;
} cost;

/* --- In line
 * -------------------------------------------------------------------------------------- */

static void sign_liboqs(const bench *b, work *w) {
  bench_check(pqq__signing_key_sign(b->key, pqq__signing_key_scheme(b->key)->id, w->message,
                                    MESSAGE_BYTES, w->signature, &w->signature_len),
              "liboqs");
}

static void sign_awslc(const bench *b, work *w) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();

  w->signature_len = sizeof w->signature;
  if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, b->pkey) != 1 ||
      EVP_DigestSign(context, w->signature, &w->signature_len, w->message, MESSAGE_BYTES) != 1) {
    bench_fail("AWS-LC cannot sign");
  }
  EVP_MD_CTX_free(context);
}

static void check(const bench *b, const work *w) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();

  if (!context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, b->pkey) != 1 ||
      EVP_DigestVerify(context, w->signature, w->signature_len, w->message, MESSAGE_BYTES) != 1) {
    bench_fail("%s: a signature does not verify", b->name);
  }
  EVP_MD_CTX_free(context);
}

static cost cost_since(const bench *b, uint64_t cpu_ns, uint64_t wall_ns) {
  return (cost){.cpu_us = (double)(bench_process_cpu_ns() - cpu_ns) / 1e3 / b->count,
                .wall_us = (double)(bench_wall_ns() - wall_ns) / 1e3 / b->count};
}

static cost run_in_line(const bench *b, void (*sign)(const bench *b, work *w)) {
  uint64_t cpu_ns = bench_process_cpu_ns(), wall_ns = bench_wall_ns();
  cost result;

  for (uint32_t i = 0; i < b->count; i++) {
    sign(b, &b->works[i]);
  }
  result = cost_since(b, cpu_ns, wall_ns);
  check(b, &b->works[b->count - 1]);
  return result;
}

/* --- By the pool
 * ----------------------------------------------------------------------------------- */

typedef struct owner {
  pqq__signing_owner owner;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint32_t done;
} owner;

static void run_job(pqq_job *job) {
  work *w = (work *)(void *)job;

  if (w->key) {
    bench_check(pqq__signing_key_sign(w->key, pqq__signing_key_scheme(w->key)->id, w->message,
                                      MESSAGE_BYTES, w->signature, &w->signature_len),
                "pool");
  }
}

static void free_job(pqq_job *job) {
  (void)job;
}

static void on_done(void *user_data) {
  owner *self = user_data;

  (void)pthread_mutex_lock(&self->lock);
  self->done++;
  (void)pthread_cond_signal(&self->changed);
  (void)pthread_mutex_unlock(&self->lock);
}

/* Pushes works [from, to) and takes them back. */
static void push_and_take(pqq__signing_pool *pool, owner *self, const bench *b, uint32_t from,
                          uint32_t to) {
  for (uint32_t i = from; i < to; i++) {
    bench_check(pqq__signing_pool_push(pool, &self->owner, (pqq_job *)(void *)&b->works[i]),
                "push");
  }
  while (self->owner.in_pool > 0) {
    (void)pthread_mutex_lock(&self->lock);
    while (self->done == 0) {
      (void)pthread_cond_wait(&self->changed, &self->lock);
    }
    self->done = 0;
    (void)pthread_mutex_unlock(&self->lock);
    while (pqq__signing_pool_take(pool, &self->owner)) {
    }
  }
}

/* `at_once`: jobs that are in the pool together. */
static cost run_pool(const bench *b, const pqq__signing_key *key, uint32_t threads,
                     uint32_t at_once) {
  static const pqq__signing_calls calls = {.run = run_job, .free = free_job};
  owner self = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  pqq__signing_pool pool;
  uint64_t cpu_ns, wall_ns;
  cost result;

  for (uint32_t i = 0; i < b->count; i++) {
    b->works[i].key = key;
  }
  pqq__signing_owner_init(&self.owner, on_done, &self);
  pqq__signing_pool_init(&pool, threads, &calls);
  push_and_take(&pool, &self, b, 0, threads); /* starts the threads */
  cpu_ns = bench_process_cpu_ns();
  wall_ns = bench_wall_ns();
  for (uint32_t i = 0; i < b->count; i += at_once) {
    push_and_take(&pool, &self, b, i, i + at_once < b->count ? i + at_once : b->count);
  }
  result = cost_since(b, cpu_ns, wall_ns);
  pqq__signing_pool_stop(&pool);
  if (key) {
    check(b, &b->works[b->count - 1]);
  }
  return result;
}

/* --- Rounds
 * ---------------------------------------------------------------------------------------- */

static void print_cost(const char *name, cost c) {
  printf(",\"%s\":{\"cpuMicros\":%.3f,\"wallMicros\":%.3f}", name, c.cpu_us, c.wall_us);
}

static void run_round(const bench *b, uint32_t threads) {
  printf("{\"event\":\"round\",\"certificate\":\"%s\"", b->name);
  print_cost("liboqs", run_in_line(b, sign_liboqs));
  print_cost("awslc", run_in_line(b, sign_awslc));
  print_cost("poolOfOne", run_pool(b, b->key, 1, b->count));
  print_cost("pool", run_pool(b, b->key, threads, b->count));
  print_cost("handoverAlone", run_pool(b, NULL, 1, 1));
  print_cost("handover", run_pool(b, NULL, 1, b->count));
  puts("}");
}

static EVP_PKEY *read_key(pqq_bytes pem) {
  BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
  EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;

  if (!pkey) {
    bench_fail("a development key cannot be read");
  }
  BIO_free(bio);
  return pkey;
}

static void run_kind(const bench_kind *kind, uint32_t rounds, uint32_t count, uint32_t threads) {
  static const char *const names[] = {"localhost"};
  bench b = {.name = kind->name, .count = count, .works = calloc(count, sizeof(work))};
  pqq_dev_identity *made;

  if (!b.works) {
    bench_fail("out of memory");
  }
  for (uint32_t i = 0; i < count; i++) {
    memset(b.works[i].message, ' ', MESSAGE_BYTES);
    memcpy(b.works[i].message + MESSAGE_BYTES - sizeof i, &i, sizeof i);
  }
  bench_check(pqq_dev_identity_new(kind->profile, names, 1, 30, &made), "identity");
  b.pkey = read_key(made->pq_key_pem);
  bench_check(pqq__signing_key_new(b.pkey, &b.key), "key");
  (void)run_in_line(&b, sign_liboqs); /* fills caches */
  (void)run_in_line(&b, sign_awslc);
  for (uint32_t round = 0; round < rounds; round++) {
    run_round(&b, threads);
  }
  pqq__signing_key_unref(b.key);
  EVP_PKEY_free(b.pkey);
  pqq_dev_identity_free(made);
  free(b.works);
}

int main(int argc, char **argv) {
  uint32_t rounds = bench_number(argc, argv, "--rounds", 10);
  uint32_t count = bench_number(argc, argv, "--per-round", 200);
  uint32_t threads = bench_number(argc, argv, "--threads", 2);

  if (count == 0 || count > MAX_PER_ROUND || threads == 0 || threads > PQQ__MAX_SIGNING_THREADS ||
      threads > count) {
    bench_fail("--per-round: 1 to %d; --threads: 1 to %d, not more than those", MAX_PER_ROUND,
               PQQ__MAX_SIGNING_THREADS);
  }
  bench_check(pqq_init(), "pqq_init");
  for (size_t i = 0; i < BENCH_KINDS; i++) {
    if (bench_kinds[i].is_pq) {
      run_kind(&bench_kinds[i], rounds, count, threads);
    }
  }
  return 0;
}
