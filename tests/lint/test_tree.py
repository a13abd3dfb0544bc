#!/usr/bin/env python3
"""Every lint finds nothing in this source tree. WSS_SRC is its root, and
WSS_SHARED_LIBRARY, if set, the library whose symbols are looked at."""
import os
import unittest

import banned
import clang_format
import cppcheck
import docs
import layers
import lengths
import names
import options
import preprocessor
import source
import symbols

ROOT = os.environ.get("WSS_SRC", os.path.join(source.HERE, "../.."))
LIBRARY = os.environ.get("WSS_SHARED_LIBRARY", "")


class Tree(unittest.TestCase):
    def assert_clean(self, found):
        lines = [f"{file}:{line}: {what}" for file, line, what in found]
        self.assertEqual(lines, [], "\n" + "\n".join(lines))

    def test_there_is_something_to_look_at(self):
        self.assertGreater(len(source.c_files(ROOT, "src")), 10)
        self.assertGreater(len(names.declared(ROOT)), 10)

    def test_layers(self):
        self.assert_clean(layers.check(ROOT))

    def test_lengths(self):
        self.assert_clean(lengths.check(ROOT))

    def test_banned(self):
        self.assert_clean(banned.check(ROOT))

    def test_names(self):
        self.assert_clean(names.check(ROOT))

    def test_preprocessor(self):
        self.assert_clean(preprocessor.check(ROOT))

    def test_format(self):
        self.assert_clean(clang_format.check(ROOT))

    def test_docs(self):
        self.assert_clean(docs.check(ROOT))

    def test_options(self):
        self.assert_clean(options.check(ROOT))

    def test_cppcheck(self):
        self.assert_clean(cppcheck.check(ROOT))

    @unittest.skipUnless(".so" in LIBRARY, "there is no shared library")
    def test_symbols(self):
        self.assert_clean(symbols.check(LIBRARY, ROOT))


if __name__ == "__main__":
    unittest.main()
