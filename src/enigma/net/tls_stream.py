"""A TLS connection over a socket, with the ciphertext in this process's hands.

`ssl.SSLSocket` makes a system call for every record it writes (16 KB) and two for every record it reads. Here OpenSSL
works on memory only, and the socket is given, and asked for, many records at a time: less work for bulk, and one call
instead of two to read a short message. The price is two more copies of the ciphertext.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

FIRST_READ_BYTES = 64 * 1024
"""The room for what one system call reads, until a call fills it."""
READ_BYTES = 512 * 1024
"""The same from then on."""


class TlsStream:
    """One end of a TLS connection over a connected socket, which it takes over, also when making it fails.

    At most one thread may be in it at a time; only `shut` may be called from any. How long its calls wait is the
    socket's time-out, as `settimeout` has it; what waits says so.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, *, server_side: bool) -> None:
        self.ended = False
        """The peer said that nothing more comes (close_notify), as one whose process ended does not."""
        self._socket = connected
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._unsent: memoryview | None = None
        try:
            # Buffer sizes stay the kernel's: it fits them to the path, and larger ones were no faster when measured.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._tls = context.wrap_bio(self._arrived, self._leaving, server_side=server_side)
        except BaseException:
            connected.close()
            raise
        self._room = memoryview(bytearray(FIRST_READ_BYTES))

    # ------------------------------------------------ bulk and short messages, without needless copies and calls

    def write(self, view: memoryview) -> bool:
        """Encrypt all of `view`, and send what the socket takes; False when something is left, for `flush`."""
        self.encrypt(view)
        return self.flush()

    def encrypt(self, view: memoryview) -> int:
        """Encrypt all of `view` for the next `flush`; gives the bytes of ciphertext that wait for it."""
        size = len(view)
        written = self._tls.write(view)
        while written < size:
            written += self._tls.write(view[written:])
        return self._leaving.pending

    def flush(self) -> bool:
        """Send what earlier writes left, as far as the socket takes it without waiting; True when nothing is left."""
        while True:
            unsent = self._unsent
            if unsent is None:
                if not self._leaving.pending:
                    return True
                unsent = memoryview(self._leaving.read())
            try:
                sent = self._socket.send(unsent, socket.MSG_DONTWAIT)
            except BlockingIOError:
                sent = 0
            if sent < len(unsent):
                self._unsent = unsent[sent:]
                return False
            self._unsent = None

    def take(self, view: memoryview) -> int:
        """Decrypt into `view` from what `fill` brought, without waiting; gives the bytes, fewer when more must come."""
        size = len(view)
        tls, arrived = self._tls, self._arrived
        taken = 0
        try:
            while taken < size and (arrived.pending or tls.pending()):
                read: int = tls.read(size - taken, view[taken:] if taken else view)  # type: ignore[assignment]
                if not read:  # whatever follows the peer's last word is not listened to
                    self.ended = True
                    break
                taken += read
        except ssl.SSLWantReadError:  # a part of a record
            pass
        except ssl.SSLZeroReturnError:  # the last word again, after this side's own
            self.ended = True
        except ssl.SSLError:
            self._send_alert()
            raise
        return taken

    def fill(self) -> bool:
        """Wait for ciphertext, with one system call; False when the connection has ended, in one way or the other."""
        if self.ended:
            return False
        room = self._room
        size = self._socket.recv_into(room)
        if not size:
            return False
        if size < len(room):
            self._arrived.write(room[:size])
        else:
            self._arrived.write(room)
            if size < READ_BYTES:
                self._room = memoryview(bytearray(READ_BYTES))
        return True

    # ------------------------------------------------ the first words: small, and waited for

    def do_handshake(self) -> None:
        """TLS's own handshake, within the time-out. Raises ssl.SSLError when a side refuses, TimeoutError, OSError."""
        seconds = self._socket.gettimeout()
        started = time.monotonic()
        try:
            while True:
                try:
                    self._tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    self._send_all()
                if seconds is not None:
                    self._socket.settimeout(max(0.001, seconds - (time.monotonic() - started)))
                if not self.fill():
                    self._arrived.write_eof()  # OpenSSL says what is wrong with that
            self._send_all()
        except ssl.SSLError:
            self._send_alert()
            raise
        finally:
            with contextlib.suppress(OSError):  # closed by another thread
                self._socket.settimeout(seconds)

    def sendall(self, words: bytes) -> None:
        """Send all of `words`, waiting for the peer up to the time-out."""
        self._tls.write(words)
        self._send_all()

    def recv(self, size: int) -> bytes:
        """At most `size` bytes, at least one; none when the connection has ended."""
        view = bytearray(size)
        while not (taken := self.take(memoryview(view))):
            if not self.fill():
                return b""
        return bytes(view[:taken])

    def settimeout(self, seconds: float | None) -> None:
        """Let `fill`, `sendall` and `do_handshake` wait this long; None: for ever."""
        self._socket.settimeout(seconds)

    def shown_certificate(self) -> bytes | None:
        """The certificate (DER) whose key the peer proved to hold. Raises ValueError before the handshake."""
        return self._tls.getpeercert(binary_form=True)

    def version(self) -> str | None:
        """The TLS version that was agreed on."""
        return self._tls.version()

    # ------------------------------------------------ the end

    def say_end(self) -> None:
        """Tell the peer that nothing more comes, if there is room for the word; it may be gone already."""
        # OpenSSL would now wait for the peer's own last word, or finds an earlier error in its way.
        with contextlib.suppress(ssl.SSLError, ValueError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self.flush()

    def shut(self) -> None:
        """End the connection both ways and wake whoever waits on it; for any thread, at any time."""
        with contextlib.suppress(OSError):  # already closed, by the peer or by us
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back, and what has come and was not taken."""
        self._socket.close()

    def fileno(self) -> int:
        """The socket's descriptor, -1 after `close`."""
        return self._socket.fileno()

    def _send_all(self) -> None:
        if self._unsent is not None:
            self._socket.sendall(self._unsent)
            self._unsent = None
        if self._leaving.pending:
            self._socket.sendall(self._leaving.read())

    def _send_alert(self) -> None:
        """Let the peer know why TLS ended here, if there is room for it."""
        with contextlib.suppress(OSError):  # the TLS error is what is reported
            self.flush()
