"""Many at once: 500 connections, each with messages of many sizes, all of them
echoed exactly; by the websockets package over TLS, and by raw clients that are
all open before the first one speaks."""

import asyncio
import concurrent.futures
import os
import random
import resource
import unittest

import websockets

import wire
from wire import BINARY, TEXT, RawClient, pack_frame

CONNECTIONS = 500
MESSAGES = 20
SIZES = (0, 1, 125, 126, 127, 1000, 4096, 20000, 65535, 65536)
ALPHABET = "abcdefghijklm \n"
DEADLINE = 240


def message(rng):
    size = rng.choice(SIZES)
    if rng.random() < 0.5:
        return rng.randbytes(size)
    start = rng.randrange(len(ALPHABET))
    return (ALPHABET * (size // len(ALPHABET) + 2))[start:start + size]


def raise_descriptor_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise_descriptor_limit()
        cls.server = cls.enterClassContext(wire.echo())

    def test_500_connections(self):
        url = f"wss://localhost:{self.server.port}/"
        context = wire.client_context()
        echoed = []

        async def connect(opening):
            # Not all at once: this one process needs longer for 500 TLS
            # handshakes than the server's deadline for each may be.
            async with opening:
                return await websockets.connect(
                    url, ssl=context, host="127.0.0.1", compression=None, max_size=None,
                    open_timeout=DEADLINE, ping_interval=None, close_timeout=DEADLINE)

        async def talk(number, client):
            rng = random.Random(number)
            for _ in range(MESSAGES):
                sent = message(rng)
                await client.send(sent)
                got = await client.recv()
                # Not assertEqual: it would print both.
                self.assertTrue(sent == got and type(sent) is type(got),
                                f"client {number}: {len(sent)} bytes sent, {len(got)} echoed")
                echoed.append(number)
            await client.close()
            self.assertEqual(client.close_code, 1000)

        async def everybody():
            opening = asyncio.Semaphore(50)
            clients = await asyncio.gather(*(connect(opening) for _ in range(CONNECTIONS)))
            await asyncio.gather(*(talk(*each) for each in enumerate(clients)))

        asyncio.run(asyncio.wait_for(everybody(), DEADLINE))
        self.assertEqual(len(echoed), CONNECTIONS * MESSAGES)

    def test_500_raw_connections_that_write_ahead(self):
        # Each sends all its messages before anybody reads one.
        clients = [self.enterContext(wire.open_client(self.server)) for _ in range(CONNECTIONS)]
        sent = []
        for number, client in enumerate(clients):
            rng = random.Random(1000 + number)
            messages = [(rng.choice((TEXT, BINARY)), b"%d:" % number + b"x" * rng.randrange(200))
                        for _ in range(MESSAGES)]
            client.write(b"".join(pack_frame(*each) for each in messages))
            sent.append(messages)
        for client, messages in zip(clients, sent):
            for each in messages:
                client.expect_message(*each)
        for client in clients:
            client.finish()

    def test_many_come_and_go(self):
        before = len(os.listdir(f"/proc/{self.server.pid}/fd"))
        for number in range(300):
            with RawClient(self.server) as client:
                client.handshake()
                client.expect_echo(f"number {number}")
                if number % 3 == 0:
                    client.finish()
                elif number % 3 == 1:
                    client.reset()
        with wire.open_client(self.server) as client:
            client.expect_echo("last")
            # Those before are gone: their ends came before this handshake.
            after = len(os.listdir(f"/proc/{self.server.pid}/fd"))
            self.assertLess(after - before, 20)
            client.finish()

    def test_no_descriptors_for_a_while(self):
        # Not even the one that libuv keeps in reserve: the open connection is
        # served all the time, and those who wait get in as soon as there are some.
        def visit(number):
            with wire.open_client(self.server) as client:
                client.expect_echo(f"visitor {number}")
                client.finish()

        _, hard = limits = resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE)
        with wire.open_client(self.server) as open_client:
            with concurrent.futures.ThreadPoolExecutor(20) as visitors:
                resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (3, hard))
                try:
                    visits = [visitors.submit(visit, number) for number in range(20)]
                    self.server.err.wait("cannot accept connections")
                    for number in range(100):
                        open_client.expect_echo(f"open {number}")
                    self.assertFalse(any(each.done() for each in visits))
                finally:
                    resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, limits)
                for each in concurrent.futures.as_completed(visits, DEADLINE):
                    each.result()
            open_client.finish()


if __name__ == "__main__":
    unittest.main()
