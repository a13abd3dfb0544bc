/* Each allocation of each scene fails once, and once with all that follow; then
   the ledger is looked through for places in src/ whose allocations have never
   failed. */
#include "ledger.h"
#include "scene.h"

#include <stdlib.h>

#define MOST 100

static void every_site_has_failed(void **state) {
  (void)state;
  print_message("%zu sites\n", ledger_count());
  assert_true(ledger_count() > 30);
  assert_int_equal(ledger_missing(), 0);
}

int main(void) {
  const fault_scene *const parts[] = {scenes_http, scenes_open, scenes_server,
                                      scenes_tls, scenes_verify};
  struct CMUnitTest tests[MOST] = {{0}};
  size_t count = 0;
  size_t i;
  for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    const fault_scene *scene;
    for (scene = parts[i]; scene->name != NULL && count < MOST - 1; scene++) {
      tests[count].name = scene->name;
      tests[count].test_func = scene_test;
      tests[count].teardown_func = scene_over;
      tests[count++].initial_state = (void *)(uintptr_t)scene;
    }
  }
  tests[count].name = "every_site_has_failed";
  tests[count++].test_func = every_site_has_failed;
  return _cmocka_run_group_tests("fault", tests, count, NULL, NULL);
}
