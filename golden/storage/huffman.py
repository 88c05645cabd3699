"""Huffman codes of bytes and their decoding tables, as DFloat11 builds them."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError

Array = npt.NDArray[Any]
Code = tuple[int, int]  # length and value, the first bit on top

#: The end marker that dahuffman adds: never stored whole, its first bits fill the last byte.
END = -1
LONGEST = 32
#: Bytes from here on are pointers in the tables, so they cannot be symbols.
POINTERS = 240


def codes(counts: Mapping[int, int]) -> dict[int, Code]:
    """The Huffman code of each symbol, and of END with frequency 1.

    The tree is that of dahuffman 0.4: the two rarest nodes merge, the rarer on the 0 side; of nodes
    equally rare, the one whose first leaf is the lower symbol, END lowest. A node's first leaf is
    that of its 0 side. Seen in re-implementations that were compared with dahuffman, not run here;
    any prefix code decodes alike.
    """
    heap = [(count, symbol, {symbol: (0, 0)}) for symbol, count in counts.items()]
    heap.append((1, END, {END: (0, 0)}))
    heapq.heapify(heap)
    while len(heap) > 1:
        rare, often = heapq.heappop(heap), heapq.heappop(heap)
        merged = {symbol: (length + 1, value) for symbol, (length, value) in rare[2].items()}
        for symbol, (length, value) in often[2].items():
            merged[symbol] = (length + 1, value + (1 << length))
        heapq.heappush(heap, (rare[0] + often[0], rare[1], merged))
    return heap[0][2]


def limited(counts: Mapping[int, int]) -> dict[int, Code]:
    """``codes`` of at most 32 bits: until they are, one more of the rarest symbols counts as 1.

    Of symbols equally rare the lower comes first (NumPy's argpartition decides it in the original,
    which matters only beyond some 10**7 elements).
    """
    found, rarest, few = codes(counts), sorted(counts, key=lambda s: (counts[s], s)), 2
    while max(length for length, _ in found.values()) > LONGEST:
        found = codes({s: 1 if s in rarest[:few] else counts[s] for s in counts})
        few += 1
    return found


def tables(found: Mapping[int, Code]) -> Array:
    """Decoding tables, (n, 256) uint8, from codes of at most 32 bits, first bit on top.

    Table 0 is read with the next byte of the stream. An entry below 240 is the symbol; another, e,
    sends the following byte to table 256 - e. The last table holds each symbol's length.
    """
    if any(symbol >= POINTERS for symbol in found):
        raise DesignError(
            f"symbols must be below {POINTERS}, the pointers of the tables, got {max(found)}"
        )
    real = {symbol: code for symbol, code in found.items() if symbol != END}
    prefixes = sorted({"", *(p for code in real.values() for p in _prefixes(code))}, key=_place)
    if len(prefixes) > 256 - POINTERS + 1:
        raise DesignError(f"codes must fit {256 - POINTERS + 1} tables, got {len(prefixes)}")
    rows = {prefix: np.zeros(256, np.uint8) for prefix in prefixes}
    for number, prefix in enumerate(prefixes[1:], 1):
        rows[prefix[:-8]][int(prefix[-8:], 2)] = 256 - number
    lengths = np.zeros(256, np.uint8)
    for symbol, (length, value) in real.items():
        text = f"{value:0{length}b}"
        prefix = text[: (length - 1) // 8 * 8]
        free = 8 - (length - len(prefix))
        start = int(text[len(prefix) :], 2) << free
        rows[prefix][start : start + (1 << free)] = symbol
        lengths[symbol] = length
    return np.stack([*rows.values(), lengths])


def _prefixes(code: Code) -> list[str]:
    """The whole bytes before a code's last one, one after another."""
    length, value = code
    text = f"{value:0{length}b}"
    return [text[:end] for end in range(8, length, 8)]


def _place(prefix: str) -> tuple[int, str]:
    return len(prefix), prefix
