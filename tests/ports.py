import secrets
import socket

GIVEN_OUT = 32_768
"""From here on Linux takes ports for who asks for any; elsewhere from higher up."""


def free_port() -> int:
    """A port that nobody is given by chance before who asked here has bound it, nor while its server is down."""
    while True:
        port = 10_000 + secrets.randbelow(GIVEN_OUT - 10_000)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
