/* SPDX-License-Identifier: MIT */
/* AWS-LC draws everything from one CTR-DRBG per thread, seeded when the thread draws first. So a
 * fresh thread with a known source of seeds gives known bytes. Two things of the machine must not
 * mix in: the processor's random instructions, which the source below leaves out, and whether the
 * system can detect a fork, without which the generator would be seeded anew for every draw. */
#include "seeded.h"

#include <pthread.h>

#include <openssl/ctrdrbg.h>
#include <openssl/rand.h>
#include <oqs/rand.h>

#include "fatal.h"
#include "random.h"

/* crypto/fipsmodule/rand/entropy/internal.h of AWS-LC, which is not installed. */
struct entropy_source_t;
struct entropy_source_methods {
  int (*initialize)(struct entropy_source_t *source);
  void (*zeroize_thread)(struct entropy_source_t *source);
  void (*free_thread)(struct entropy_source_t *source);
  int (*get_seed)(const struct entropy_source_t *source, uint8_t seed[CTR_DRBG_ENTROPY_LEN]);
  int (*get_extra_entropy)(const struct entropy_source_t *source,
                           uint8_t extra[CTR_DRBG_ENTROPY_LEN]);
  int (*get_prediction_resistance)(const struct entropy_source_t *source, uint8_t *out);
  int id;
};
void override_entropy_source_method_FOR_TESTING(const struct entropy_source_methods *methods);
/* crypto/ube/internal.h: from now on no fork and no resumed machine is seen. */
void allow_mocked_ube_detection_FOR_TESTING(void);

typedef struct seeded_thread {
  uint64_t seed;
  void (*run)(void *arg);
  void *arg;
} seeded_thread;

static _Thread_local sim_random seeds;

static int initialize(struct entropy_source_t *source) {
  (void)source;
  return 1;
}

static void forget(struct entropy_source_t *source) {
  (void)source;
}

static int get_seed(const struct entropy_source_t *source, uint8_t seed[CTR_DRBG_ENTROPY_LEN]) {
  (void)source;
  for (int i = 0; i < CTR_DRBG_ENTROPY_LEN; i++) {
    seed[i] = (uint8_t)(sim_random_next(&seeds) >> 56);
  }
  return 1;
}

/* liboqs asks for the bytes that hedge an ML-DSA signature (FIPS 204 section 3.4). */
static void fill(uint8_t *data, size_t len) {
  if (RAND_bytes(data, len) != 1) {
    sim_fatal("no random bytes");
  }
}

static void replace_sources(void) {
  static const struct entropy_source_methods methods = {.initialize = initialize,
                                                        .zeroize_thread = forget,
                                                        .free_thread = forget,
                                                        .get_seed = get_seed};

  allow_mocked_ube_detection_FOR_TESTING();
  override_entropy_source_method_FOR_TESTING(&methods);
  OQS_randombytes_custom_algorithm(fill);
}

static void *begin(void *arg) {
  const seeded_thread *thread = arg;

  seeds = (sim_random){thread->seed};
  thread->run(thread->arg);
  return NULL;
}

void seeded_run(uint64_t seed, void (*run)(void *arg), void *arg) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  seeded_thread thread = {seed, run, arg};
  pthread_t id;

  if (pthread_once(&once, replace_sources) != 0 || pthread_create(&id, NULL, begin, &thread) != 0 ||
      pthread_join(id, NULL) != 0) {
    sim_fatal("cannot start a thread");
  }
}
