/* B9: Hosts and Origins, and which may connect without the option `origins`. */
#ifndef WSS_TEST_ORIGIN_ROWS_H
#define WSS_TEST_ORIGIN_ROWS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct origin_row {
  const char *host;
  const char *origin; /* NULL: none is sent */
  bool allowed;
} origin_row;

static const origin_row origin_rows[] = {
    {"a.org", NULL, true},
    /* Scheme, port and case do not count. */
    {"a.org", "https://a.org", true},
    {"a.org", "http://a.org", true},
    {"a.org", "wss://a.org", true},
    {"a.org", "x-1+2.3://a.org", true},
    {"a.org", "HTTPS://A.ORG", true},
    {"A.org", "https://a.ORG", true},
    {"a.org:8282", "https://a.org", true},
    {"a.org", "https://a.org:8443", true},
    {"a.org:1", "https://a.org:2", true},
    {"a.org:", "https://a.org:", true},
    {"localhost:8282", "http://localhost:3000", true},
    {"127.0.0.1:8282", "http://127.0.0.1", true},
    {"[::1]:8282", "https://[::1]", true},
    {"[2001:db8::A]", "https://[2001:DB8::a]:1", true},
    /* Other hosts. */
    {"a.org", "https://b.org", false},
    {"a.org", "https://www.a.org", false},
    {"www.a.org", "https://a.org", false},
    {"a.org", "https://a.org.evil.com", false},
    {"a.org", "https://evila.org", false},
    {"a.org", "https://a.orgx", false},
    {"a.org", "https://a.or", false},
    {"a.org", "https://a.org.", false},
    {"127.0.0.1", "http://localhost", false},
    {"[::1]", "https://[::2]", false},
    {"[::1]", "https://[0:0:0:0:0:0:0:1]", false},
    {"[::1]", "https://::1", false},
    {"1.2.3.4", "https://[::ffff:1.2.3.4]", false},
    /* Names of other scripts, as browsers send them and as bytes. */
    {"xn--bcher-kva.example", "https://xn--bcher-kva.example", true},
    {"xn--bcher-kva.example", "https://xn--bcher-kva.example.org", false},
    {"xn--bcher-kva.example",
     "https://b\xc3\xbc"
     "cher.example",
     false},
    {"a.org", "https://\xd0\xb0.org", false},     /* Cyrillic */
    {"a.org", "https://a\xe3\x80\x82org", false}, /* an ideographic stop */
    {"b%c3%bccher.example", "https://b%C3%BCcher.example", true},
    /* A dot behind the name, and other ways to write an address. */
    {"a.org.", "https://a.org.", true},
    {"a.org.", "https://a.org", false},
    {"a.org", "https://a.org.:443", false},
    {"a.org", "https://a..org", false},
    {"a.org", "https://.a.org", false},
    {"127.0.0.1", "http://2130706433", false},
    {"127.0.0.1", "http://0177.0.0.1", false},
    {"127.0.0.1", "http://127.1", false},
    {"[::ffff:127.0.0.1]", "http://127.0.0.1", false},
    {"[::1]", "http://[::1%25lo]", false},
    /* Not one origin. */
    {"a.org", "null", false},
    {"null", "null", false},
    {"a.org", "", false},
    {"a.org", "*", false},
    {"a.org", "a.org", false},
    {"a.org", "//a.org", false},
    {"a.org", "://a.org", false},
    {"a.org", "https:a.org", false},
    {"a.org", "https:/a.org", false},
    {"a.org", "https://", false},
    {"a.org", "file://", false},
    {"a.org", "https:///a.org", false},
    {"a.org", "https://a.org/", false},
    {"a.org", "https://a.org?x", false},
    {"a.org", "https://a.org#x", false},
    {"a.org", "https://a.org\\x", false},
    {"a.org", "https://evil.com/a.org", false},
    {"a.org", "https://evil.com#@a.org", false},
    {"a.org", "https://user@a.org", false},
    {"a.org", "https://a.org@evil.com", false},
    {"a.org", "https://a.org:443:443", false},
    {"a.org", "https://a.org:x", false},
    {"a.org", "https://a.org:65536", false},
    {"a.org", "https://a.org:-1", false},
    {"a.org", "https://a%2eorg", false},
    {"a.org", "https://a.org%00.evil.com", false},
    {"a.org", "https://a.org%0", false},
    {"[::1]", "https://[::1", false},
    {"[::1]", "https://[::1]x", false},
    {"a.org", "https://a.org https://a.org", false},
    {"a.org", "https://a.org, https://a.org", false},
    {"a.org", "https://a.org,https://evil.com", false},
    /* What stands in front of the last "://" is no scheme. */
    {"a.org", "null https://a.org", false},
    {"a.org", "null, https://a.org", false},
    {"a.org", "evil.com/://a.org", false},
    {"a.org", "1https://a.org", false},
    {"a.org", "ht_tps://a.org", false},
    {"a.org", "\xc3\xa9://a.org", false},
    {"a.org", "https://\xc3\xa9.org", false},
    {"a.org", "https://a.org\xff", false},
    {"a.org", "https://a.org\r\nOrigin: https://a.org", false},
    {"a.org", "https://a.org\r\nOrigin: https://evil.com", false},
};

#endif
