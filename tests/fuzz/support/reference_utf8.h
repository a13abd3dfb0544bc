/* UTF-8 once more, by code points and without any haste: what the library's
   check is compared with. */
#ifndef WSS_FUZZ_REFERENCE_UTF8_H
#define WSS_FUZZ_REFERENCE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes in front can stand in a valid text: the offset of the first
   bad byte, or size. *complete: the text may end where these bytes end. */
size_t reference_utf8(const uint8_t *text, size_t size, bool *complete);

#endif
