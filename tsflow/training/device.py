"""The device that networks are trained and run on."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

import torch

from tsflow.errors import DeviceError


def resolve_device(name: str) -> torch.device:
    """The device called ``auto`` (the fastest there is), ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        DeviceError: If the name is unknown or the device is not there, with the devices that are.
    """
    present = _present()
    if name == "auto":
        return torch.device(present[0])
    if name == "cuda" and "cuda:0" in present:
        return torch.device("cuda:0")
    if name not in present:
        raise DeviceError(f"{name!r} is not there; this machine has: auto, {', '.join(present)}")
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """The device in words, for a log line or a row of `runs`."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "mps":
        return "mps (Apple GPU)"
    return "cpu"


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device's memory ran out; the CPU's allocator and MPS have no class of their own for it."""
    words = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in words or "can't allocate memory" in words


def free_memory(device: torch.device) -> None:
    """Hand the memory that torch keeps for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one CPU thread inside; torch's setting is as before afterwards.

    These networks gain 0 to 35 % from a second thread on two idle cores, and beside other work a fit took 2.7
    times as long with it (GRU, M4 weekly: 105 s against 39 s). Cores are for architectures side by side.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quick_cpu() -> Iterator[None]:
    """One thread, numbers below 1e-38 taken as 0, and freed memory kept; for training.

    Gradients that vanish over many steps end as such numbers, with which a processor is far slower:
    the first steps of an LSTM over 168 hours took 66 ms instead of 34, those of an RNN 43 instead of 24.
    """
    with one_thread(), freed_memory_kept():
        torch.set_flush_denormal(True)  # of this thread; false where the processor cannot
        try:
            yield
        finally:
            torch.set_flush_denormal(False)


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let glibc keep up to 512 MB of freed memory for the next step; inside, no buffer is too large for it.

    By default it hands large buffers back to the kernel, and takes them again at the next step: 53 of the 117 ms of
    a step of an LSTM over 168 hours. Nothing is done where there is no glibc.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(_M_MMAP_MAX, 0)
    try:
        yield
    finally:
        libc.mallopt(_M_MMAP_MAX, 65_536)  # glibc's own setting


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, told what to keep for the rest of the process; none if it is another."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "gnu_get_libc_version"):
        return None
    libc.mallopt(_M_TRIM_THRESHOLD, 512 * 2**20)
    libc.mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)  # the most that glibc takes
    return libc


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4  # glibc's malloc.h


def repeatable() -> AbstractContextManager[None]:
    """Same seed, same numbers on CUDA, too: cuDNN's deterministic kernels, inside only.

    Nothing is seeded: the batches have their own generator, and no network draws random numbers in training.
    """
    return torch.backends.cudnn.flags(enabled=True, deterministic=True)


def _present() -> list[str]:
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]
