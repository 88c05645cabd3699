"""Which functions may share a site, and how near to the maximum the chosen pairs come."""

import random
from functools import cache

import pytest
from macsmith.boards.pairs import Function, legal, pair

HERE, THERE = (7, 0), (7, 1)


def f(nets: str, **more) -> Function:
    return Function(frozenset(map(ord, nets)), **more)


@pytest.mark.parametrize(
    ("a", "b", "may"),
    [
        (f("abcde"), f("abcde"), True),
        (f("abcde"), f("abc"), True),
        (f("abcde"), f("f"), False),
        (f("abcd"), f("bcde"), True),
        (f("abcd"), f("cdef"), False),
        (f("abc"), f("de"), True),
        (f("abc"), f("def"), False),
        (f("abcdef"), f("a"), False),
        (f(""), f("abcde"), True),
        (f("a", alone=True), f("a"), False),
        (f("ab", position=HERE), f("a"), True),
        (f("ab", position=HERE), f("a", position=THERE), False),
        (f("ab", position=HERE, open=False), f("a"), False),
        (f("ab", position=HERE, open=False), f("a", feeds=HERE), True),
        (f("ab", position=HERE, open=False), f("a", feeds=THERE), False),
        (f("abcd", position=HERE, open=False), f("ef", feeds=HERE), False),
    ],
)
def test_legal(a, b, may):
    assert legal(a, b) is may and legal(b, a) is may


def recheck(functions, pairs) -> None:
    """The rules once more, in other words than the code's."""
    used = [index for both in pairs for index in both]
    assert len(used) == len(set(used))
    for a, b in pairs:
        first, second = functions[a], functions[b]
        assert a < b and not first.alone and not second.alone
        assert len(set(first.inputs) | set(second.inputs)) <= 5
        carries = [x for x in (first, second) if x.position]
        assert len(carries) < 2
        if carries and not carries[0].open:
            other = second if carries[0] is first else first
            assert other.feeds == carries[0].position


def most(functions) -> int:
    """The size of a maximum matching, by trying everything."""
    n = len(functions)
    may = [sum(1 << j for j in range(n) if j != i and legal(functions[i], functions[j]))
           for i in range(n)]  # fmt: skip

    @cache
    def best(left: int) -> int:
        if not left:
            return 0
        low = left & -left
        rest, found = left ^ low, best(left ^ low)
        partners = may[low.bit_length() - 1] & rest
        while partners:
            partner = partners & -partners
            partners ^= partner
            found = max(found, 1 + best(rest ^ partner))
        return found

    return best((1 << n) - 1)


def some(rng: random.Random, count: int, nets: int) -> list[Function]:
    found = []
    for index in range(count):
        size = rng.choice([0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6])
        inputs = frozenset(rng.sample(range(nets), size))
        kind = rng.random()
        if kind < 0.25:
            found.append(Function(inputs, (index, 0), rng.random() < 0.5))
        elif kind < 0.35:
            found.append(Function(inputs, feeds=(rng.randrange(count), 0)))
        else:
            found.append(Function(inputs, alone=kind > 0.95))
    return found


def test_near_the_maximum_on_small_netlists():
    rng = random.Random(1)
    reached = possible = 0
    for _ in range(300):
        functions = some(rng, rng.randint(4, 14), rng.randint(6, 24))
        pairs = pair(functions)
        recheck(functions, pairs)
        best = most(tuple(functions))
        assert best - 1 <= len(pairs) <= best
        reached, possible = reached + len(pairs), possible + best
    assert reached / possible > 0.99


def test_large_netlists_are_legal_and_repeatable():
    rng = random.Random(2)
    functions = some(rng, 3000, 2000)
    pairs = pair(functions)
    recheck(functions, pairs)
    assert len(pairs) > 500
    assert pair(list(functions)) == pairs


def test_a_net_with_many_readers_takes_little_work(monkeypatch):
    calls = 0

    def counting(a, b):
        nonlocal calls
        calls += 1
        return legal(a, b)

    monkeypatch.setattr("macsmith.boards.pairs.legal", counting)
    functions = [Function(frozenset({0, 3 * i + 1, 3 * i + 2})) for i in range(2000)]
    assert len(pair(functions)) == 1000
    assert calls < 200 * len(functions)


def test_a_choice_is_undone_where_that_makes_room():
    # cefgh takes defg or ch or egh; the other of its partners must still find one.
    functions = [f("ch"), f("egh"), f("defg"), f("cefgh")]
    assert len(pair(functions)) == most(tuple(functions)) == 2
