#!/usr/bin/env python3
"""Runs the tests of a build folder under valgrind's memcheck: no error, no byte
lost or still held at the end, no descriptor left open.

  valgrind.py FOLDER LABELS    LABELS is a regular expression for ctest -L
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

MEMCHECK = ["valgrind", "--tool=memcheck", "--quiet", "--error-exitcode=99"]
MEMCHECK += ["--leak-check=full", "--show-leak-kinds=all"]
MEMCHECK += ["--errors-for-leak-kinds=all", "--track-fds=yes"]

MEMCHECK += [f"--suppressions={os.path.dirname(os.path.abspath(__file__))}/valgrind.supp"]

# Far beyond what any of them takes; only what hangs is ended by it.
TIMEOUT = 2400

# What it inherits are its own log and its standard streams.
OPEN = re.compile(r"Open .*\d:.*\n(?!.*<inherited from parent>)")


def tests(folder, labels):
    """(name, command, folder to run in, environment) of each test."""
    command = ["ctest", "--test-dir", folder, "-L", labels, "--show-only=json-v1"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    for test in json.loads(shown.stdout)["tests"]:
        if re.search(labels, " ".join(labels_of(test))) is None:
            continue  # a fixture that others need
        properties = {item["name"]: item["value"] for item in test["properties"]}
        environment = dict(
            item.split("=", 1) for item in properties.get("ENVIRONMENT", [])
        )
        place = properties.get("WORKING_DIRECTORY", folder)
        yield test["name"], test["command"], place, environment


def labels_of(test):
    for item in test["properties"]:
        if item["name"] == "LABELS":
            return item["value"]
    return []


def memcheck(name, command, place, environment):
    """What valgrind and the test say if one of them complains, else nothing."""
    with tempfile.TemporaryDirectory() as logs:
        run = subprocess.run(
            MEMCHECK + [f"--log-file={logs}/%p", "--"] + command,
            cwd=place,
            env={**os.environ, **environment, "WSS_VALGRIND": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
        )
        said = ""
        for log in sorted(os.listdir(logs)):
            with open(os.path.join(logs, log), encoding="utf-8") as file:
                said += file.read()
    if run.returncode == 0 and OPEN.search(said) is None:
        return ""
    return f"--- {name}: exit code {run.returncode}\n{run.stdout[-3000:]}\n{said}\n"


def main():
    folder, labels = sys.argv[1:3]
    found = list(tests(os.path.abspath(folder), labels))
    if not found:
        sys.exit(f"no test has a label {labels}")
    failed = []
    with ThreadPoolExecutor(int(os.environ.get("WSS_JOBS", 2))) as pool:
        results = pool.map(lambda test: memcheck(*test), found)
        for (name, *_), complaint in zip(found, results):
            print(complaint, end="", flush=True)
            failed += [name] if complaint else []
    if failed:
        sys.exit("valgrind: " + " ".join(failed))
    print(f"valgrind: {len(found)} programs, no error, nothing left")


if __name__ == "__main__":
    main()
