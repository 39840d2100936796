"""The web processes' HTTP server: granian, whose processes can be replaced without a pause.

Each works at a door that the first process keeps open. On SIGHUP each is replaced in turn: a new
one, a fresh interpreter with the code that lies there now, is waited for before the old one goes. A
release that cannot be loaded changes nothing: the processes that run stay.

A process that goes first says with each answer that its connection ends there. Else a proxy that
keeps connections would send a request at the moment when they are cut, and could not know what
became of it.
"""

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING, Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from common.doors import BACKLOG

if TYPE_CHECKING:  # else metrics would be made before settings have said where
    from edge.wsgi import Application

log = logging.getLogger(__name__)

#: By itself a process takes 512 connections: whoever comes then waits until one of these is gone,
#: half a minute with connections that are kept.
CONNECTIONS = 4_096
#: A new process has loaded by then, or will not.
LOADED_SECONDS = 60
#: So long a process that is to go ends connections politely: a proxy asks on each within it, or
#: has not asked for longer and is unlikely to at the moment when the rest are cut.
LEAVING_SECONDS = 2
#: Requests that run are given so long.
END_SECONDS = 10
LEAVE = signal.SIGUSR1
#: Who connects is let in once they say something, or after so many seconds: so a process that goes
#: hangs up on nobody who has just come and whose request is on its way.
SILENT_SECONDS = 5


def serve(
    target: str,
    *,
    doors: Sequence[socket.socket],
    processes: int,
    threads: int,
    logs: dict[str, Any],
) -> None:
    """Serve the WSGI application that `target` (`module:name`) names until SIGTERM or SIGINT.

    With a door for each process the kernel deals connections out; who shares one takes what comes,
    often all of it, which serves a quarter less where connections are few.
    """
    if hear_first := getattr(socket, "TCP_DEFER_ACCEPT", None):
        for door in doors:
            door.setsockopt(socket.IPPROTO_TCP, hear_first, SILENT_SECONDS)
    # A forked process would keep whatever code this one has read.
    multiprocessing.set_start_method("spawn")
    here = multiprocessing.Event()
    Web(doors, here, target, processes, threads, logs).serve(target_loader=partial(load, here))


class Web(MPServer):
    """granian's server, at doors that somebody has opened; `here` is set by each new process."""

    def __init__(
        self,
        doors: Sequence[socket.socket],
        here: Event,
        target: str,
        processes: int,
        threads: int,
        logs: dict[str, Any],
    ) -> None:
        host, port = doors[0].getsockname()[:2]
        super().__init__(
            target,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            websockets=False,
            workers=processes,
            blocking_threads=threads,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(),
            http2_settings=HTTP2Settings(),
            log_level=LogLevels.error,
            log_dictconfig=logs,
            respawn_failed_workers=True,
            workers_kill_timeout=END_SECONDS,
        )
        self.doors, self.here = doors, here

    def _init_shared_socket(self) -> None:
        self._sso = self._ssp = None

    def _spawn_worker(
        self, idx: int, target: Any, callback_loader: Any, socket_loader: Any = None
    ) -> WorkerProcess:
        self._sso = self.doors[idx % len(self.doors)]
        # As it is pickled for a new process.
        self._shd = SocketHolder(self._sso.fileno(), False, BACKLOG)  # type: ignore[call-arg, assignment]  # granian's types name other arguments
        return super()._spawn_worker(idx, target, callback_loader)

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:
        """Replace the processes one by one; at the first that does not come, none of the rest."""
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        for index, old in enumerate(list(self.wrks)):
            new = self._spawn_worker(index, spawn_target, target_loader)
            if not self._comes(new):
                log.error("A new web process did not come to work: those that run stay.")
                return
            self.wrks[index] = new
            _let_leave(old)
            _end(old)
        log.info("Web processes replaced.")

    def _stop_workers(self) -> None:
        _let_leave(*self.wrks)
        super()._stop_workers()

    def _comes(self, new: WorkerProcess) -> bool:
        """Start a process; tell whether it got as far as to work. If not, it is gone again."""
        self.here.clear()
        new.interrupt_by_parent = True  # its end would be taken for a failure to be mended
        new.start()
        until = time.monotonic() + LOADED_SECONDS
        while not self.here.wait(0.1):
            if not new.is_alive() or self.interrupt_signal or time.monotonic() > until:
                _end(new)
                return False
        new.interrupt_by_parent = False
        return True


def load(here: Event, target: str) -> "Application":
    """In a new process: the application, once this process can work."""
    module, _, name = target.partition(":")
    application = getattr(import_module(module), name)
    signal.signal(LEAVE, partial(_leave, application))
    here.set()
    return application


def _leave(application: Any, number: int, frame: object) -> None:
    application.is_leaving = True


def _let_leave(*processes: WorkerProcess) -> None:
    """Have processes say good-bye to whom they answer, and give them the time for it."""
    for process in processes:
        if process.is_alive():
            os.kill(process._id(), LEAVE)
    time.sleep(LEAVING_SECONDS)


def _end(process: WorkerProcess) -> None:
    process.terminate()
    process.join(END_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
