"""handshake.py EXPECTED PROGRAM: runs PROGRAM (server.c, built by a consumer)
with a test certificate and opens a WebSocket connection over TLS to it. Its
first line must contain EXPECTED, its exit code must be 0."""

import os
import re
import socket
import ssl
import subprocess
import sys

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def main(expected, program):
    pki = os.environ["WSS_PKI"]
    command = [program, f"{pki}/server.pem", f"{pki}/server.key"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        print(line, end="")
        assert expected in line, f"{expected!r} is not in {line!r}"
        port = int(re.match(r"port (\d+)", line)[1])
        context = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", port), 30) as tcp:
            with context.wrap_socket(tcp, server_hostname="localhost") as tls:
                tls.sendall(REQUEST)
                answer = b""
                while b"\r\n\r\n" not in answer:
                    more = tls.recv(4096)
                    assert more, f"ended after {answer!r}"
                    answer += more
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer, answer
        assert server.wait(30) == 0, f"exit code {server.returncode}"
    finally:
        server.kill()


main(*sys.argv[1:])
