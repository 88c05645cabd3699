"""The C++ library decodes and encodes as golden does: every code, every rounding.
Sums and wide integers are rounded as golden rounds them, ties and what lies just beside them too.
"""

import ctypes
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from cpp_models import FLAGS
from macsmith.golden.formats import ROUNDINGS, Integer, Minifloat, lookup, names
from macsmith.golden.units.requantize_rules import SHIFT_ROUNDINGS
from macsmith.sim.cpp import model
from macsmith.sim.cpp.formats import Formats
from macsmith.sim.cpp.library import library as library_of

#: Beside those that are listed: members of families at their limits.
MORE = (
    "int1", "int64", "uint64", "int33_sym", "uint1", "posit3_0", "posit16_3", "posit5_3",
    "bipolar16", "int16_trunc", "uint16_extra", "int2_double", "e1m1", "e8m13_ieee", "e5m0_ieee",
    "e2m1b200",
    "ue8m1_finite", "e2m1b256", "e4m3_fnuz", "e4m3b11_fnuz", "binary8p1se",
    "binary8p3uf", "binary5p2ue", "binary7p4sf", "e5m3_normal", "khot3x3", "apot3x2", "dirpres4_4",
)  # fmt: skip

SOURCE = """
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
namespace lib {{
{library}
}}
struct Held {{
{lines}
static constexpr const lib::Format *all[] = {{{names}}};
}};
extern "C" void decode(int number, unsigned select, int count, const std::uint64_t *codes,
                       unsigned char *legal, unsigned char *negative, unsigned char *kind,
                       std::uint64_t *significand, int *exponent, std::uint64_t *whole) {{
    const lib::Format &format = *Held::all[number];
    for (int i = 0; i < count; ++i) {{
        const lib::Number found = lib::fields(format, codes[i], select);
        legal[i] = lib::legal(format, codes[i]);
        negative[i] = found.negative;
        kind[i] = static_cast<unsigned char>(found.kind);
        significand[i] = found.significand;
        exponent[i] = found.exponent;
        whole[i] = lib::full(format, found).significand;
    }}
}}
extern "C" void add(int number, int count, const std::uint64_t *a, const std::uint64_t *b,
                    std::uint64_t *sums) {{
    const lib::Format &format = *Held::all[number];
    for (int i = 0; i < count; ++i) {{
        const lib::Number sum = lib::add(lib::fields(format, a[i]), lib::fields(format, b[i]));
        sums[i] = lib::encode(format, sum, lib::Rounding::nearest_even, false);
    }}
}}
extern "C" void wide(int number, int count, const std::uint32_t *words, const int *exponent,
                     std::uint64_t *codes) {{
    for (int i = 0; i < count; ++i) {{
        lib::Wide<5> value;
        for (int k = 0; k < 5; ++k) value.word[k] = words[5 * i + k];
        const lib::Number found = lib::number(value, exponent[i]);
        codes[i] = lib::encode(*Held::all[number], found, lib::Rounding::nearest_even, false);
    }}
}}
extern "C" void encode(int number, int rounding, int saturate, int count, const int *kind,
                       const int *negative, const std::uint64_t *significand, const int *exponent,
                       std::uint64_t *codes) {{
    for (int i = 0; i < count; ++i) {{
        lib::Number given;
        given.kind = static_cast<lib::Kind>(kind[i]);
        given.negative = negative[i] != 0;
        given.significand = significand[i];
        given.exponent = exponent[i];
        codes[i] = lib::encode(*Held::all[number], given, static_cast<lib::Rounding>(rounding),
                               saturate != 0);
    }}
}}
"""


def listed():
    """Formats of different meaning, by name."""
    found = {}
    for name in (*names(), *MORE):
        fmt = lookup(name)
        if fmt.bits and fmt not in found.values():
            found[name] = fmt
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder, formats = tmp_path_factory.mktemp("formats"), Formats()
    known = listed()
    used = [f"&{formats.name(fmt)}" for fmt in known.values()]
    lines = "\n".join(formats.lines)
    text = SOURCE.format(library=library_of(model.PARTS), lines=lines, names=", ".join(used))
    (folder / "formats.cpp").write_text(text, encoding="utf-8")
    subprocess.run(["g++", *FLAGS, folder / "formats.cpp", "-o", folder / "formats.so"], check=True)
    return ctypes.CDLL(str(folder / "formats.so")), list(known)


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def codes_of(fmt, rng):
    if fmt.bits <= 16:
        return np.arange(1 << fmt.bits, dtype=np.uint64)
    top = (1 << fmt.bits) - 1
    ends = [0, 1, top, top - 1, top >> 1, (top >> 1) + 1, (top >> 1) + 2]
    drawn = rng.integers(0, 1 << 63, 4000, dtype=np.uint64) * 2 + rng.integers(0, 2, 4000)
    return np.array([*ends, *(int(code) & top for code in drawn)], np.uint64)


