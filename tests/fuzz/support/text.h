/* Pieces of text for the references: slow, plain, and not the library's. */
#ifndef WSS_FUZZ_TEXT_H
#define WSS_FUZZ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct text {
  const char *at;
  size_t size;
} text;

text text_of(const char *string);
bool text_equal(text a, const char *string);
/* Without regard to ASCII case. */
bool text_same(text a, text b);
bool text_same_as(text a, const char *string);
bool text_begins(text a, const char *string);
/* Without blanks and tabs at the ends. */
text text_trim(text a);

/* Where needle first stands in a; a.size if nowhere. */
size_t text_find(text a, const char *needle);
/* What stands before needle, which is taken off a along with it; all of a if
   the needle is not there. */
text text_cut(text *a, const char *needle);

/* RFC 9110 5.6.2; 5.5. */
bool text_is_token(text a);
bool text_is_field_value(text a);
bool text_is_digits(text a);

/* A field line (RFC 9112 5). */
typedef struct field {
  text name;
  text value;
} field;

#define MAX_FIELDS 80

typedef struct fields {
  field list[MAX_FIELDS];
  size_t count;
} fields;

/* Reads lines that end in CRLF each; false if one is no field line. */
bool fields_read(fields *all, text lines);
size_t fields_count(const fields *all, const char *name);
/* The first of that name, NULL if there is none. */
const field *fields_find(const fields *all, const char *name);
/* Whether one of the comma-separated values of all lines of that name is the
   wanted one, without regard to case. */
bool fields_list_has(const fields *all, const char *name, const char *wanted);

#endif
