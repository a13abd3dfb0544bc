#!/usr/bin/env python3
"""Documents: links between them lead somewhere, headings included, and listings
of whole C programs compile without a warning."""
import os
import re
import subprocess

import source

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
COMPILE = "-std=gnu11 -Wall -Wextra -Werror -fsyntax-only -Iinclude -x c -"


def documents(root):
    found = [name for name in os.listdir(root) if name.endswith(".md")]
    folder = os.path.join(root, "docs")
    if os.path.isdir(folder):
        names = os.listdir(folder)
        found += [f"docs/{name}" for name in names if name.endswith(".md")]
    return sorted(found)


def anchors(text):
    """What headings can be linked by."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
        for heading in headings
    }


def check_links(root, file, text):
    prose = FENCE.sub(source.blank, text)
    for match in LINK.finditer(prose):
        target, _, anchor = match.group(1).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        line = source.line_at(text, match.start())
        path = os.path.normpath(os.path.join(os.path.dirname(file), target))
        path = path if target else file
        if not os.path.exists(os.path.join(root, path)):
            yield file, line, f"there is no {path}"
        elif anchor and anchor not in anchors(source.read(root, path)):
            yield file, line, f"{path} has no heading #{anchor}"


def check_listings(root, file, text):
    for match in FENCE.finditer(text):
        if match.group(1) != "c" or "int main(" not in match.group(2):
            continue
        command = [os.environ.get("WSS_CC", "cc"), *COMPILE.split()]
        result = subprocess.run(
            command, cwd=root, input=match.group(2), capture_output=True, text=True
        )
        if result.returncode != 0:
            line = source.line_at(text, match.start())
            why = [x for x in result.stderr.splitlines() if "error" in x]
            yield file, line, f"does not compile: {why[0] if why else ''}"


def check(root):
    for file in documents(root):
        text = source.read(root, file)
        yield from check_links(root, file, text)
        yield from check_listings(root, file, text)


if __name__ == "__main__":
    source.main(check)
