#!/usr/bin/env python3
"""Proves with CBMC that what proof_*.c asserts holds, and that nothing in the
code that they call overflows, reads or writes out of bounds, leaks or is
undefined. Each function without arguments in such a file is a proof.

    prove.py [NAME...]    of some, as "frame" or "frame.reads"

CBMC is the environment's (a command), or "cbmc" from the path."""
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.join(HERE, "../../src")
INCLUDE = os.path.join(HERE, "../../include")

# The file that is proven, how often its loops go round at most, loops for which
# that is another number, and further options.
PROOFS = {
    "base64": ("base/base64.c", 67, "", ""),
    "buf": ("base/alloc.c", 66, "", "--memory-leak-check"),
    "frame": ("ws/frame.c", 17, "", ""),
    "mask": ("ws/mask.c", 41, "wss__mask.0:3,wss__mask.1:6,wss__mask.2:9", ""),
    "utf8": ("ws/utf8.c", 18, "", ""),
}

CHECKS = (
    "--bounds-check --pointer-check --pointer-overflow-check"
    " --signed-overflow-check --unsigned-overflow-check --undefined-shift-check"
    " --div-by-zero-check --pointer-primitive-check --unwinding-assertions"
    " --slice-formula --object-bits 10"
).split()


def functions(file):
    with open(file, encoding="utf-8") as stream:
        return re.findall(r"^void (\w+)\(void\) {", stream.read(), re.M)


def prove(name, function):
    source, unwind, loops, options = PROOFS[name]
    command = os.environ.get("CBMC", "cbmc").split() + CHECKS
    command += ["--unwind", str(unwind), "--function", function]
    command += options.split() + (["--unwindset", loops] if loops else [])
    command += ["-I", SRC, "-I", INCLUDE, "-I", HERE, "-D_GNU_SOURCE"]
    command += [os.path.join(HERE, f"proof_{name}.c"), os.path.join(SRC, source)]
    start = time.monotonic()
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    proven = result.returncode == 0 and "VERIFICATION SUCCESSFUL" in result.stdout
    count = re.search(r"\*\* 0 of (\d+) failed", result.stdout)
    seconds = time.monotonic() - start
    if proven:
        print(f"{name}.{function}: {count.group(1)} properties, {seconds:.0f} s")
    else:
        failed = re.findall(r"^.*: FAILURE$", result.stdout, re.M)
        print(f"{name}.{function} is not proven:")
        print("\n".join(failed) or result.stdout[-3000:])
    sys.stdout.flush()
    return proven


def main(wanted):
    failed = 0
    for name in sorted(PROOFS):
        for function in functions(os.path.join(HERE, f"proof_{name}.c")):
            if wanted and not {name, f"{name}.{function}"} & set(wanted):
                continue
            failed += not prove(name, function)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
