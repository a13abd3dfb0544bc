"""What the lints share: finding C files, and reading them without a compiler.

A lint is a function check(root) that yields (file, line, what is wrong), file
being relative to root. source.main(check) makes a command of it.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def c_files(root, *folders, suffixes=(".c", ".h")):
    """The C files below the folders, relative to root, in order."""
    found = []
    for folder in folders:
        for path, _, names in os.walk(os.path.join(root, folder)):
            found += [
                os.path.relpath(os.path.join(path, name), root)
                for name in names
                if name.endswith(suffixes)
            ]
    return sorted(found)


def read(root, file):
    with open(os.path.join(root, file), encoding="utf-8") as stream:
        return stream.read()


TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S
)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def code(text):
    """The text with comments, and what is in quotes, blanked out: every line
    and column stays where it was. The names in #include "..." stay."""

    def replace(match):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if match.group()[0] == '"' and re.fullmatch(r"\s*#\s*include\s*", line):
            return match.group()
        return blank(match)

    return TOKEN.sub(replace, text)


DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w+)((?:\\\n|[^\n])*)", re.M)


def directives(text):
    """(line, name, rest) of each preprocessor line."""
    text = code(text)
    for match in DIRECTIVE.finditer(text):
        yield line_at(text, match.start()), match.group(1), match.group(2)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


class Function:
    def __init__(self, name, static, first, last):
        self.name = name
        self.static = static
        self.first = first
        self.last = last

    @property
    def lines(self):
        return self.last - self.first + 1


NAME = re.compile(r"(\w+)\s*\(")


def functions(text):
    """Every function defined in the text, from its first line, return type
    included, to its closing brace."""
    text = DIRECTIVE.sub(blank, code(text))
    text = re.sub(r'\bextern\s+{', blank, text)
    depth = 0
    start = 0  # of what stands before the brace at depth 0
    opened = None
    for at in re.finditer(r"[{};]", text):
        if at.group() == "{":
            if depth == 0:
                opened = head_of_function(text, start, at.start())
            depth += 1
        elif at.group() == "}":
            depth = max(0, depth - 1)
            if depth == 0 and opened is not None:
                name, static, first = opened
                yield Function(name, static, first, line_at(text, at.start()))
                opened = None
        if depth == 0:
            start = at.end()


def head_of_function(text, start, end):
    head = text[start:end]
    name = NAME.search(head)
    if name is None or not head.rstrip().endswith(")"):
        return None
    first = start + len(head) - len(head.lstrip())
    static = re.search(r"\bstatic\b", head[: name.start()]) is not None
    return name.group(1), static, line_at(text, first)


def main(check):
    """Runs check on the folder that the command line names, by default the one
    this file is in; says what it found and exits with 1 if anything."""
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../..")
    found = [f"{file}:{line}: {what}" for file, line, what in check(root)]
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)
