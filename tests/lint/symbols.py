#!/usr/bin/env python3
"""Exported symbols: symbols.py LIBRARY [ROOT]. A shared libwss exports what the
public header declares, all of it and nothing else."""
import subprocess
import sys

import names
import source


def exported(library):
    command = ["nm", "-D", "--defined-only", library]
    output = subprocess.run(command, check=True, capture_output=True, text=True)
    return {line.split()[-1].split("@")[0] for line in output.stdout.splitlines()}


def check(library, root):
    have = exported(library)
    want = names.declared(root)
    for name in sorted(have - want):
        yield library, 1, f"exports {name}, which wss.h does not declare"
    for name in sorted(want - have):
        yield library, 1, f"does not export {name}, which wss.h declares"


if __name__ == "__main__":
    library_of_arguments = sys.argv.pop(1)
    source.main(lambda root: check(library_of_arguments, root))
