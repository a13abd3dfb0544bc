/* Memory that nobody may touch: AddressSanitizer, where it is on, sees to it.
 */
#ifndef WSS_BASE_POISON_H
#define WSS_BASE_POISON_H

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define WSS__POISON(memory, size) __asan_poison_memory_region(memory, size)
#define WSS__UNPOISON(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define WSS__POISON(memory, size) ((void)(memory), (void)(size))
#define WSS__UNPOISON(memory, size) ((void)(memory), (void)(size))
#endif

#endif
