"""What runs in the pods of a proof: Python with torch, and nothing of this library.

``visible`` computes on every GPU that the pod sees. ``all-reduce`` sums a tensor over all GPUs of all pods
and compares the bus bandwidth with a threshold. Both write a line of JSON, and exit with 1 when the proof
fails.
"""

import json
import os
import sys
import time
from importlib import import_module

WARM_UPS, ROUNDS = 5, 20
BYTES_OF_A_FLOAT = 4


def bus_gb_per_s(message_bytes: int, seconds: float, ranks: int) -> float:
    """Bus bandwidth of an all-reduce, 10^9 bytes a second: nccl-tests, doc/PERFORMANCE.md."""
    return 2 * (ranks - 1) / ranks * message_bytes / seconds / 1e9


def judged(measured: float, least: float | None) -> str:
    """``passed``, ``failed``, or ``not judged`` where there is no threshold."""
    if least is None:
        return "not judged"
    return "passed" if measured >= least else "failed"


def visible(wanted: int) -> int:
    """Uses each GPU once."""
    torch = import_module("torch")
    names = []
    for index in range(torch.cuda.device_count()):
        ones = torch.ones(256, 256, device=f"cuda:{index}")
        if float((ones @ ones).sum()) == 256.0**3:
            names.append(torch.cuda.get_device_name(index))
    passed = len(names) >= wanted
    said = {"event": "gpus_visible", "node": os.environ.get("NODE_NAME"), "gpus": names, "wanted": wanted}
    say({**said, "result": "passed" if passed else "failed"})
    return 0 if passed else 1


def all_reduce(message_bytes: int, least: float | None) -> int:
    """Measures as nccl-tests does: the mean of many rounds after some that don't count, slowest rank."""
    torch = import_module("torch")
    dist = import_module("torch.distributed")
    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl")
    ranks = dist.get_world_size()

    ones = torch.ones(1024, device="cuda")
    dist.all_reduce(ones)
    right = bool((ones == ranks).all())

    message = torch.zeros(message_bytes // BYTES_OF_A_FLOAT, device="cuda")
    for _ in range(WARM_UPS):
        dist.all_reduce(message)
    torch.cuda.synchronize()
    dist.barrier()
    began = time.perf_counter()
    for _ in range(ROUNDS):
        dist.all_reduce(message)
    torch.cuda.synchronize()
    seconds = torch.tensor((time.perf_counter() - began) / ROUNDS, device="cuda", dtype=torch.float64)
    dist.all_reduce(seconds, op=dist.ReduceOp.MAX)

    measured = bus_gb_per_s(message_bytes, float(seconds), ranks)
    result = judged(measured, least) if right else "failed"
    if dist.get_rank() == 0:
        said = {"event": "all_reduce", "ranks": ranks, "message_bytes": message_bytes, "right_sum": right}
        say({**said, "bus_gb_per_s": round(measured, 2), "least_gb_per_s": least, "result": result})
    dist.destroy_process_group()
    return 1 if result == "failed" else 0


def say(said: dict[str, object]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Arguments: ``visible GPUS``, or ``all-reduce BYTES [LEAST]``."""
    what, number, *rest = sys.argv[1:]
    if what == "visible":
        return visible(int(number))
    return all_reduce(int(number), float(rest[0]) if rest else None)


if __name__ == "__main__":
    sys.exit(main())
