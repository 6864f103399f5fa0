"""Connections to one PostgreSQL, for threads to share: each waits for an answer only so long, and none outlives a loss.

Source: libpq's documentation, section 34.1.2, for `connect_timeout` and `tcp_user_timeout`.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.waiting import Ready

P = ParamSpec("P")
R = TypeVar("R")

RELIES_ON = ("Connection.wait", "waiting.Wait", "waiting.Ready")
"""psycopg passes every wait of a connection, once it is made, through the first, in the terms of the others."""

CONNECT_SECONDS = 3
ANSWER_SECONDS = 4.0

_EVENTS = {int(Ready.R): select.POLLIN, int(Ready.W): select.POLLOUT}


class TooSlow(psycopg.OperationalError):
    """A server that took a question and gave no answer in time."""


class Connection(psycopg.Connection[Any]):
    """A connection whose waits end at `deadline`, in seconds of the monotonic clock."""

    deadline = float("inf")

    def wait(self, gen: Generator[Any, Any, R], interval: float = 0.0, timeout: float | None = None) -> R:
        """What `gen` returns, which yields what it waits for. Raises: TooSlow."""
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send(ready(self.fileno(), wanted, self.deadline - time.monotonic()))
        except StopIteration as end:
            result: R = end.value
            return result


def ready(descriptor: int, wanted: int, seconds: float) -> int:
    """What of `wanted` a descriptor is ready for; an error or a hang-up counts as all of it. Blocks.

    Raises: TooSlow when nothing happens for so long.
    """
    poll = select.poll()
    poll.register(descriptor, sum(event for kind, event in _EVENTS.items() if wanted & kind))
    happened = poll.poll(None if seconds == float("inf") else max(0.0, seconds * 1000))
    if not happened:
        raise TooSlow("the server gives no answer")
    return sum(kind for kind, event in _EVENTS.items() if happened[0][1] & event) or wanted


def connect(conninfo: str) -> Connection:
    """A new connection. Blocks. Raises: psycopg.OperationalError."""
    connection = Connection.connect(
        conninfo,
        autocommit=True,
        prepare_threshold=None,
        client_encoding="utf8",
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=int(ANSWER_SECONDS * 1000),
        fallback_application_name="tnet",
    )
    connection.deadline = time.monotonic() + ANSWER_SECONDS
    try:
        milliseconds = str(int(ANSWER_SECONDS * 1000))
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (milliseconds,))
    except psycopg.Error:
        _give_up(connection)
        raise
    return connection


class Connections:
    """Connections to one database: as many as threads use at once.

    `connect` makes one, and `prepare` is called with each of them. `answered` tells whether there ever was one.
    """

    def __init__(self, connect: Callable[[], Connection], prepare: Callable[[Connection], None]) -> None:
        self.answered = False
        self._connect = connect
        self._prepare = prepare
        self._idle: list[Connection] = []
        self._closed = False

    def use(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work` gives for a connection, which is kept for the next call unless something goes wrong. Blocks.

        Raises: psycopg.Error; psycopg.OperationalError when the connection is lost or cannot be had.
        """
        connection = self._taken()
        try:
            connection.deadline = time.monotonic() + ANSWER_SECONDS
            outcome = work(connection, *args, **kwargs)
        except BaseException as error:
            _give_up(connection)
            if isinstance(error, psycopg.OperationalError):
                self._give_up_idle()
            raise
        self._keep(connection)
        return outcome

    def close(self) -> None:
        """Close every connection: the idle ones now, the others after their work."""
        self._closed = True
        self._give_up_idle()

    def _taken(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connected()

    def _connected(self) -> Connection:
        connection = self._connect()
        try:
            self._prepare(connection)
        except BaseException:
            _give_up(connection)
            raise
        self.answered = True
        return connection

    def _keep(self, connection: Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self._give_up_idle()

    def _give_up_idle(self) -> None:
        with suppress(IndexError):
            while True:
                _give_up(self._idle.pop())


def _give_up(connection: Connection) -> None:
    with suppress(psycopg.Error):
        connection.close()
