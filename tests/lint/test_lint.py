#!/usr/bin/env python3
"""The lints find what they are for: each is run on a small clean tree, and then
on the same tree with a fault planted in it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

HEADER = """#ifndef WSS_WSS_H
#define WSS_WSS_H

#ifdef __cplusplus
extern "C" {
#endif
#ifndef WSS_API
#define WSS_API
#endif
/* A comment with malloc( and a "quote */
WSS_API int wss_one(int argument);
WSS_API const char *
wss_two(void);
static inline int wss_inline(void) {
  return wss_one(1);
}
#ifdef __cplusplus
}
#endif
#endif
"""

ALLOC = """#include <stdlib.h>

#include "wss/wss.h"

void *wss__malloc(int size) {
  return malloc((unsigned)size);
}

void wss__free(void *memory) {
  free(memory);
}
"""

SERVER = """#include "wss/wss.h"

#include <string.h>

#include "net/loop.h"

static const char *const texts[] = {"malloc(1)", "// no comment"};

static int twice(int number) {
  return number * 2;
}

int wss_one(int argument) {
  return twice(argument);
}

const char *wss_two(void) {
  return texts[0];
}
"""

LOOP = """#ifndef WSS_NET_LOOP_H
#define WSS_NET_LOOP_H

#include <uv.h>

#include "base/list.h"

int wss__loop_open(uv_loop_t *loop);

#endif
"""

LIST = """#ifndef WSS_BASE_LIST_H
#define WSS_BASE_LIST_H

static inline int wss__list_empty(void) {
  return 1;
}

#endif
"""

SMALL = """#include <string.h>

#include "base/list.h"
"""

EXAMPLE = """#include <stdio.h>
#include <stdlib.h>

