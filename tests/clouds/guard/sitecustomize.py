"""Python loads this first where PYTHONPATH names its folder: it lets nothing out, and lists what was loaded.

Only the standard library, and little of it: every Python process of an engine test starts with it.
"""

import atexit
import json
import os
import sys

FOLDER = os.environ.get("AI_PLATFORM_TEST_GUARD", "")


def _outside(host):
    return isinstance(host, str) and host not in ("localhost", "::1", "") and not host.startswith("127.")


def _watch(event, arguments):
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    host = address[0] if isinstance(address, tuple) else address
    # A path is a socket of this machine.
    if _outside(host) and not host.startswith("/"):
        with open(os.path.join(FOLDER, "attempts"), "a") as file:  # noqa: PTH118, PTH123
            file.write(f"{event} {address} by {' '.join(sys.orig_argv)}\n")
        raise PermissionError(f"a test allows connections to this machine only, not to {host}")


def _list_modules():
    loaded = sorted(name for name in sys.modules if name.startswith("pulumi_"))
    # Whole or not at all: pulumi gives its plugins a second to end, then it kills them.
    part = os.path.join(FOLDER, f"part-{os.getpid()}")  # noqa: PTH118
    with open(part, "w") as file:  # noqa: PTH123
        json.dump({"command": sys.orig_argv, "modules": loaded}, file)
    os.replace(part, os.path.join(FOLDER, f"modules-{os.getpid()}.json"))  # noqa: PTH105, PTH118


if FOLDER:
    sys.addaudithook(_watch)
    atexit.register(_list_modules)
