"""A child for the supervisor's tests: forks once, says both process ids, then waits."""

import os
import signal
import sys
import time

if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "frozen" in sys.argv:  # as a process that hangs: no handler of its runs
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGQUIT})
parent = os.getpid()
if os.fork():
    time.sleep(60)
else:
    print(f"pids {parent} {os.getpid()}", flush=True)
    time.sleep(60)
