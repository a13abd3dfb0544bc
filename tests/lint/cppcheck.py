#!/usr/bin/env python3
"""cppcheck: no finding in the library and the examples."""
import os
import subprocess

import source

COMMAND = [
    "cppcheck",
    "--quiet",
    "--std=c11",
    "--language=c",
    "--enable=warning,performance,portability",
    "--inline-suppr",
    "--suppress=missingIncludeSystem",
    "--suppress=ctuuninitvar",  # cannot tell a buffer that is to be filled
    "--template={file}\t{line}\t{id}: {message}",
    "-Iinclude",
    "-Isrc",
]


def check(root):
    folders = [name for name in ("src", "examples") if os.path.isdir(f"{root}/{name}")]
    result = subprocess.run(
        COMMAND + folders, cwd=root, capture_output=True, text=True
    )
    for text in result.stderr.splitlines():
        parts = text.split("\t")
        yield tuple(parts) if len(parts) == 3 else ("cppcheck", 0, text)


if __name__ == "__main__":
    source.main(check)
