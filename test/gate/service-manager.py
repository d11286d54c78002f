"""Does for a gate what systemd does: hands sockets over, and takes notices. Arguments: names of sockets with commas, a folder, and the program. Says what it
was told, a line of JSON each; SIGTERM is passed on."""

import json, os, signal, socket, sys

names, folder, program = sys.argv[1].split(","), sys.argv[2], sys.argv[3:]
notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notices.bind(os.path.join(folder, "notify"))
listeners = [socket.create_server(("127.0.0.1", 0)) for name in names if name]


def say(**words):
    print(json.dumps(words), flush=True)


say(ports=[listener.getsockname()[1] for listener in listeners])
child = os.fork()
if child == 0:
    for at, listener in enumerate(listeners):
        os.dup2(listener.fileno(), 100 + at)
    for at in range(len(listeners)):
        os.dup2(100 + at, 3 + at)
        os.close(100 + at)
    handed = {"LISTEN_FDS": str(len(listeners)), "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": ":".join(names)}
    watched = {"NOTIFY_SOCKET": os.path.join(folder, "notify"), "WATCHDOG_USEC": "400000", "WATCHDOG_PID": str(os.getpid())}
    os.execve(program[0], program, {**os.environ, **handed, **watched})
for listener in listeners:
    listener.close()
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
signal.signal(signal.SIGHUP, lambda *_: os.kill(child, signal.SIGHUP))
notices.settimeout(0.1)
while True:
    try:
        say(notice=notices.recv(4096).decode().split("\n"))
    except TimeoutError:
        pass
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        say(exit=os.waitstatus_to_exitcode(status))
        break
