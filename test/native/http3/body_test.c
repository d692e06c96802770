/* SPDX-License-Identifier: MIT */
#include "http3/body.h"

#include <string.h>

#include "core/random.h"
#include "harness.h"

static void count_release(void *user_data) {
  ++*(int *)user_data;
}

static pqq_body body_of(const void *data, size_t len, int *released) {
  return (pqq_body){
      .data = {data, len}, .release = released ? count_release : NULL, .user_data = released};
}

TEST("chunks are read once and freed when all of them is acknowledged") {
  pqq__body body = {0};
  int released[2] = {0};
  pqq_body first = body_of("hello", 5, &released[0]), second = body_of("world!", 6, &released[1]);
  pqq__vec vec[4];

  EXPECT_INT(pqq__body_add(&body, &first, PQQ_WRITE_BORROW), 0);
  EXPECT_INT(pqq__body_add(&body, &second, PQQ_WRITE_BORROW), 0);
  EXPECT_UINT(body.unsent_bytes, 11);
  EXPECT_UINT(pqq__body_read(&body, vec, 1), 1);
  EXPECT_MEM(vec[0].data, vec[0].len, "hello", 5);
  /* Nothing that was not read can be acknowledged. */
  pqq__body_acked(&body, 4);
  EXPECT_INT(released[0], 0);
  pqq__body_acked(&body, 1);
  EXPECT_INT(released[0], 1);
  EXPECT_UINT(pqq__body_read(&body, vec, 4), 1);
  EXPECT_MEM(vec[0].data, vec[0].len, "world!", 6);
  EXPECT_UINT(pqq__body_read(&body, vec, 4), 0);
  pqq__body_acked(&body, 3);
  EXPECT_INT(released[1], 0);
  pqq__body_deinit(&body);
  EXPECT_INT(released[1], 1);
  EXPECT_INT(released[0], 1);
}

TEST("copied bytes do not need the caller's any more") {
  pqq__body body = {0};
  char text[] = "copied";
  pqq_body data = body_of(text, 6, NULL);
  pqq__vec vec[1];

  EXPECT_INT(pqq__body_add(&body, &data, 0), 0);
  memset(text, 'x', sizeof text);
  EXPECT_UINT(pqq__body_read(&body, vec, 1), 1);
  EXPECT_MEM(vec[0].data, vec[0].len, "copied", 6);
  pqq__body_deinit(&body);
}

TEST("an empty body is released at once and adds nothing") {
  pqq__body body = {0};
  int released = 0;
  pqq_body data = body_of(NULL, 0, &released);

  EXPECT_INT(pqq__body_add(&body, &data, PQQ_WRITE_BORROW), 0);
  EXPECT_INT(released, 1);
  EXPECT(body.first == NULL);
  pqq__body_deinit(&body);
}

TEST("bytes come out as they went in, over random chunk sizes and acknowledgements") {
  enum { TOTAL = 100000 };
  static uint8_t in[TOTAL], out[TOTAL];
  uint64_t random = harness_seed();
  size_t added = 0, read = 0, acked = 0;
  int released = 0, chunks = 0;
  pqq__body body = {0};

  for (size_t i = 0; i < TOTAL; i++) {
    in[i] = (uint8_t)random_next(&random);
  }
  while (acked < TOTAL) {
    size_t step = 1 + random_next(&random) % 700;

    NOTE("%zu added, %zu read, %zu acknowledged", added, read, acked);
    if (added < TOTAL && random_next(&random) % 2) {
      pqq_body data;
      step = step < TOTAL - added ? step : TOTAL - added;
      data = body_of(in + added, step, &released);
      EXPECT_INT(pqq__body_add(&body, &data, PQQ_WRITE_BORROW), 0);
      added += step;
      chunks++;
    } else if (read < added && random_next(&random) % 2) {
      pqq__vec vec[3];
      size_t count = pqq__body_read(&body, vec, 1 + random_next(&random) % 3);
      for (size_t i = 0; i < count; i++) {
        memcpy(out + read, vec[i].data, vec[i].len);
        read += vec[i].len;
      }
    } else {
      step = step < read - acked ? step : read - acked;
      pqq__body_acked(&body, step);
      acked += step;
    }
  }
  EXPECT_MEM(out, read, in, TOTAL);
  EXPECT_INT(released, chunks);
  EXPECT(body.first == NULL && body.last == NULL && body.unread == NULL);
  pqq__body_deinit(&body);
}

TEST("bytes given back are neither released nor kept") {
  int released = 0;
  pqq__body body = {0};
  pqq_body borrowed = body_of((const uint8_t *)"borrowed", 8, &released);

  EXPECT_INT(pqq__body_add(&body, &borrowed, PQQ_WRITE_BORROW), 0);
  EXPECT_INT(pqq__body_add(&body, &borrowed, 0), 0);
  pqq__body_give_back(&body);
  EXPECT_INT(released, 0);
  EXPECT(body.first == NULL && body.last == NULL && body.unread == NULL);
  EXPECT_UINT(body.unsent_bytes, 0);
}
