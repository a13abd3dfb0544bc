#!/usr/bin/env python3
"""Names: a function of the library is wss_ if the public header declares it,
wss__ if other files call it, and bare if it is static in a .c file. Those of
tls/accel/ that take the place of a function of Mbed TLS have its name; programs
have a main."""
import re

import source

PUBLIC_HEADER = "include/wss/wss.h"
HOOKS = "src/tls/accel/"


def declared(root):
    text = source.code(source.read(root, PUBLIC_HEADER))
    return set(re.findall(r"WSS_API[^;{]*?\b(wss_[a-z]\w*)\s*\(", text))


def why_refused(name, static, header, public):
    """None for a name that is all right."""
    if static and not header:
        if name.startswith("wss_"):
            return f"{name} is static, its name needs no prefix"
    elif not name.startswith("wss__") and name not in public:
        return f"{name} is neither wss__ nor declared in wss.h"
    return None


def check(root):
    public = declared(root)
    for file in source.c_files(root, "src"):
        for function in source.functions(source.read(root, file)):
            if file.startswith(HOOKS) and function.name.startswith("mbedtls_"):
                continue
            if file.startswith("src/programs/") and function.name == "main":
                continue
            refused = why_refused(
                function.name, function.static, file.endswith(".h"), public
            )
            if refused:
                yield file, function.first, refused


if __name__ == "__main__":
    source.main(check)