def test_every_code_is_decoded(library):
    """Fields, legality, and the full significand, for every table and every number of bits."""
    call, rng = library[0], np.random.default_rng(1)
    for number, name in enumerate(library[1]):
        fmt = lookup(name)
        codes = codes_of(fmt, rng)
        legal, negative, kind = (np.zeros(len(codes), np.uint8) for _ in range(3))
        significand, whole = (np.zeros(len(codes), np.uint64) for _ in range(2))
        exponent = np.zeros(len(codes), np.int32)
        for select in range(1 << fmt.select_width):
            call.decode(number, select, len(codes), *map(pointer, (
                codes, legal, negative, kind, significand, exponent, whole)))  # fmt: skip
            if fmt.bits <= 16:
                assert set(codes[legal == 1]) == set(fmt.legal), name
            good = codes[legal == 1].astype(fmt.dtype)
            wanted = fmt.fields(good, select)
            pick = legal == 1
            assert (kind[pick] == wanted.kind).all(), name
            finite = wanted.kind == 0
            assert (negative[pick] == wanted.sign)[finite | (wanted.kind == 1)].all(), name
            assert (significand[pick] == wanted.significand)[finite].all(), name
            there = finite & (wanted.significand != 0)
            assert (exponent[pick] == wanted.exponent)[there].all(), name
            # Whether an infinity or a NaN has a significand decides what a zero makes of it.
            special = ~finite
            assert ((significand[pick] != 0) == (wanted.significand != 0))[special].all(), name
            assert (whole[pick] == fmt.full(wanted).significand)[there].all(), name


def values_near(fmt, rng):
    """Values about those of a format: themselves, between two, beyond the ends, random ones."""
    codes = codes_of(fmt, rng)
    codes = rng.choice(codes, 3000).astype(fmt.dtype)
    values = fmt.decode(codes[np.isin(codes, fmt.legal)] if fmt.bits <= 16 else codes)
    values = values[np.isfinite(values)]
    steps = rng.choice([0, 0.5, 0.25, 0.5 + 2.0**-40, 0.5 - 2.0**-40, 1.5, 2.0**-50], len(values))
    beside = values * (1 + steps * 2.0 ** -(fmt.significand_width - 1))
    wild = np.ldexp(rng.uniform(-2, 2, 1500), rng.integers(-300, 300, 1500))
    beyond = float(fmt.maximum) * np.array([1, 1.01, 1.0625, 1.5, 2, 2.0**40])
    tiny = np.ldexp(rng.integers(-64, 65, 400) / 16.0, fmt.lsb)
    found = np.concatenate([values, beside, wild, beyond, -beyond, tiny, -tiny, [0.0, -0.0]])
    return np.concatenate([found, [np.inf, -np.inf]])


def encoded(call, number, values, rounding, saturate):
    mantissa, power = np.frexp(np.where(np.isfinite(values), values, 0))
    significand = np.abs(mantissa * 2.0**53).astype(np.uint64)
    exponent = (power - 53).astype(np.int32)
    kind = np.where(np.isnan(values), 2, np.where(np.isinf(values), 1, 0)).astype(np.int32)
    negative = np.signbit(values).astype(np.int32)
    codes = np.zeros(len(values), np.uint64)
    call.encode(number, list(ROUNDINGS).index(rounding), saturate, len(values),
                *map(pointer, (kind, negative, significand, exponent, codes)))  # fmt: skip
    return codes


