"""Memory that is freed is there again without new pages, tried in a process of its own."""

import platform
import subprocess
import sys

import pytest

PAGE_FAULTS = """
import resource
import torch
from unbraid.common.system.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        tensors = [torch.ones(2_000_000) for _ in range(6)]  # 48 MB, all freed in the end
        del tensors
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = faults()
keep_freed_memory()
faults()
print(usual, faults())
"""  # each call uses 234,000 pages, of which glibc by itself gets tens of thousands anew


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_kept_memory_costs_no_page_faults():
    usual, kept = map(int, subprocess.run([sys.executable, "-c", PAGE_FAULTS], capture_output=True, text=True,
                                          check=True).stdout.split())
    assert kept < 1000 < usual
