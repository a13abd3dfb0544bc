/* What holds of every record layer: data both ways, and every way to break a
   record. */
#ifndef WSS_TEST_LAYER_CASES_H
#define WSS_TEST_LAYER_CASES_H

#include "support/tls_pair.h"

/* Which one is tested. */
extern wss_record_layer layer_of_cases;

void layer_connect(tls_pair *pair, mbedtls_ssl_protocol_version version);
void layer_write(tls_pair *pair, const void *data, size_t size);
/* Counts the records on their way to the client, none of them too large. */
size_t layer_records(const tls_pair *pair);
/* What is on its way makes the channel fail, and tell the client. */
void layer_expect_failure(tls_pair *pair, int alert, const char *why);

void layer_data_of_every_size_comes_in(void **state);
void layer_data_of_every_size_goes_out_in_records(void **state);
void layer_many_records_in_one_read_or_in_bytes(void **state);
void layer_a_changed_byte_is_a_bad_record_mac(void **state);
void layer_a_header_that_is_none_gets_an_alert(void **state);
void layer_a_flood_of_renegotiations_ends(void **state);
void layer_a_warning_does_not_stand_for_the_alert(void **state);
void layer_warnings_do_not_hold_back_what_follows(void **state);
void layer_a_flood_of_warnings_ends(void **state);
void layer_a_fatal_alert_is_named_and_not_answered(void **state);
void layer_the_peers_close_notify_ends_reading_only(void **state);
void layer_our_close_notify_ends_writing_only(void **state);
void layer_more_than_the_output_may_hold_fails(void **state);

#define LAYER_CASES                                                            \
  cmocka_unit_test(layer_data_of_every_size_comes_in),                         \
      cmocka_unit_test(layer_data_of_every_size_goes_out_in_records),          \
      cmocka_unit_test(layer_many_records_in_one_read_or_in_bytes),            \
      cmocka_unit_test(layer_a_changed_byte_is_a_bad_record_mac),              \
      cmocka_unit_test(layer_a_header_that_is_none_gets_an_alert),             \
      cmocka_unit_test(layer_a_flood_of_renegotiations_ends),                  \
      cmocka_unit_test(layer_a_warning_does_not_stand_for_the_alert),          \
      cmocka_unit_test(layer_warnings_do_not_hold_back_what_follows),          \
      cmocka_unit_test(layer_a_flood_of_warnings_ends),                        \
      cmocka_unit_test(layer_a_fatal_alert_is_named_and_not_answered),         \
      cmocka_unit_test(layer_the_peers_close_notify_ends_reading_only),        \
      cmocka_unit_test(layer_our_close_notify_ends_writing_only),              \
      cmocka_unit_test(layer_more_than_the_output_may_hold_fails)

#endif
