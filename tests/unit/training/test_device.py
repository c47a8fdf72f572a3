import pytest
import torch

from tsflow.errors import DeviceError
from tsflow.training.device import describe_device, is_out_of_memory, quick_cpu, resolve_device


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


def test_training_takes_one_thread_and_no_denormal_numbers_and_leaves_both_settings_as_they_were():
    tiny = torch.tensor([1e-40])
    before = torch.get_num_threads()
    with quick_cpu():
        assert torch.get_num_threads() == 1
        assert (tiny * 1).item() == 0 or not torch.set_flush_denormal(True)
    assert torch.get_num_threads() == before
    assert (tiny * 1).item() > 0
