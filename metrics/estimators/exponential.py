"""The C library's exponential for whole arrays, to the last bit, in vector instructions.

Scores that must equal scikit-learn's to the bit need the `exp` that scikit-learn calls, glibc's; other vectorised ones
round one value in twenty differently.  glibc computes 2^(k/128) from a table and a polynomial of degree five.  The same
operations in loops without branches are three times as fast.  Other C libraries may round otherwise; whether this one
is reproduced is tried before it is relied upon.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np

from ...common.compiling.compiled import compiled
from ...common.compiling.fused import fused_multiply_add
from .fast_paths import FastPath

TABLE_SIZE = 128
LARGEST = 512.0  # glibc treats larger arguments in another way
COEFFICIENTS = tuple(float.fromhex(text) for text in (
    "0x1.ffffffffffdbdp-2", "0x1.555555555543cp-3", "0x1.55555cf172b91p-5", "0x1.1111167a4d017p-7"))
STEPS = float.fromhex("0x1.71547652b82fep0") * TABLE_SIZE  # of the table, per unit
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa0000p-8"), float.fromhex("0x1.cf79abc9e3b39p-47")
ROUNDING = float.fromhex("0x1.8p52")  # added to a double, it leaves the nearest integer in the lowest bits
NUM_TRIED = 20_000


def _make_table() -> tuple[np.ndarray, np.ndarray]:
    """For k = 0 .. 127: bits of 2^(k/128) as a double, less k / 128 in the exponent; and what it lacks, relative."""
    powers, tails = np.empty(TABLE_SIZE), np.empty(TABLE_SIZE)
    with localcontext() as context:
        context.prec = 50
        for k in range(TABLE_SIZE):
            exact = (Decimal(2).ln() * k / TABLE_SIZE).exp()
            powers[k] = float(exact)
            tails[k] = float(exact / Decimal(powers[k].item()) - 1)
    return powers.view(np.int64) - (np.arange(TABLE_SIZE, dtype=np.int64) << 52) // TABLE_SIZE, tails


POWERS, TAILS = _make_table()


@compiled()
def fill_exponentials(values: np.ndarray, results: np.ndarray, spare: np.ndarray, is_reproduced: bool) -> None:
    """results[i] = exp(values[i]), as `math.exp` gives it.

    values, results, spare: (n,) float64, three different arrays.  is_reproduced: what `is_libm_reproduced` says."""
    is_special = not is_reproduced
    for place in range(len(values)):
        is_special |= not abs(values[place]) < LARGEST
    if is_special:
        for place in range(len(values)):
            results[place] = math.exp(values[place])
    else:
        _fill(values, results, spare)


@compiled()
def _fill(values: np.ndarray, results: np.ndarray, spare: np.ndarray) -> None:
    c2, c3, c4, c5 = COEFFICIENTS
    scales, steps = results.view(np.int64), spare.view(np.int64)
    for place in range(len(values)):
        spare[place] = fused_multiply_add(STEPS, values[place], ROUNDING)
    for place in range(len(values)):
        step, whole = steps[place], spare[place] - ROUNDING
        rest = fused_multiply_add(whole, -LN2_LOW, fused_multiply_add(whole, -LN2_HIGH, values[place]))
        entry, square = step & (TABLE_SIZE - 1), rest * rest
        scales[place] = POWERS[entry] + (step << 45)
        low = fused_multiply_add(square, fused_multiply_add(rest, c3, c2), TAILS[entry] + rest)
        spare[place] = fused_multiply_add(square * square, fused_multiply_add(rest, c5, c4), low)
    for place in range(len(values)):
        results[place] = fused_multiply_add(results[place], spare[place], results[place])


def is_libm_reproduced() -> bool:
    """Whether these operations give what this machine's C library gives."""
    return EXPONENTIAL.is_equal()


def _has_the_c_librarys_bits() -> bool:
    """On numbers of every size."""
    stream = np.random.RandomState(0)
    values = stream.uniform(-1, 1, NUM_TRIED) * 10 ** stream.uniform(-17, np.log10(LARGEST), NUM_TRIED)
    found, spare = np.empty(NUM_TRIED), np.empty(NUM_TRIED)
    _fill(values, found, spare)
    return found.tolist() == [math.exp(value) for value in values.tolist()]


EXPONENTIAL = FastPath("exponential", "C library", "glibc 2.28 and later", _has_the_c_librarys_bits)
