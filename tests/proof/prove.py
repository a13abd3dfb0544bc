#!/usr/bin/env python3
"""Proves with CBMC that what proof_*.c asserts holds, and that nothing in the
code that they call overflows, reads or writes out of bounds, leaks or is
undefined. Each function without arguments in such a file is a proof.

    prove.py [NAME...]    of some, as "frame" or "frame.reads"

CBMC is the environment's (a command), or "cbmc" from the path."""
import os
import re
import resource
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
    "utf8": ("base/alloc.c", 18, "", ""),
}

# Proofs of one size at a time, SIZE: from 0 to that. CBMC is much quicker with a
# size that it knows.
SIZES = {"base64.writes": 12, "base64.reads": 16, "buf.consumes": 16,
         "utf8.stays_inside": 16, "utf8.feeds": 6, "utf8.agrees": 6}

# Loops of some proofs, in place of those of their file.
LOOPS = {
    "utf8.stays_inside": "ascii_prefix.0:3,ascii_prefix.1:6,ascii_prefix.2:9,"
                         "valid_prefix.0:8,valid_prefix.1:10",
    "utf8.feeds": "ascii_prefix.0:1,ascii_prefix.1:1,ascii_prefix.2:7,"
                  "valid_prefix.0:3,valid_prefix.1:5,wss__utf8_feed.0:7",
    "utf8.agrees": "ascii_prefix.0:1,ascii_prefix.1:1,ascii_prefix.2:7,"
                   "valid_prefix.0:3,valid_prefix.1:5,wss__utf8_feed.0:7,agrees.0:7",
}

# Bytes of memory that a proof may take; one that needs more fails.
MEMORY = 6 << 30

CHECKS = (
    "--bounds-check --pointer-check --pointer-overflow-check"
    " --signed-overflow-check --unsigned-overflow-check --undefined-shift-check"
    " --div-by-zero-check --pointer-primitive-check --unwinding-assertions"
    " --slice-formula --object-bits 12"
).split()


def functions(file):
    with open(file, encoding="utf-8") as stream:
        return re.findall(r"^void (\w+)\(void\) {", stream.read(), re.M)


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def prove(name, function, size):
    source, unwind, loops, options = PROOFS[name]
    loops = LOOPS.get(f"{name}.{function}", loops)
    command = os.environ.get("CBMC", "cbmc").split() + CHECKS
    command += ["--unwind", str(unwind), "--function", function]
    command += options.split() + (["--unwindset", loops] if loops else [])
    command += [f"-DSIZE={size}", "-I", SRC, "-I", INCLUDE, "-I", HERE, "-D_GNU_SOURCE"]
    command += [os.path.join(HERE, f"proof_{name}.c"), os.path.join(SRC, source)]
    start = time.monotonic()
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=limit_memory)
    proven = result.returncode == 0 and "VERIFICATION SUCCESSFUL" in result.stdout
    count = re.search(r"\*\* 0 of (\d+) failed", result.stdout)
    seconds = time.monotonic() - start
    if proven:
        print(f"{name}.{function}({size}): {count.group(1)} properties, {seconds:.0f} s")
    else:
        failed = re.findall(r"^.*: FAILURE$", result.stdout, re.M)
        print(f"{name}.{function}({size}) is not proven:")
        print("\n".join(failed) or result.stdout[-3000:])
    sys.stdout.flush()
    return proven


def main(wanted):
    failed = 0
    for name in sorted(PROOFS):
        for function in functions(os.path.join(HERE, f"proof_{name}.c")):
            if wanted and not {name, f"{name}.{function}"} & set(wanted):
                continue
            most = SIZES.get(f"{name}.{function}", 0)
            failed += sum(not prove(name, function, size) for size in range(most + 1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
