#!/usr/bin/env python3
"""Static analysis of src/ and examples/: clang-tidy with the checks of
.clang-tidy, and gcc -fanalyzer. Prints what they find, and fails then.

  analysis.py FOLDER    FOLDER is for a configured build; nothing is compiled
"""
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))


def configure(folder):
    command = ["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja"]
    command += ["-DCMAKE_C_COMPILER=gcc", "-DCMAKE_BUILD_TYPE=Release"]
    command += ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
    command += ["-DWSS_TESTS=OFF", "-DWSS_EXAMPLES=ON"]
    mbedtls = os.environ.get("WSS_MBEDTLS_TREE")
    command += [f"-DWSS_MBEDTLS_SOURCE={mbedtls}"] if mbedtls else []
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(result.stdout + result.stderr)


def entries(folder):
    """The compile commands of our own files, without Mbed TLS's."""
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
        for entry in json.load(file):
            name = os.path.relpath(entry["file"], ROOT)
            if name.startswith(("src/", "examples/")):
                yield name, shlex.split(entry["command"]), entry["directory"]


def tidy(folder, name):
    command = ["clang-tidy", "--quiet", "-p", folder, name]
    if name.startswith("examples/"):
        # Programs print without asking whether that worked.
        command.insert(1, "--checks=-cert-err33-c")
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    # What it counted goes to stderr, its findings to stdout.
    return result.stdout or (result.stderr if result.returncode != 0 else "")


def analyzer(command, directory):
    command[command.index("-o") + 1] = os.devnull
    command += ["-O2", "-fanalyzer"]
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    return result.stderr


def main():
    folder = os.path.abspath(sys.argv[1])
    configure(folder)
    work = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, command, directory in entries(folder):
            work.append(pool.submit(tidy, folder, name))
            work.append(pool.submit(analyzer, command, directory))
    files = len(work) // 2
    findings = "".join(job.result() for job in work)
    print(findings)
    if files < 30:
        sys.exit(f"only {files} files were looked at")
    if findings:
        sys.exit("clang-tidy or gcc -fanalyzer found something")
    print(f"{files} files, no findings")


if __name__ == "__main__":
    main()