def test_roundings_have_the_order_of_the_library():
    text = library_of(model.PARTS)
    assert SHIFT_ROUNDINGS[: len(ROUNDINGS)] == tuple(ROUNDINGS)
    assert f"enum class Rounding : unsigned char {{ {', '.join(SHIFT_ROUNDINGS)} }};" in text


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_every_output_format_is_encoded(library, rounding):
    call, rng = library[0], np.random.default_rng(2)
    tried = 0
    for number, name in enumerate(library[1]):
        fmt = lookup(name)
        usable = isinstance(fmt, Integer | Minifloat) and fmt.has_zero
        if not usable or (isinstance(fmt, Integer) and fmt.bits > 48):
            continue
        values = values_near(fmt, rng)
        if fmt.has_nan:
            values = np.append(values, np.nan)
        for saturate in (True,) if isinstance(fmt, Integer) else (True, False):
            found = encoded(call, number, values, rounding, saturate)
            wanted = fmt.encode(values, rounding, saturate)
            wrong = np.flatnonzero(found != wanted)
            assert not len(wrong), (name, saturate, values[wrong[:3]], found[wrong[:3]])
            tried += 1
    assert tried > 60


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16", "e4m3", "e8m13_ieee"])
def test_sums_are_rounded_once(library, name):
    """Random pairs, near ones, opposite ones, ties, and what lies just beside ties.

    float64 rounds to 53 bits first, which is innocuous: 53 >= 2 * 24 + 2 (Figueroa).
    """
    fmt, rng, many = lookup(name), np.random.default_rng(3), 20000
    a, b = (rng.integers(0, 1 << fmt.bits, many, dtype=np.uint64) for _ in range(2))
    near = rng.integers(0, 4 << fmt.mantissa_width, many, dtype=np.uint64)
    b[: many // 2] = ((a + near) % (1 << fmt.bits))[: many // 2]
    b[::5] ^= np.uint64(1 << (fmt.bits - 1))
    # One, and half of its last place with a last bit of its own.
    one, half = fmt.bias << fmt.mantissa_width, (fmt.bias - fmt.mantissa_width - 1)
    place = np.maximum(half - np.arange(many // 10) % 8, 0) << fmt.mantissa_width
    a[: many // 10] = one + np.arange(many // 10) % 4
    b[: many // 10] = place + np.arange(many // 10) % 2
    sums = np.zeros(many, np.uint64)
    library[0].add(library[1].index(name), many, *map(pointer, (a, b, sums)))
    with np.errstate(invalid="ignore"):  # infinities of either sign
        wanted = fmt.encode(fmt.decode(a) + fmt.decode(b), saturate=False)
    assert (sums == wanted).all()


def test_wide_integers_are_rounded_once(library):
    """Of up to 128 bits, with a last bit far below a tie."""
    rng, values = np.random.default_rng(4), []
    for length in range(1, 129):
        top = 1 << (length - 1)
        values += [top, 2 * top - 1, top + (top >> 24), top + (top >> 24) + 1, top + (top >> 23)]
        values += [top + (top >> 23) + (top >> 24), top + (top >> 24) - 1]
        values += [int.from_bytes(rng.bytes(17)) % top + top for _ in range(8)]
    values += [-value for value in values] + [0]
    exponent = rng.integers(-190, 10, len(values)).astype(np.int32)
    parts = [value >> 32 * k & 0xFFFFFFFF for value in values for k in range(5)]
    words = np.array(parts, np.uint32)
    codes, fp32 = np.zeros(len(values), np.uint64), lookup("fp32")
    call = library[0].wide
    call(library[1].index("fp32"), len(values), *map(pointer, (words, exponent, codes)))
    for value, power, code in zip(values, exponent.tolist(), codes, strict=True):
        assert code == nearest(Fraction(value) * Fraction(2) ** power, fp32), (value, power)


def nearest(value, fmt):
    """The code next to a rational number, by bisection among the codes; ties go to the even one."""
    magnitude, low, high = abs(value), 0, fmt.max_code + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at(middle, fmt) <= magnitude else (low, middle)
    rest = 2 * magnitude - at(low, fmt) - at(low + 1, fmt)
    return low + (rest > 0 or (rest == 0 and low % 2)) + (value < 0) * (1 << (fmt.bits - 1))


def at(code, fmt):
    """The value of a code without sign, as if there were no infinity."""
    biased, mantissa = divmod(code, 1 << fmt.mantissa_width)
    hidden = (biased > 0) << fmt.mantissa_width
    return Fraction(mantissa + hidden) * Fraction(2) ** (max(biased, 1) + fmt.lsb - 1)
