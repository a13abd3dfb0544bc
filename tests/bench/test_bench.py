#!/usr/bin/env python3
"""The benchmarks' programs work: each server sends back what it gets, in every
mode of load, and load finds what a server got wrong. Nothing is measured here."""

import contextlib
import os
import resource
import socket
import tempfile
import threading
import types
import unittest
from unittest import mock

import bench
import report
from shapes import SHAPES, Shape

HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
PEERS = ["floor", "libwss", "ws"]
if os.path.exists(bench.built("tests/bench/lws")):
    PEERS.append("lws")


@contextlib.contextmanager
def serving(peer, *options):
    server = bench.Server(peer, *options)
    try:
        yield server
    finally:
        server.kill()


def run(server, mode, *options):
    load = bench.Load(server, mode, options)
    try:
        return load.json(bench.PATIENCE), load.ended()
    finally:
        load.kill()


class Servers(unittest.TestCase):
    def each(self):
        for peer in PEERS:
            with self.subTest(peer), serving(peer) as server:
                yield server

    def test_echoes_of_each_size(self):
        for server in self.each():
            for size in (0, 1, 125, 126, 65536, 1 << 20):
                figures, code = run(server, "echo", "--size", size, "--connections", 3,
                                    "--depth", 4, "--messages", 24, "--warmup", 12)
                self.assertEqual((figures.get("messages"), code), (24, 0), figures)
                self.assertGreater(figures["cpu_ns"], 0)

    def test_handshakes(self):
        for server in self.each():
            for tls in ("1.2", "1.3"):
                for group in ("X25519", "P-256"):
                    figures, code = run(server, "handshakes", "--messages", 20, "--tls",
                                        tls, "--group", group)
                    self.assertEqual((code, figures["lost"], figures["resumed"]),
                                     (0, 0, 0), figures)

    def test_resumption(self):
        for server in self.each():
            for tls in ("1.2", "1.3"):
                figures, code = run(server, "handshakes", "--messages", 20, "--warmup",
                                    20, "--tls", tls, "--resume")
                self.assertEqual((code, figures["lost"]), (0, 0), figures)
                if server.peer == "floor":
                    self.assertEqual(figures["resumed"], 20)

    def test_idle(self):
        shape = Shape("idle", "", "idle", "", ("--connections", 40))
        for server in self.each():
            per_connection, _ = bench.measure_idle(server, shape, 0)
            self.assertGreaterEqual(per_connection, 0)

    def test_latency(self):
        for server in self.each():
            load = bench.Load(server, "latency", ("--connections", 4, "--rate", 1000))
            load.json()
            load.end_of_input()
            figures = load.json()
            self.assertEqual(load.ended(), 0, figures)
            self.assertIn("messages", figures)


class Faults(unittest.TestCase):
    def test_a_wrong_bit_is_found(self):
        for size in (1, 64, 1 << 20):
            with serving("floor", "--corrupt", 50) as server:
                sound = run(server, "echo", "--size", size, "--messages", 49)
                wrong = run(server, "echo", "--size", size, "--messages", 49)
            self.assertEqual(sound[1], 0, sound)
            self.assertEqual(wrong, ({"error": "an answer that was not sent"}, 1))

    def test_a_server_that_refuses_is_found(self):
        with serving("libwss", "--max-message", 100) as server:
            figures, code = run(server, "echo", "--size", 101, "--messages", 5)
        self.assertEqual((figures, code), ({"error": "connection 0: close 1009"}, 1))

    def test_a_storm_that_is_not_over_is_none(self):
        shape = Shape("latency-storm", "", "latency", "", ("--connections", 4))
        with serving("floor") as server, mock.patch.object(bench, "SPAN", 0):
            with self.assertRaisesRegex(bench.rig.Failure, "storm was not over"):
                bench.measure_latency(server, shape)

    def test_lost_handshakes_are_counted(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def refuse():
                for _ in range(10):
                    listener.accept()[0].close()

            threading.Thread(target=refuse, daemon=True).start()
            server = types.SimpleNamespace(port=listener.getsockname()[1],
                                           pid=os.getpid())
            figures, code = run(server, "handshakes", "--messages", 10)
        self.assertEqual((figures["lost"], code), (10, 0))


class Report(unittest.TestCase):
    def test_the_ratio_is_that_of_the_same_round(self):
        result = bench.Result(SHAPES[0], ["floor", "libwss"])
        result.values = {"floor": [10.0, 30.0, 20.0], "libwss": [5.0, None, 40.0]}
        self.assertEqual(result.ratios("libwss"), [2.0, 0.5])
        self.assertEqual(report.cell(result, "libwss"), "1.25 (0.50-2.00)")

    def test_a_peer_without_figures(self):
        result = bench.Result(SHAPES[0], ["floor", "libwss"])
        result.values = {"floor": [10.0], "libwss": [None]}
        self.assertEqual(report.cell(result, "libwss"), "-")
        with tempfile.TemporaryDirectory() as folder:
            report.write(folder, [result], ["floor", "libwss"], "here")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))
    unittest.main()
