"""Runs a command and tells what it cost: `cost.py RESULT SECONDS COMMAND…`.

Into the file RESULT goes JSON: the exit code, the wall-clock seconds, the CPU seconds of the command and of all that it started, also of
what it left in the background (which is ended), and the most memory that they held together. A command that takes longer than SECONDS is
ended: its code is null.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
result, limit, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]


def below(pid):
    """All processes that `pid` started, and those that they started."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in file.read().split():
                    found += [int(child), *below(child)]
    except OSError:
        pass  # It has ended meanwhile.
    return found


def proportional(pid):
    """Bytes of memory; what several processes share counts for each in part."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:")), 0)
    except OSError:
        return 0


def watch():
    """Looks at the memory again and again, and spends no more than a twentieth of the time on it."""
    global peak
    while not is_over.is_set():
        begin = time.monotonic()
        processes = below(os.getpid())
        # Of a single one the kernel knows the peak.
        if len(processes) > 1:
            peak = max(peak, sum(map(proportional, processes)))
        is_over.wait(max(0.02, 20 * (time.monotonic() - begin)))


def end_rest():
    while True:
        rest = below(os.getpid())
        for process in rest:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.wait()
        except ChildProcessError:
            return


peak = 0
is_over = threading.Event()
# What goes into the background comes to this process, not to the first one of the machine.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
watcher = threading.Thread(target=watch, daemon=True)
watcher.start()
begin = time.monotonic()
child = os.posix_spawnp(command[0], command, os.environ)
is_late = threading.Event()


def late():
    is_late.set()
    os.kill(child, signal.SIGKILL)


clock = threading.Timer(limit, late)
clock.daemon = True
clock.start()
status = 0
while True:
    pid, state = os.wait()
    if pid == child:
        status = state
        break
seconds = time.monotonic() - begin
clock.cancel()
is_over.set()
watcher.join()
end_rest()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(result, "w") as file:
    json.dump(
        {
            "code": None if is_late.is_set() else os.waitstatus_to_exitcode(status),
            "seconds": seconds,
            "cpuSeconds": used.ru_utime + used.ru_stime,
            "peakBytes": max(peak, used.ru_maxrss * 1024),
        },
        file,
    )
