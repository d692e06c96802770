/* SPDX-License-Identifier: MIT */
/* The C tests' frame: tests register themselves, harness.c runs them and prints TAP.
 *
 * Why not CMocka or Unity: no package registry that this build uses carries their sources, and a C
 * test must run on a machine that has only what `npm install` needs.
 *
 *   #include "harness.h"
 *
 *   TEST("ring drops nothing when it is full") {
 *     EXPECT_UINT(pqq__ring_capacity(&ring), 8);
 *   }
 *
 * A failed EXPECT_ ends its test, not the program. The actual value comes first. One program per
 * file; `ring_test full` runs the tests whose name contains "full". */
#ifndef PQQ_TEST_HARNESS_H
#define PQQ_TEST_HARNESS_H

#include <stddef.h>
#include <stdint.h>

#define HARNESS_JOIN_(a, b) a##b
#define HARNESS_JOIN(a, b) HARNESS_JOIN_(a, b)

/* TEST defines and registers a test. The name is a sentence about behaviour. */
#define TEST(name)                                                                   \
  static void HARNESS_JOIN(test_, __LINE__)(void);                                   \
  __attribute__((constructor)) static void HARNESS_JOIN(register_, __LINE__)(void) { \
    static struct harness_test test = {name, HARNESS_JOIN(test_, __LINE__), NULL};   \
    harness_register(&test);                                                         \
  }                                                                                  \
  static void HARNESS_JOIN(test_, __LINE__)(void)

/* NOTE remembers a text, printed if the test fails: the seed, the row of a table. */
#define NOTE(...) harness_note(__VA_ARGS__)
/* SKIP ends the test as skipped, with a printed reason. */
#define SKIP(...) harness_skip(__VA_ARGS__)
#define FAIL(...) harness_fail(__FILE__, __LINE__, __VA_ARGS__)

#define EXPECT(condition) \
  ((condition) ? (void)0 : harness_fail(__FILE__, __LINE__, "%s is false", #condition))
#define EXPECT_INT(actual, expected) \
  harness_int(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))
#define EXPECT_UINT(actual, expected) \
  harness_uint(__FILE__, __LINE__, #actual, (uint64_t)(actual), (uint64_t)(expected))
#define EXPECT_STR(actual, expected) harness_str(__FILE__, __LINE__, #actual, actual, expected)
/* EXPECT_MEM compares lengths, then bytes, and shows the first difference. */
#define EXPECT_MEM(actual, actual_len, expected, expected_len) \
  harness_mem(__FILE__, __LINE__, #actual, actual, actual_len, expected, expected_len)

struct harness_test {
  const char *name;
  void (*run)(void);
  struct harness_test *next;
};

void harness_register(struct harness_test *test);
__attribute__((format(printf, 1, 2))) void harness_note(const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2))) void harness_skip(const char *format, ...);
__attribute__((noreturn, format(printf, 3, 4))) void harness_fail(const char *file, int line,
                                                                  const char *format, ...);
void harness_int(const char *file, int line, const char *what, int64_t actual, int64_t expected);
void harness_uint(const char *file, int line, const char *what, uint64_t actual, uint64_t expected);
void harness_str(const char *file, int line, const char *what, const char *actual,
                 const char *expected);
void harness_mem(const char *file, int line, const char *what, const void *actual,
                 size_t actual_len, const void *expected, size_t expected_len);

/* harness_seed is the run's random seed: PQQ_TEST_SEED if set, else new; printed when a test fails.
 */
uint64_t harness_seed(void);

#endif
