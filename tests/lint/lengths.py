#!/usr/bin/env python3
"""Lengths: a file has at most 500 lines, a function 80, and of the library's
functions nine in ten have at most 40. The public header is as long as it is."""
import source

FILE = 500
FUNCTION = 80
MOST = 40  # lines that 90 % of the functions keep to

EXEMPT = {"include/wss/wss.h"}


def check(root):
    lengths = []
    for file in source.c_files(root, "include", "src", "examples"):
        text = source.read(root, file)
        lines = len(text.splitlines())
        if lines > FILE and file not in EXEMPT:
            yield file, lines, f"{lines} lines, more than {FILE}"
        for function in source.functions(text):
            if file.startswith("src/"):
                lengths.append((function.lines, file, function))
            if function.lines > FUNCTION:
                yield file, function.first, (
                    f"{function.name} has {function.lines} lines,"
                    f" more than {FUNCTION}"
                )
    lengths.sort(key=lambda entry: entry[:2])
    longest = lengths[int(len(lengths) * 0.9) :]
    if longest and longest[0][0] > MOST:
        for lines, file, function in longest:
            yield file, function.first, (
                f"{function.name} has {lines} lines: more than one function in"
                f" ten is longer than {MOST}"
            )


if __name__ == "__main__":
    source.main(check)
