#!/usr/bin/env python3
"""measured.py RESULT SECONDS COMMAND…

Runs a command, at most so many seconds, and writes to the file RESULT as JSON what it cost: `wall` and `cpu` in seconds (those of
its children too), `rss` in kB, `connections` that were begun meanwhile in this network namespace (TCP active opens, RFC 4022 §3),
`status`, and the machine's `load` before.
"""
import json
import os
import signal
import sys
import time


def active_opens():
    with open("/proc/self/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("Tcp:")]
    return int(values[names.index("ActiveOpens")])


def main():
    result, seconds, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    load = os.getloadavg()[0]
    opens = active_opens()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(error, file=sys.stderr)
            os._exit(127)

    def end(_signal, _frame):
        os.killpg(child, signal.SIGKILL)

    for one in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end)
    signal.alarm(seconds)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - began
    cost = {
        "wall": round(wall, 4),
        "cpu": round(usage.ru_utime + usage.ru_stime, 4),
        "rss": usage.ru_maxrss,
        "connections": active_opens() - opens,
        "status": os.waitstatus_to_exitcode(status),
        "load": load,
    }
    with open(result, "w", encoding="ascii") as file:
        json.dump(cost, file)


main()
