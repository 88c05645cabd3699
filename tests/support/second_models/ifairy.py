"""iFairy: weights 1, i, -1, -i times the conjugate of INT8 activations (``formats.md`` A4)."""

from __future__ import annotations

from collections.abc import Sequence

from .floats import FP16, FP32
from .reals import Real, real
from .sums import Codes, dot, int8, plus, times

#: Code -> real and imaginary part.
PHASE = {0b00: (-1, 0), 0b01: (1, 0), 0b10: (0, -1), 0b11: (0, 1)}


def result(
    weight: Codes, re_scale: int, im_scale: int,
    real_part: Codes, imaginary_part: Codes,
    real_scales: Sequence[int], imaginary_scales: Sequence[int],
) -> list[list[list[int]]]:  # fmt: skip
    """FP32 codes, (real, imaginary) × rows × columns of y = w · conj(x).

    Four exact sums, each scaled by its weight's, then its activation's scale; then added in the
    order of the weight's planes.
    """
    s_re, s_im = FP16.decode(re_scale), FP16.decode(im_scale)
    outputs: list[list[list[int]]] = [[], []]
    for codes in weight:
        w_re, w_im = zip(*(PHASE[code] for code in codes), strict=True)
        row: list[list[int]] = [[], []]
        for re, im, a_re, a_im in zip(
            real_part, imaginary_part, real_scales, imaginary_scales, strict=True
        ):
            x_re, t_re = [int8(code) for code in re], FP32.decode(a_re)
            x_im, t_im = [int8(code) for code in im], FP32.decode(a_im)
            y_re = plus(_scaled(dot(w_re, x_re), s_re, t_re), _scaled(dot(w_im, x_im), s_im, t_im))
            y_im = plus(_scaled(-dot(w_re, x_im), s_re, t_im), _scaled(dot(w_im, x_re), s_im, t_re))
            row[0].append(FP32.code(y_re))
            row[1].append(FP32.code(y_im))
        for output, part in zip(outputs, row, strict=True):
            output.append(part)
    return outputs


def _scaled(total: int, weight_scale: Real, activation_scale: Real) -> Real:
    return times(times(FP32.round(real(total)), weight_scale), activation_scale)
