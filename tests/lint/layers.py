#!/usr/bin/env python3
"""Layering: each folder of src/ includes only the layers below it, and only
net/ knows libuv, only tls/ knows Mbed TLS (docs/design.md, "Layers")."""
import re

import source

# The layers that a layer may include, itself among them.
MAY_INCLUDE = {
    "base": {"base"},
    "net": {"base", "net"},
    "tls": {"base", "tls"},
    "http": {"base", "http"},
    "ws": {"base", "http", "ws"},
    "server": {"base", "net", "tls", "http", "ws", "server"},
    "programs": {"base", "tls", "programs"},  # over the library
}

FREESTANDING = "limits stdarg stdbool stddef stdint".split()
ENGINE = FREESTANDING + "ctype errno inttypes stdio stdlib string".split()
ENGINE = {f"{name}.h" for name in ENGINE}

UV_ALLOWED = {"src/server/post.c"}  # and all of net/


def system_header_allowed(file, layer, header):
    if header == "wss/wss.h":
        return True
    if header == "uv.h" or header.startswith("uv/"):
        return layer == "net" or file in UV_ALLOWED
    if header.startswith(("mbedtls/", "psa/")):
        return layer in ("tls", "programs")
    if layer in ("http", "ws"):  # no clock, no socket, no thread
        return header in ENGINE
    return True


def why_refused(file, layer, quoted, header):
    """None for an include that is all right."""
    if not quoted:
        if system_header_allowed(file, layer, header):
            return None
        return f"{layer}/ may not include <{header}>"
    if header == "wss/wss.h":
        return None
    target = header.split("/")[0]
    if "/" not in header or target not in MAY_INCLUDE:
        return f'"{header}" does not name its layer'
    if target not in MAY_INCLUDE[layer]:
        return f'{layer}/ may not include "{header}"'
    return None


def check(root):
    for file in source.c_files(root, "src"):
        layer = file.split("/")[1]
        if layer not in MAY_INCLUDE:
            yield file, 1, "is in no layer"
            continue
        for line, name, rest in source.directives(source.read(root, file)):
            match = re.match(r'\s*([<"])([^>"]+)[>"]', rest)
            if name != "include":
                continue
            if match is None:
                yield file, line, "an include that cannot be read"
                continue
            quoted, header = match.group(1) == '"', match.group(2)
            refused = why_refused(file, layer, quoted, header)
            if refused:
                yield file, line, refused


if __name__ == "__main__":
    source.main(check)
