"""`python -m operations.supervised MODULE ARGUMENT…`: run a module that ends with its parent."""

import faulthandler
import runpy
import sys
import warnings

from operations.processes import TELL, follow_parent

if __name__ == "__mp_main__":  # in a process that it spawned
    follow_parent(spawned=True)
    faulthandler.register(TELL, all_threads=True)

if __name__ == "__main__":
    follow_parent()
    faulthandler.register(TELL, all_threads=True)
    # Celery says it in eight lines; `up` says it in one.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser")
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__")
