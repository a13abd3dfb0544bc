#!/usr/bin/env python3
"""Format: clang-format has nothing to change in any C file."""
import re
import subprocess

import source


def check(root):
    files = source.c_files(root, "include", "src", "examples", "tests")
    command = ["clang-format", "--dry-run", "-Werror", *files]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    finding = re.compile(r"^([^\s:]+):(\d+):\d+: error: (.*)", re.M)
    yield from finding.findall(result.stderr)
    if result.returncode != 0 and not finding.search(result.stderr):
        yield "clang-format", result.returncode, result.stderr


if __name__ == "__main__":
    source.main(check)