int main(void) {
  free(malloc(1));
  puts("done");
  return 0;
}
"""

CLEAN = {
    "include/wss/wss.h": HEADER,
    "src/base/alloc.c": ALLOC,
    "src/base/list.h": LIST,
    "src/net/loop.h": LOOP,
    "src/tls/aead.c": "#include <mbedtls/ssl.h>\n\n" + SMALL,
    "src/http/request.c": SMALL,
    "src/ws/frame.c": SMALL + '#include "http/request.h"\n',
    "src/server/server.c": SERVER,
    "examples/echo.c": EXAMPLE,
}


class Lint(unittest.TestCase):
    """A tree in a temporary folder, clean at first."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for file, text in CLEAN.items():
            self.write(file, text)
        with open(os.path.join(HERE, "../../.clang-format")) as style:
            self.write(".clang-format", style.read())

    def write(self, file, text):
        path = os.path.join(self.root, file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def append(self, file, text):
        """Returns the number of the line that text begins at."""
        self.write(file, CLEAN[file] + text)
        return CLEAN[file].count("\n") + 1

    def run_lint(self, name, *arguments):
        command = [sys.executable, "-B", f"{HERE}/{name}.py", *arguments]
        result = subprocess.run(
            command + [self.root], capture_output=True, text=True
        )
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout

    def assert_clean(self, name, *arguments):
        self.assertEqual(self.run_lint(name, *arguments), (0, ""))

    def assert_found(self, name, *findings):
        """The lint fails, with these beginnings of lines and no other lines."""
        status, output = self.run_lint(name)
        lines = output.splitlines()
        self.assertEqual(status, 1, output)
        self.assertEqual(len(lines), len(findings), output)
        for line, finding in zip(lines, findings):
            self.assertTrue(line.startswith(finding), output)


class Layers(Lint):
    def test_clean(self):
        self.assert_clean("layers")

    def test_each_forbidden_neighbour(self):
        forbidden = {
            "src/base/alloc.c": "net/loop.h tls/aead.h http/a.h ws/a.h",
            "src/net/loop.h": "tls/aead.h http/a.h ws/frame.h server/conn.h",
            "src/tls/aead.c": "net/loop.h http/a.h ws/frame.h server/conn.h",
            "src/http/request.c": "net/loop.h tls/a.h ws/frame.h server/a.h",
            "src/ws/frame.c": "net/loop.h tls/aead.h server/conn.h",
        }
        for file, headers in forbidden.items():
            for header in headers.split():
                with self.subTest(file=file, header=header):
                    line = self.append(file, f'#include "{header}"\n')
                    self.assert_found("layers", f"{file}:{line}: ")
                    self.write(file, CLEAN[file])

    def test_libuv_outside_net(self):
        for file in ("src/server/server.c", "src/tls/aead.c", "src/ws/frame.c"):
            with self.subTest(file=file):
                line = self.append(file, "#include <uv.h>\n")
                self.assert_found("layers", f"{file}:{line}: ")
                self.write(file, CLEAN[file])

    def test_libuv_in_post(self):
        self.write("src/server/post.c", "#include <uv.h>\n")
        self.assert_clean("layers")

    def test_mbedtls_outside_tls(self):
        for header in ("mbedtls/ssl.h", "psa/crypto.h"):
            line = self.append("src/server/server.c", f"#include <{header}>\n")
            self.assert_found("layers", f"src/server/server.c:{line}: ")

    def test_a_program(self):
        self.write("src/programs/x.c", '#include "tls/aead.h"\n#include <mbedtls/ssl.h>\n')
        self.assert_clean("layers")
        for header in ('"server/conn.h"', "<uv.h>"):
            self.write("src/programs/x.c", f"#include {header}\n")
            self.assert_found("layers", "src/programs/x.c:1: ")

    def test_a_clock_in_the_engine(self):
        line = self.append("src/http/request.c", "#include <time.h>\n")
        self.assert_found("layers", f"src/http/request.c:{line}: ")

    def test_path_without_layer(self):
        line = self.append("src/ws/frame.c", '#include "frame.h"\n')
        self.assert_found("layers", f"src/ws/frame.c:{line}: ")

    def test_file_in_no_layer(self):
        self.write("src/util/misc.c", "")
        self.assert_found("layers", "src/util/misc.c:1: ")

    def test_include_in_a_comment(self):
        self.append("src/ws/frame.c", "/*\n#include <uv.h>\n*/\n")
        self.assert_clean("layers")


def function(name, lines):
    return f"int {name}(void) {{\n" + "  ;\n" * (lines - 2) + "}\n"


class Lengths(Lint):
    def test_clean(self):
        self.assert_clean("lengths")

    def test_file(self):
        self.append("src/ws/frame.c", "\n" * 600)
        self.assert_found("lengths", "src/ws/frame.c:")

    def test_public_header_may_be_long(self):
        self.append("include/wss/wss.h", "\n" * 600)
        self.assert_clean("lengths")

    def test_function(self):
        many = "".join(function(f"wss__{i}", 3) for i in range(20))
        line = self.append("src/ws/frame.c", many + function("wss__ok", 80))
        self.assert_clean("lengths")
        self.append("src/ws/frame.c", many + function("wss__long", 81))
        self.assert_found("lengths", f"src/ws/frame.c:{line + 60}: wss__long")

    def test_function_of_an_example(self):
        line = self.append("examples/echo.c", function("long_one", 81))
        self.assert_found("lengths", f"examples/echo.c:{line}: long_one")

    def test_nine_in_ten(self):
        longer = [function(f"wss__long{i}", 41) for i in range(3)]
        line = self.append("src/ws/frame.c", "".join(longer))
        self.assert_found("lengths", f"src/ws/frame.c:{line + 82}: wss__long2")


class Banned(Lint):
    def test_clean(self):
        self.assert_clean("banned")

    def test_each_unbounded_call(self):
        for name in "strcpy strcat sprintf strtok atoi alloca".split():
            for file in ("src/base/alloc.c", "examples/echo.c"):
                with self.subTest(name=name, file=file):
                    line = self.append(file, f"int x = (int)({name} (0));\n")
                    self.assert_found("banned", f"{file}:{line}: {name} ")
                    self.write(file, CLEAN[file])

    def test_each_call_for_memory(self):
        for name in "malloc calloc realloc free strdup".split():
            with self.subTest(name=name):
                line = self.append("src/ws/frame.c", f"int x = {name}(0);\n")
                self.assert_found("banned", f"src/ws/frame.c:{line}: {name} ")

    def test_members_of_that_name(self):
        self.append("src/ws/frame.c", "int x = a->malloc(1) + b.free(2);\n")
        self.assert_clean("banned")

    def test_manners(self):
        for name in "assert abort exit printf fprintf".split():
            with self.subTest(name=name):
                line = self.append("src/base/alloc.c", f"int x = {name}(0);\n")
                self.assert_found("banned", f"src/base/alloc.c:{line}: {name} ")

    def test_a_program_prints_and_takes_no_memory(self):
        self.write("src/programs/x.c", "int x = printf(0);\nint y = exit(1);\n")
        self.assert_clean("banned")
        self.write("src/programs/x.c", "int x = malloc(0);\n")
        self.assert_found("banned", "src/programs/x.c:1: malloc ")

    def test_static_assert(self):
        self.append("src/ws/frame.c", '_Static_assert(1, "always");\n')
        self.assert_clean("banned")


class Names(Lint):
    def test_clean(self):
        self.assert_clean("names")

    def test_each_kind(self):
        faults = {
            "int frame_pack(void) {\n}\n": "frame_pack",
            "int wss_undeclared(void) {\n}\n": "wss_undeclared",
            "int *\npack(void) {\n}\n": "pack",
            "static int wss__local(void) {\n}\n": "wss__local",
        }
        for text, name in faults.items():
            with self.subTest(name=name):
                line = self.append("src/ws/frame.c", text)
                self.assert_found("names", f"src/ws/frame.c:{line}: {name} ")

    def test_inline_in_a_header(self):
        line = self.append("src/base/list.h", "static inline int f(void) {\n}\n")
        self.assert_found("names", f"src/base/list.h:{line}: f ")


class Options(Lint):
    def setUp(self):
        super().setUp()
        names = subprocess.run(
            [sys.executable, "-B", "-c", "import options; print(*options.PHP)"],
            capture_output=True, text=True, cwd=HERE, check=True,
        ).stdout.split()
        self.rows = [f"| `{name}` | |" for name in names if name != "cafile"]
        self.context("const char *cafile; /* and: capath; */ char reserved[3];")
        self.document(["| option | |", "| `cafile` | |"], self.rows)

    def context(self, body):
        text = "typedef struct wss_ssl_context {\n  %s\n} wss_ssl_context;\n"
        self.write("include/wss/wss.h", text % body)

    def document(self, options, others):
        table = ["| option of PHP | |", *others]
        self.write("docs/tls.md", "\n".join([*options, "", *table, ""]))

    def test_clean(self):
        self.assert_clean("options")

    def test_a_row_is_missing(self):
        self.document(["| option | |", "| `cafile` | |"], self.rows[1:])
        self.assert_found("options", "docs/tls.md:1: PHP has SNI_enabled")

    def test_a_field_has_no_row(self):
        self.context("const char *cafile; int (*on_sni)(int); int watch;")
        self.assert_found("options",
                          "docs/tls.md:1: wss_ssl_context has on_sni",
                          "docs/tls.md:1: wss_ssl_context has watch")

    def test_a_row_that_is_no_field(self):
        self.document(["| option | |", "| `cafile`, `crlfile` | |"], self.rows)
        self.assert_found("options", "docs/tls.md:2: wss_ssl_context has no crlfile")

    def test_a_field_among_the_others(self):
        self.document(["| option | |"], ["| `cafile` | |", *self.rows])
        self.assert_found("options", "docs/tls.md:1: wss_ssl_context has cafile, which",
                          "docs/tls.md:4: wss_ssl_context has cafile")


class Preprocessor(Lint):
    def test_clean(self):
        self.assert_clean("preprocessor")

    def test_condition_in_a_c_file(self):
        for text in ("#if 0\n#endif\n", "#  ifdef __GNUC__\n#endif\n"):
            line = self.append("src/ws/frame.c", text)
            self.assert_found("preprocessor", f"src/ws/frame.c:{line}: ")

    def test_condition_in_a_header(self):
        line = self.append("src/base/list.h", "#ifdef __linux__\n#endif\n")
        self.assert_found("preprocessor", f"src/base/list.h:{line}: ")

    def test_questions_about_the_compiler(self):
        self.append("src/base/list.h", "#if defined(__GNUC__)\n#endif\n")
        self.assert_clean("preprocessor")

    def test_compat(self):
        guard = "#ifndef WSS_TLS_COMPAT_H\n#define WSS_TLS_COMPAT_H\n"
        version = "#if MBEDTLS_VERSION_NUMBER < 1\n#endif\n#endif\n"
        self.write("src/tls/compat.h", guard + version)
        self.assert_clean("preprocessor")

    def test_version_elsewhere(self):
        line = self.append("src/tls/aead.c", "int x = MBEDTLS_VERSION_NUMBER;\n")
        self.assert_found("preprocessor", f"src/tls/aead.c:{line}: ")

    def test_control_flow_in_a_macro(self):
        line = self.append("src/ws/frame.c", "#define TRY(x) \\\n  return x\n")
        self.assert_found("preprocessor", f"src/ws/frame.c:{line}: ")

    def test_list_macro(self):
        text = "#define CASE(x) \\\n  return x;\n#undef CASE\n"
        self.append("src/ws/frame.c", text)
        self.assert_clean("preprocessor")

    def test_guard(self):
        self.write("src/ws/frame.h", "#ifndef FRAME_H\n#define FRAME_H\n#endif\n")
        self.assert_found(
            "preprocessor", "src/ws/frame.h:1: #ifndef", "src/ws/frame.h:1: has"
        )


class Symbols(Lint):
    def library(self, text):
        self.write("library.c", text)
        library = os.path.join(self.root, "library.so")
        command = [os.environ.get("WSS_CC", "cc"), "-shared", "-o", library]
        subprocess.run(command + [f"{self.root}/library.c"], check=True)
        return library

    def test_clean(self):
        both = "int wss_one;\nint wss_two;\n"
        self.assert_clean("symbols", self.library(both))

    def test_more_than_declared(self):
        for extra in ("wss__internal", "mbedtls_free", "wss_secret"):
            names = ("wss_one", "wss_two", extra)
            library = self.library("".join(f"int {name};\n" for name in names))
            status, output = self.run_lint("symbols", library)
            self.assertEqual(status, 1)
            self.assertIn(f"exports {extra}", output)

    def test_less_than_declared(self):
        library = self.library("int wss_one;\n")
        status, output = self.run_lint("symbols", library)
        self.assertEqual(status, 1)
        self.assertIn("does not export wss_two", output)


class Format(Lint):
    def test_clean(self):
        for file in ("include/wss/wss.h", "src/base/list.h"):
            os.remove(os.path.join(self.root, file))  # not formatted
        self.assert_clean("clang_format")

    def test_indentation(self):
        self.test_clean()
        line = self.append("src/net/loop.h", "int    x;\n")
        self.assert_found("clang_format", f"src/net/loop.h:{line}: ")


class Docs(Lint):
    def test_clean(self):
        self.write("docs/a.md", "# A b, c\n[x](#a-b-c) [y](https://a.org/no)\n")
        self.write("README.md", "[a](docs/a.md) [b](docs/a.md#a-b-c)\n")
        self.assert_clean("docs")

    def test_link_to_nothing(self):
        self.write("README.md", "# A\n\n[b](docs/b.md)\n")
        self.assert_found("docs", "README.md:3: ")
        self.write("README.md", "# A\n[b](#b)\n")
        self.assert_found("docs", "README.md:2: ")

    def test_listing(self):
        listing = "```c\n#include <wss/wss.h>\nint main(void) {\n%s}\n```\n"
        self.write("README.md", listing % "  return wss_one(1);\n")
        self.assert_clean("docs")
        self.write("README.md", listing % "  return wss_missing(1);\n")
        self.assert_found("docs", "README.md:1: does not compile")


class Cppcheck(Lint):
    def test_clean(self):
        self.assert_clean("cppcheck")

    def test_out_of_bounds(self):
        text = "int last(void) {\n  int a[2] = {0, 1};\n  return a[2];\n}\n"
        line = self.append("src/ws/frame.c", text)
        self.assert_found("cppcheck", f"src/ws/frame.c:{line + 2}: ")


if __name__ == "__main__":
    unittest.main()
