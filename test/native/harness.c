/* SPDX-License-Identifier: MIT */
/* Runs the registered tests in their order in the file and prints TAP; see harness.h.
 * The last line, "# N passed, N failed, N skipped", is what test/tools/run-tests.mjs adds up. */
#include "harness.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum outcome { PASSED = 1, FAILED, SKIPPED };

static struct harness_test *first, **last = &first;
static jmp_buf leave_test;
static char reason[512];
static char note[256];
static uint64_t seed;

void harness_register(struct harness_test *test) {
  *last = test;
  last = &test->next;
}

uint64_t harness_seed(void) {
  if (seed == 0) {
    const char *text = getenv("PQQ_TEST_SEED");
    seed = text ? strtoull(text, NULL, 0) : ((uint64_t)time(NULL) << 20) ^ (uint64_t)getpid();
    seed += seed == 0;
  }
  return seed;
}

void harness_note(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(note, sizeof note, format, args);
  va_end(args);
}

void harness_skip(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  longjmp(leave_test, SKIPPED);
}

void harness_fail(const char *file, int line, const char *format, ...) {
  int used = snprintf(reason, sizeof reason, "%s:%d: ", file, line);
  if (used < 0 || (size_t)used >= sizeof reason) {
    used = 0;
  }
  va_list args;
  va_start(args, format);
  vsnprintf(reason + used, sizeof reason - (size_t)used, format, args);
  va_end(args);
  longjmp(leave_test, FAILED);
}

void harness_int(const char *file, int line, const char *what, int64_t actual, int64_t expected) {
  if (actual != expected) {
    harness_fail(file, line, "%s is %" PRId64 ", expected %" PRId64, what, actual, expected);
  }
}

void harness_uint(const char *file, int line, const char *what, uint64_t actual,
                  uint64_t expected) {
  if (actual != expected) {
    harness_fail(file, line, "%s is %" PRIu64 ", expected %" PRIu64, what, actual, expected);
  }
}

void harness_str(const char *file, int line, const char *what, const char *actual,
                 const char *expected) {
  if (actual == NULL || expected == NULL ? actual != expected : strcmp(actual, expected) != 0) {
    harness_fail(file, line, "%s is \"%s\", expected \"%s\"", what, actual ? actual : "(null)",
                 expected ? expected : "(null)");
  }
}

void harness_mem(const char *file, int line, const char *what, const void *actual,
                 size_t actual_len, const void *expected, size_t expected_len) {
  const uint8_t *a = actual, *e = expected;
  if (actual_len != expected_len) {
    harness_fail(file, line, "%s has %zu bytes, expected %zu", what, actual_len, expected_len);
  }
  for (size_t i = 0; i < actual_len; i++) {
    if (a[i] != e[i]) {
      harness_fail(file, line, "%s[%zu] is 0x%02x, expected 0x%02x", what, i, a[i], e[i]);
    }
  }
}

static enum outcome run_test(const struct harness_test *test) {
  note[0] = reason[0] = '\0';
  switch (setjmp(leave_test)) {
  case 0:
    test->run();
    return PASSED;
  case SKIPPED:
    return SKIPPED;
  default:
    return FAILED;
  }
}

int main(int argc, char **argv) {
  const char *filter = argc > 1 ? argv[1] : "";
  size_t count[SKIPPED + 1] = {0}, number = 0;

  setvbuf(stdout, NULL, _IOLBF, 0); /* what is printed survives a crash */
  for (const struct harness_test *test = first; test != NULL; test = test->next) {
    if (strstr(test->name, filter) == NULL) {
      continue;
    }
    enum outcome outcome = run_test(test);
    count[outcome]++;
    printf("%sok %zu - %s%s%s\n", outcome == FAILED ? "not " : "", ++number, test->name,
           outcome == SKIPPED ? " # SKIP " : "", outcome == SKIPPED ? reason : "");
    if (outcome == FAILED) {
      printf("# %s%s%s\n# seed 0x%" PRIx64 " (PQQ_TEST_SEED)\n", reason, note[0] ? "; " : "", note,
             harness_seed());
    }
  }
  printf("1..%zu\n# %zu passed, %zu failed, %zu skipped\n", number, count[PASSED], count[FAILED],
         count[SKIPPED]);
  /* A file without a test, or a filter that names none, is a mistake and not a success. */
  return number == 0 || count[FAILED] > 0;
}
