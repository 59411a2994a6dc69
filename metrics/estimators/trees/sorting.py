"""The sort that decides the order among equal values: scikit-learn 1.9's introsort, move for move.

The order among rows of equal value is the order in which their residuals are summed, hence the last bit of the sums.
"""

from __future__ import annotations

from math import log2

import numpy as np

from .memory import uncounted

SMALL = 15  # at most so many values are sorted by insertion, which is stable


@uncounted
def sort_rows(values: np.ndarray, rows: np.ndarray, start: int, end: int) -> None:
    """Sorts values[start:end] ascending, and rows[start:end] along with them."""
    if end - start > 1:
        _introsort(values, rows, start, end, 2 * int(log2(end - start)))


@uncounted
def _introsort(values: np.ndarray, rows: np.ndarray, start: int, end: int, depth: int) -> None:
    while end - start > SMALL:
        if depth <= 0:
            _heapsort(values, rows, start, end)
            return
        depth -= 1
        pivot = _median(values[start], values[start + (end - start) // 2], values[end - 1])
        smaller, here, larger = start, start, end
        while here < larger:
            if values[here] < pivot:
                _swap(values, rows, here, smaller)
                here += 1
                smaller += 1
            elif values[here] > pivot:
                larger -= 1
                _swap(values, rows, here, larger)
            else:
                here += 1
        _introsort(values, rows, start, smaller, depth)
        start = larger
    _insertion_sort(values, rows, start, end)


@uncounted
def _median(first: float, second: float, third: float) -> float:
    if first < second:
        if second < third:
            return second
        return third if first < third else first
    if second < third:
        return first if first < third else third
    return second


@uncounted
def _swap(values: np.ndarray, rows: np.ndarray, here: int, there: int) -> None:
    values[here], values[there] = values[there], values[here]
    rows[here], rows[there] = rows[there], rows[here]


@uncounted
def _insertion_sort(values: np.ndarray, rows: np.ndarray, start: int, end: int) -> None:
    for position in range(start + 1, end):
        value, row = values[position], rows[position]
        place = position
        while place > start and values[place - 1] > value:
            values[place], rows[place] = values[place - 1], rows[place - 1]
            place -= 1
        values[place], rows[place] = value, row


@uncounted
def _heapsort(values: np.ndarray, rows: np.ndarray, start: int, end: int) -> None:
    num = end - start
    for root in range((num - 2) // 2, -1, -1):
        _sift_down(values, rows, start, root, num)
    for last in range(num - 1, 0, -1):
        _swap(values, rows, start, start + last)
        _sift_down(values, rows, start, 0, last)


@uncounted
def _sift_down(values: np.ndarray, rows: np.ndarray, start: int, root: int, num: int) -> None:
    while True:
        largest = root
        for child in (2 * root + 1, 2 * root + 2):
            if child < num and values[start + largest] < values[start + child]:
                largest = child
        if largest == root:
            return
        _swap(values, rows, start + root, start + largest)
        root = largest
