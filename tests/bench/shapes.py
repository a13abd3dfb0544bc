"""What is measured: a shape is one way to load a server."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Shape:
    name: str
    title: str
    kind: str  # echo, idle, handshakes or latency
    unit: str
    load: tuple  # options of load
    rounds: int = 99  # at most


def echo(name, title, connections, size, depth, messages):
    return Shape(name, title, "echo", "µs", (
        "--connections", connections, "--size", size, "--depth", depth,
        "--messages", messages, "--warmup", messages // 10))


def idle(connections):
    # Memory hardly differs from round to round.
    return Shape(f"idle-{connections}", f"{connections:,} idle connections", "idle",
                 "KiB", ("--connections", connections, "--together", 100), 1)


def handshakes(name, title, *options):
    return Shape(name, title, "handshakes", "µs", (
        "--messages", 1000, "--warmup", 100, *options))


def latency(name, title):
    return Shape(name, title, "latency", "ms", ("--connections", 50, "--rate", 100))


KIB = 1024
SHAPES = [
    echo("echo-1x64", "1 connection, 64 B", 1, 64, 1, 20000),
    echo("echo-50x64", "50 connections, 64 B", 50, 64, 1, 50000),
    echo("echo-50x64-16", "50 connections, 64 B, 16 on their way", 50, 64, 16, 160000),
    echo("echo-50x1k", "50 connections, 1 KiB", 50, KIB, 1, 40000),
    echo("echo-10x16k", "10 connections, 16 KiB", 10, 16 * KIB, 1, 10000),
    echo("echo-4x1m", "4 connections, 1 MiB", 4, KIB * KIB, 1, 240),
    echo("echo-4x1m-4", "4 connections, 1 MiB, 4 on their way", 4, KIB * KIB, 4, 240),
    idle(5000),
    idle(15000),
    handshakes("full-1.3-x25519", "handshake, TLS 1.3, X25519",
               "--tls", "1.3", "--group", "X25519"),
    handshakes("full-1.3-p256", "handshake, TLS 1.3, P-256",
               "--tls", "1.3", "--group", "P-256"),
    handshakes("full-1.2-x25519", "handshake, TLS 1.2, X25519",
               "--tls", "1.2", "--group", "X25519"),
    handshakes("full-1.2-p256", "handshake, TLS 1.2, P-256",
               "--tls", "1.2", "--group", "P-256"),
    handshakes("resumed-1.3", "session offered again, TLS 1.3", "--tls", "1.3", "--resume"),
    handshakes("resumed-1.2", "session offered again, TLS 1.2", "--tls", "1.2", "--resume"),
    latency("latency", "p99 of an echo"),
    latency("latency-storm", "p99 of an echo, 2,000 handshakes"),
]
PEERS = ["floor", "libwss", "lws", "ws"]
