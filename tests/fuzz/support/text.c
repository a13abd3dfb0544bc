#include "support/text.h"

#include <string.h>

text text_of(const char *string) {
  text result = {string, strlen(string)};
  return result;
}

static bool text_is(text a, text b) {
  return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool text_equal(text a, const char *string) {
  return text_is(a, text_of(string));
}

static int upper(char byte) {
  return byte >= 'a' && byte <= 'z' ? byte - 32 : byte;
}

bool text_same(text a, text b) {
  size_t i;
  for (i = 0; i < a.size && i < b.size; i++) {
    if (upper(a.at[i]) != upper(b.at[i]))
      return false;
  }
  return a.size == b.size;
}

bool text_same_as(text a, const char *string) {
  return text_same(a, text_of(string));
}

bool text_begins(text a, const char *string) {
  text start = {a.at, strlen(string)};
  return a.size >= start.size && text_is(start, text_of(string));
}

text text_trim(text a) {
  while (a.size > 0 && (a.at[0] == ' ' || a.at[0] == '\t')) {
    a.at++;
    a.size--;
  }
  while (a.size > 0 && (a.at[a.size - 1] == ' ' || a.at[a.size - 1] == '\t'))
    a.size--;
  return a;
}

size_t text_find(text a, const char *needle) {
  const char *found =
      a.size > 0 ? memmem(a.at, a.size, needle, strlen(needle)) : NULL;
  return found != NULL ? (size_t)(found - a.at) : a.size;
}

text text_cut(text *a, const char *needle) {
  text before = {a->at, text_find(*a, needle)};
  size_t step = before.size;
  if (step < a->size)
    step += strlen(needle);
  a->at += step;
  a->size -= step;
  return before;
}

bool text_is_token(text a) {
  static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t i;
  for (i = 0; i < a.size; i++) {
    if (memchr(allowed, a.at[i], sizeof allowed - 1) == NULL)
      return false;
  }
  return a.size > 0;
}

bool text_is_field_value(text a) {
  size_t i;
  for (i = 0; i < a.size; i++) {
    uint8_t byte = (uint8_t)a.at[i];
    if ((byte < 32 && byte != 9) || byte == 127)
      return false;
  }
  return true;
}

bool text_is_digits(text a) {
  size_t i;
  for (i = 0; i < a.size; i++) {
    if (a.at[i] < '0' || a.at[i] > '9')
      return false;
  }
  return true;
}

bool fields_read(fields *all, text lines) {
  all->count = 0;
  while (lines.size > 0) {
    text line = text_cut(&lines, "\r\n");
    field *fresh = &all->list[all->count];
    if (all->count++ == MAX_FIELDS || text_find(line, ":") == line.size)
      return false;
    fresh->name = text_cut(&line, ":");
    fresh->value = text_trim(line);
    if (!text_is_token(fresh->name) || !text_is_field_value(line))
      return false;
  }
  return true;
}

size_t fields_count(const fields *all, const char *name) {
  size_t count = 0;
  size_t i;
  for (i = 0; i < all->count; i++)
    count += text_same_as(all->list[i].name, name);
  return count;
}

const field *fields_find(const fields *all, const char *name) {
  size_t i;
  for (i = 0; i < all->count; i++) {
    if (text_same_as(all->list[i].name, name))
      return &all->list[i];
  }
  return NULL;
}

bool fields_list_has(const fields *all, const char *name, const char *wanted) {
  size_t i;
  for (i = 0; i < all->count; i++) {
    text rest = all->list[i].value;
    while (text_same_as(all->list[i].name, name) && rest.size > 0) {
      if (text_same_as(text_trim(text_cut(&rest, ",")), wanted))
        return true;
    }
  }
  return false;
}
