#!/usr/bin/env python3
"""tun.py MILLISECONDS NAMESPACE ADDRESS NAMESPACE ADDRESS

Joins two network namespaces by a pair of TUN devices and holds every packet for so many milliseconds, one way: no loss, no
reordering, no limit of bandwidth. For kernels without netem. Prints `ready` when packets can pass; ends when its input ends.
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
DEVICE = "tun0"
PACKETS_AT_ONCE = 64
LONGEST_PACKET = 65536

libc = ctypes.CDLL(None, use_errno=True)


def enter(descriptor):
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def device_in(namespace, address, peer):
    """A TUN device stays where it was made, and so does its descriptor's other end."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + namespace, os.O_RDONLY)
    enter(there)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "addr", "add", address, "peer", peer, "dev", DEVICE], check=True)
    subprocess.run(["ip", "link", "set", DEVICE, "mtu", "1500", "txqueuelen", "10000", "up"], check=True)
    enter(home)
    os.close(home)
    os.close(there)
    return device


def forward(one, other, delay):
    opposite = {one: other, other: one}
    held = collections.deque()
    while True:
        while held and held[0][0] <= time.monotonic():
            _, device, packet = held.popleft()
            try:
                os.write(device, packet)
            except OSError:
                pass
        patience = max(0.0, held[0][0] - time.monotonic()) if held else None
        ready, _, _ = select.select([one, other, 0], [], [], patience)
        for device in ready:
            if device == 0:
                if os.read(0, 4096) == b"":
                    return
                continue
            for _ in range(PACKETS_AT_ONCE):
                try:
                    packet = os.read(device, LONGEST_PACKET)
                except BlockingIOError:
                    break
                held.append((time.monotonic() + delay, opposite[device], packet))


def main():
    milliseconds, name, address, other_name, other_address = sys.argv[1:]
    one = device_in(name, address, other_address)
    other = device_in(other_name, other_address, address)
    print("ready", flush=True)
    forward(one, other, float(milliseconds) / 1000)


main()
