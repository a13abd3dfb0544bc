#!/usr/bin/env python3
"""Calls that are not made: those without a bound, and, in the library, those
that take memory past base/alloc, print, or end the program."""
import re

import source

UNBOUNDED = "alloca atoi atol atoll gets sprintf strcat strcpy strtok vsprintf"
MEMORY = "aligned_alloc calloc free malloc realloc strdup strndup"
MANNERS = (
    "abort assert exit _exit fprintf fputs fputc printf perror putchar puts"
    " vfprintf vprintf"
)

ALLOCATES = {"src/base/alloc.c", "src/tls/heap.c"}


def calls(names):
    # Not a member that has the name: allocator->malloc(...).
    names = "|".join(names.split())
    return re.compile(rf"(?<![\w.>])({names})\s*\(")


EVERYWHERE = calls(UNBOUNDED)
LIBRARY = calls(MEMORY + " " + MANNERS)
PROGRAM = calls(MEMORY)
ALLOCATOR = calls(MANNERS)


def check(root):
    for file in source.c_files(root, "include", "src", "examples", "tests"):
        patterns = [EVERYWHERE]
        if file in ALLOCATES:
            patterns.append(ALLOCATOR)
        elif file.startswith("src/programs/"):
            patterns.append(PROGRAM)
        elif file.startswith("src/"):
            patterns.append(LIBRARY)
        text = source.code(source.read(root, file))
        for pattern in patterns:
            for match in pattern.finditer(text):
                line = source.line_at(text, match.start())
                yield file, line, f"{match.group(1)} is banned"


if __name__ == "__main__":
    source.main(check)
