import pytest
import torch

from tsflow.errors import DeviceError
from tsflow.training.device import describe_device, is_out_of_memory, one_thread, resolve_device


def test_cpu_is_always_there():
    assert describe_device(resolve_device("cpu")) == "cpu"


def test_auto_takes_a_device_that_computes():
    assert torch.ones(2, device=resolve_device("auto")).sum().item() == 2


@pytest.mark.parametrize("name", ["cuda:99", "tpu", "", "cuda:x"])
def test_a_device_that_is_not_there_is_an_error_that_names_those_that_are(name):
    with pytest.raises(DeviceError, match=r"is not there; this machine has: auto, .*cpu"):
        resolve_device(name)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_out_of_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) is expected


def test_the_cpus_allocator_running_out_is_out_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_one_thread_leaves_the_setting_as_it_was():
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
