#!/usr/bin/env python3
"""The preprocessor: conditions are include guards, questions about the compiler
in a header, in tls/compat.h, which alone knows Mbed TLS's versions, in
base/poison.h, which alone knows the sanitizer, or in net/descriptor.c, which
alone knows what systems there are. No macro hides control flow, but for those
that a list is expanded with, which end with #undef. Every header has a guard."""
import re

import source

COMPAT = "src/tls/compat.h"
SANITIZER = "src/base/poison.h"
SYSTEMS = "src/net/descriptor.c"
NOT_OURS = {"src/tls/mbedtls_user_config.h"}  # a part of Mbed TLS's config
VERSION = re.compile(r"\bMBEDTLS_VERSION_(NUMBER|MAJOR|MINOR|PATCH)\b")
OF_COMPILER = re.compile(r"\s*(!?defined\s*\(?\s*)?(__GNUC__|__cplusplus)\)?\s*")
CONTROL_FLOW = re.compile(r"\b(return|goto|break|continue)\b")


def guard_of(file):
    name = file.split("/", 1)[1]
    name = name if name.startswith("wss/") else "wss/" + name
    return re.sub(r"\W", "_", name).upper()


def condition_allowed(file, guard, name, rest):
    if name in ("else", "endif") or file in (COMPAT, SANITIZER, SYSTEMS):
        return True
    if not file.endswith(".h"):
        return False
    if name == "ifndef" and rest.strip() in (guard, "WSS_API"):
        return True
    return OF_COMPILER.fullmatch(rest) is not None


def hides_control_flow(rest, undefined):
    macro = re.match(r"\s*(\w+)", rest)
    if macro is None or macro.group(1) in undefined:
        return False
    return CONTROL_FLOW.search(rest) is not None


def check(root):
    for file in source.c_files(root, "include", "src"):
        if file in NOT_OURS:
            continue
        text = source.read(root, file)
        guard = guard_of(file)
        lines = list(source.directives(text))
        undefined = {rest.strip() for _, name, rest in lines if name == "undef"}
        for line, name, rest in lines:
            if name in ("if", "ifdef", "ifndef", "elif"):
                if not condition_allowed(file, guard, name, rest):
                    yield file, line, f"#{name}{rest}: not here"
            if name == "define" and hides_control_flow(rest, undefined):
                yield file, line, "a macro that hides control flow"
        if file.endswith(".h") and not guarded(lines, guard):
            yield file, 1, f"has no include guard {guard}"
        if file != COMPAT:
            clean = source.code(text)
            for match in VERSION.finditer(clean):
                line = source.line_at(clean, match.start())
                yield file, line, "only tls/compat.h looks at the version"


def guarded(lines, guard):
    first = [(name, rest.strip()) for _, name, rest in lines[:2]]
    return first == [("ifndef", guard), ("define", guard)]


if __name__ == "__main__":
    source.main(check)
