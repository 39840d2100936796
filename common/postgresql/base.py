"""Connections that give up on a server that does not answer.

PostgreSQL ends slow statements and waits for locks itself, as `config.environment` asks of it. A
server that is stopped, or behind a cable that was pulled, ends nothing: then we hang up.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import IsolationLevel, errors, pq

from common.circuit import Circuit

#: After a server did not answer, nobody of this process asks it for this long.
circuit = Circuit(seconds=1)


class PatientConnection(psycopg.Connection[Any]):
    """Waits for an answer for `patience` seconds (None: for ever), then hangs up."""

    patience: float | None = None

    def wait(
        self, gen: Any, interval: float = 0.1, timeout: float | None = None
    ) -> Any:  # as psycopg's, which has no limit unless it is told one
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except errors._WaitTimeout:
            self.close()
            circuit.trip()
            raise psycopg.OperationalError("The database did not answer in time.") from None


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with `PATIENCE_SECONDS` beside `OPTIONS`, and no query to see if a server lives."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        """A new connection. Raises OperationalError, at once while the circuit is open."""
        if circuit.is_open:
            raise psycopg.OperationalError("The database did not answer a moment ago.")
        self.isolation_level = IsolationLevel.READ_COMMITTED
        try:
            connection = PatientConnection.connect(**conn_params)
        except errors.ConnectionTimeout:
            circuit.trip()
            raise
        connection.patience = self.settings_dict.get("PATIENCE_SECONDS")
        return connection

    def raw_cursor(self) -> Any:
        """A cursor for PostgreSQL's own placeholders, whose values are bound on the server, and
        whose rows come in binary: nobody writes and reads their moments as text.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        cursor = psycopg.RawCursor(self.connection)
        cursor.format = pq.Format.BINARY
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined]  # untyped in django-stubs

    def is_usable(self) -> bool:
        """Whether the server is still at the other end, as far as the socket knows. No query.

        A server that ends a connection says so, and nothing else is said to a connection that asked
        nothing: whatever there is to be read means a new connection. Asked before each request.
        """
        if self.connection is None or self.connection.closed or circuit.is_open:
            return False
        socket = select.poll()
        socket.register(self.connection.pgconn.socket, select.POLLIN)
        return not socket.poll(0)
