"""TOML files as nobody writes them: those of the package with some keys, values or bytes wrong."""

import copy
import tomllib
from pathlib import Path

import tomli_w
from hypothesis import strategies as st

#: A number with more digits than Python reads.
DIGITS = 5000

NAMES = (
    "int4", "uint4", "int8", "int64", "uint64", "e2m1", "e4m3", "e8m0", "fp16", "bf16", "fp32",
    "ternary", "binary", "minus_one", "nf4", "posit8_0", "bitmod4", "int8_slice", "mxint8", "wire",
    "int999", "e99m99", "int4×int8", "tensor", "row", "group 16", "group 0", "group -1", "2 rows",
    "block 2x16", "block 0x0", "block allx32", "group 99999999999999999999", "0 rows", "2:4", "4:2",
    "0:0", "64:64", "exact", "fp", "int", "aligned", "lmul", "auto", "none", "error", "zero", "dsp",
    "booth", "broadcast", "weight_stationary", "systolic_os", "axis", "saturate", "weight", "u280",
    "requantize", "hadamard", "mxfp4.toml", "nf4.npy", "../x.toml", "group " + "1" * DIGITS,
    "block " + "9" * DIGITS + "x16", "1" * DIGITS + " rows",
    "1" * DIGITS + ":4", "int" + "1" * DIGITS,
)  # fmt: skip
ODD = (
    "", " ", "a b", "a\nb", "\x1b[2J", "é", "٣", "🦊", "a" * 300, "$(id)", "`id`", "';", '"', "\\",
    "[exec id]", "}", "{", "*/", "../../x", "/etc/passwd", "%s", "\u202e", "\x7f", "a;b", "-1", "#",
    "module", "begin",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 3, 7, 16, 63, 64, 65, 127, 4096, 65536, 2**31, 2**63, 2**64, -(2**63), 10**9,
    -(10**9), 10**30, 10**400, 0.0, -0.0, 0.5, 1.5, 1e308, -1e308, 1e-320, float("nan"),
    float("inf"), float("-inf"), True, False,
)  # fmt: skip

_small = st.sampled_from((0, 1, 2, 3, 4, 8, 16))
_scalars = st.one_of(
    st.sampled_from(NUMBERS), _small, st.sampled_from(NAMES), st.sampled_from(ODD), st.integers(),
    st.floats(), st.text(max_size=8).map(lambda text: text.encode("utf-8", "ignore").decode()),
)  # fmt: skip
values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2)
    ),
    max_leaves=4,
)


def trees(folder: Path, pattern: str) -> dict[str, dict]:
    """The files of a folder, read."""
    return {
        path.relative_to(folder).as_posix(): tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob(pattern))
    }


def places(tree, path=()):
    """The paths of all values in a tree, tables and lists too."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


def _at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


@st.composite
def changed(draw, given: dict[str, dict], most: int = 3) -> dict:
    """One of the trees with one to ``most`` places changed."""
    tree = copy.deepcopy(given[draw(st.sampled_from(sorted(given)))])
    for _ in range(draw(st.integers(1, most))):
        found = places(tree)
        if not found:
            break
        *above, key = draw(st.sampled_from(found))
        holder = _at(tree, above)
        change = draw(st.sampled_from(CHANGES))
        change(draw, holder, key, given)
    return tree


def _replace(draw, holder, key, given):
    holder[key] = draw(values)


def _number(draw, holder, key, given):
    old = holder[key]
    more = st.sampled_from((0, 1, -1, 1 << 20, 10**12, 10**400, float("nan")))
    holder[key] = draw(more) if isinstance(old, int | float) else draw(values)


def _remove(draw, holder, key, given):
    del holder[key]


def _another(draw, holder, key, given):
    """A value that stands elsewhere, in this file or another."""
    other = given[draw(st.sampled_from(sorted(given)))]
    holder[key] = copy.deepcopy(_at(other, draw(st.sampled_from(places(other)))))


def _rename(draw, holder, key, given):
    if isinstance(holder, dict):
        holder[draw(st.sampled_from((f"{key}s", key[:-1], key.upper(), "", "name", "é", "unit",
                                     "chain", "file", "family")))] = holder.pop(key)  # fmt: skip


def _wrap(draw, holder, key, given):
    holder[key] = draw(st.sampled_from((lambda x: [x], lambda x: {"a": x}, lambda x: [[x]])))(
        holder[key]
    )


def _repeat(draw, holder, key, given):
    """A list with an item twice, or many times; a table's entry beside it again."""
    if isinstance(holder, list):
        count = draw(st.sampled_from((1, 2, 100)))
        holder.extend(copy.deepcopy(holder[key]) for _ in range(count))
    else:
        holder[draw(st.sampled_from(("odd", "name", "build", "lanes")))] = copy.deepcopy(
            holder[key]
        )


def _unwrap(draw, holder, key, given):
    inner = holder[key]
    if isinstance(inner, list):
        holder[key] = inner[0] if inner else ""
    elif isinstance(inner, dict):
        holder[key] = list(inner.values())


CHANGES = (_replace, _replace, _number, _number, _remove, _another, _another, _rename, _wrap,
           _repeat, _unwrap)  # fmt: skip


@st.composite
def files(draw, given: dict[str, dict], most: int = 3) -> bytes:
    """The bytes of a file: mostly well-formed TOML of a changed tree."""
    text = tomli_w.dumps(draw(changed(given, most)))
    way = draw(st.sampled_from(("", "", "", "", "", "", "cut", "bytes", "line", "utf", "digits")))
    if way == "digits":
        return text.replace(" = ", f" = {'1' * DIGITS} #", 1).encode()
    if way == "line":
        lines = text.splitlines()
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(lines)))
        return "\n".join(lines).encode()
    if way == "utf":
        return text.encode(draw(st.sampled_from(("utf-8-sig", "utf-16", "utf-32", "utf-7"))))
    content = text.encode()
    place = draw(st.integers(0, len(content)))
    if way == "cut":
        return content[:place]
    if way == "bytes":
        return content[:place] + draw(st.binary(max_size=12)) + content[place:]
    return content


#: Whole files of which each broke a reader somewhere.
WHOLE = (
    b"", b"\xef\xbb\xbf", b"\0", b"\n" * 10_000, b"a = " + b"[" * 3000 + b"]" * 3000,
    b"[" + b"a." * 3000 + b"a]", b"a." * 3000 + b"b = 1",
    b"a = " + b"{a=" * 3000 + b"1" + b"}" * 3000,
    b"a = " + b"1" * DIGITS, b"a = 1979-02-30", b"a = 25:61:61", b"a = nan", b"a = 1e999",
    b'a = "\\uD800"', b"a = 0x" + b"f" * DIGITS, b"a = 1\na = 2", b"\xff\xfe", b"name = ''' ",
    b"a = 1_", b"a = +inf", b"a = 1979-05-27T07:32:00Z",
)  # fmt: skip
