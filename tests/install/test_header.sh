#!/bin/bash
# wss.h is clean in C11 and C++11, alone and beside uv.h.
. "$(dirname "$0")/common.sh"

strict='-Wall -Wextra -pedantic -Werror -fsyntax-only'
for includes in '#include <wss/wss.h>' \
  '#include <uv.h>
#include <wss/wss.h>' \
  '#include <wss/wss.h>
#include <uv.h>
#include <wss/wss.h>'; do
  for compiler in 'gcc -std=c11 -xc' 'clang -std=c11 -xc' \
    'g++ -std=c++11 -xc++' 'clang++ -std=c++11 -xc++' \
    'g++ -std=c++20 -xc++' 'gcc -std=gnu17 -xc'; do
    echo "$compiler"
    case $includes in
      *uv.h*) define=-D_GNU_SOURCE ;;
      *) define=-DWSS_ALONE ;;
    esac
    # shellcheck disable=SC2086
    printf '%s\nint main(void) { return wss_version() == 0; }\n' "$includes" |
      $compiler $strict $define -I"$WSS_SRC/include" -
  done
done
