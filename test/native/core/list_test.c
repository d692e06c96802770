/* SPDX-License-Identifier: MIT */
#include "core/list.h"

#include "harness.h"

typedef struct item {
  int number;
  pqq__node node;
} item;

TEST("nodes come out in the order they went in, from any place") {
  item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
  static const int expected[] = {0, 2, 3, 1};
  pqq__node list;

  pqq__list_init(&list);
  EXPECT(pqq__list_is_empty(&list));
  EXPECT(pqq__list_first(&list) == NULL);
  for (int i = 0; i < 4; i++) {
    EXPECT(!pqq__node_is_linked(&items[i].node));
    pqq__list_append(&list, &items[i].node);
    EXPECT(pqq__node_is_linked(&items[i].node));
  }
  /* One from the middle goes to the end. */
  pqq__list_remove(&items[1].node);
  EXPECT(!pqq__node_is_linked(&items[1].node));
  pqq__list_append(&list, &items[1].node);
  for (int i = 0; i < 4; i++) {
    pqq__node *first = pqq__list_first(&list);

    EXPECT(first != NULL);
    EXPECT_INT(PQQ__OWNER(first, item, node)->number, expected[i]);
    pqq__list_remove(first);
  }
  EXPECT(pqq__list_is_empty(&list));
}
