"""What arrays of every flow share: their streams, how steps are taken and sums handed over."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any, ClassVar, NamedTuple

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.description.build import FLOWS
from ...golden.errors import Change, DesignError
from ..arith.shapes import shape_of
from ..arith.sums import Sum
from ..datapaths.words import by_mode
from ..plan.array_plan import ArrayPlan
from ..plan.layouts import SIDES, of_all, sums_layout
from ..plan.modes import ModalPlan
from ..plan.plan import Plan
from .aligned import AlignedElement, PartialElement
from .joined import JoinedSums
from .pe import ModalElement, ProcessingElement
from .scout import Scout

#: What the modules of sums are called, by whether each row and each column has its own.
SUM_NAMES = {
    (True, True): "pe",
    (True, False): "row_sum",
    (False, True): "column_sum",
    (False, False): "count",
}


def flows(serves: Callable[[type[StepArray]], bool]) -> list[Change]:
    """The flows that serve, as advice."""
    return [{"flow": name} for name, flow in FLOWS.things.items() if serves(flow)]


def _steps(plan: ArrayPlan, side: int, vector: data.StructLayout) -> data.StructLayout:
    """The payload of a stream of steps."""
    codes = of_all(plan, side, vector)
    if side == 0:
        return codes
    mode = {"mode": plan.mode_bits} if plan.mode_bits else {}
    return data.StructLayout({"data": codes, **mode, "last": 1})


def element_of(plan: ArrayPlan, item: Sum) -> wiring.Component:
    """The component that forms one sum."""
    if isinstance(plan, ModalPlan):
        return ModalElement(plan, item)
    assert isinstance(plan, Plan)
    if plan.joining is not None:
        return PartialElement(plan, item)
    return (AlignedElement if item.aligned else ProcessingElement)(plan, item)


class Marks(NamedTuple):
    """What a step is: ``taken`` at all; the ``first``, the ``close`` of a group; the ``last``.

    ``last`` is of the reduction. The others say nothing where no step was taken. Where a step
    takes several cycles, these are the marks of one: the step ``begins`` with it, and it is the
    ``part`` so many of the step; ``first`` then marks only the first, ``close`` the last.
    ``mode`` is the step's, where there are several.
    """

    taken: Value
    first: Value
    close: Value
    last: Value
    begins: Value
    part: Value
    mode: Value

    @property
    def told(self) -> dict[str, Value]:
        """What elements are told of their step."""
        return {"part": self.part, "mode": self.mode}

    def accumulates(self, cycles: int) -> Value:
        """Whether a sum takes what there is; one whose steps take a single cycle, once a step."""
        return self.taken if cycles > 1 else self.taken & self.begins


class StepArray(wiring.Component):
    """``rows`` × ``cols`` sums of products fed by two streams of steps; flows say how.

    A step takes ``lanes`` elements of every row from ``weight`` and of every column from
    ``activation``, when both are valid, in ``plan.cycles`` cycles, the last of which is ready for
    the next; where digits are skipped, in as many as it has digits, one at least. Every
    ``plan.group`` elements, and with ``last`` in the activation, the sums leave together,
    ``plan.array_latency`` cycles after the step was taken.
    Steps follow each other without bubbles; when sums are not taken, the whole array holds still.

    Parameters
    ----------
    plan : :class:`ArrayPlan`
        Formats, shape and widths.

    Members
    -------
    weight : :py:`In(stream.Signature(codes_layout(plan, 0)))`
        Codes.
    activation : :py:`In(stream.Signature(StructLayout({"data": codes_layout(plan, 1), "last": 1})))`
        Codes, and the end of the reduction; between them the mode, where there are several, the
        same for all steps of a reduction.
    initial : :py:`In(stream.Signature(ArrayLayout(…, rows * cols)))`
        What the sums start from, once a reduction; only where the arithmetic preloads.
    result : :py:`Out(stream.Signature(sums_layout(plan)))`
        The sums, column 0 of row 0 in the low bits.
    """  # noqa: E501

    #: What it serves, in a line for users.
    scope: ClassVar[str] = ""
    #: Whether rows can pick activations out of windows, as sparse weights need.
    picks: ClassVar[bool] = False
    #: Whether steps can be of several modes.
    switches: ClassVar[bool] = True

    @classmethod
    def check(cls, name: str, plan: Plan) -> None:
        """Raise DesignError for a plan of the engine ``name`` that this flow cannot serve."""
        if plan.structure is not None and not cls.picks:
            raise DesignError(
                f"the rows of {name} ({plan.structure}) pick activations out of whole windows, "
                f"which flow {plan.flow} does not",
                *flows(lambda flow: flow.picks),
            )

    def __init__(self, plan: ArrayPlan):
        self.plan = plan
        ports = {
            name: In(stream.Signature(_steps(plan, side, plan.vector_codes(side))))
            for side, name in enumerate(SIDES)
        }
        if plan.initial is not None:
            starts = data.ArrayLayout(shape_of(plan.initial), plan.rows * plan.cols)
            ports["initial"] = In(stream.Signature(starts))
        ports["result"] = Out(stream.Signature(sums_layout(plan)))
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        advance = Signal()
        self.steps = self._scouts(m)
        marks = self._delay(m, advance, self._take_steps(m, advance))
        self.joined = self._joined(m, advance, marks)
        self._hand_over(m, advance, marks)
        self._fill(m, advance, marks)
        return m

    # What a flow says.

    def _admits(self, m: Module, advance: Signal, now: Marks) -> Value:
        """Whether a step like ``now`` may be taken."""
        return Const(1, 1)

    def _waits(self, m: Module, advance: Signal, end: Marks) -> Value:
        """Whether the array must hold still before it adds the step ``end``."""
        return Const(0, 1)

    def _fill(self, m: Module, advance: Signal, marks: list[Marks]) -> None:
        """The elements; ``marks`` are a step's as it was so many cycles ago."""
        raise NotImplementedError

    # What all flows do.

    def _take_steps(self, m: Module, advance: Signal) -> Marks:
        """Take a step when both operands are there and nothing holds the array; its marks."""
        weight, activation = self.steps
        taken, first, close = Signal(), Signal(init=1), Signal()
        part, begins, ends = self._parts(m, advance & taken)
        mode = activation.payload.mode if self.plan.mode_bits else Const(0, 0)
        now = Marks(taken, first, close, activation.payload.last, begins, part, mode)
        may = self._admits(m, advance, now)
        if self.plan.joining is not None:
            may &= self._apart(m, advance, now, self.plan.joining.spacing)
        m.d.comb += [
            taken.eq(weight.valid & activation.valid & may),
            weight.ready.eq(activation.valid & may & advance & ends),
            activation.ready.eq(weight.valid & may & advance & ends),
        ]
        entered = advance & taken
        steps = self.plan.group_steps
        if steps is None:
            m.d.comb += close.eq(now.last & ends)
        else:
            count = Signal(range(max(steps, 2)))
            m.d.comb += close.eq((now.last | (count == steps - 1)) & ends)
            with m.If(entered & ends):
                m.d.sync += count.eq(count + 1)
                with m.If(close):
                    m.d.sync += count.eq(0)
        with m.If(entered):
            m.d.sync += first.eq(close)
        return now

    def _scouts(self, m: Module) -> tuple[Any, ...]:
        """Weights and activations as the array takes them; where parts are skipped, looked at."""
        found, self.scouts = [], []
        for side, name in enumerate(SIDES):
            port = getattr(self, name)
            if self.plan.scouting(side) is None:
                found.append(port)
                continue
            layouts = (_steps(self.plan, side, of(side)) for of in
                       (self.plan.vector_codes, self.plan.fed))  # fmt: skip
            m.submodules[f"{name}_scout"] = scout = Scout(self.plan, side, *layouts)
            self.scouts.append(scout)
            m.d.comb += [
                scout.i.valid.eq(port.valid),
                scout.i.payload.eq(port.payload),
                port.ready.eq(scout.i.ready),
            ]
            found.append(scout.o)
        return tuple(found)

    def _parts(self, m: Module, entered: Value) -> tuple[Value, Value, Value]:
        """Which part of a step is taken, whether it is the first, and the last."""
        cycles = self.plan.cycles
        if cycles == 1:
            return Const(0, 0), Const(1, 1), Const(1, 1)
        part, ends = Signal(range(cycles), name="part"), Signal(name="ends")
        if not self.scouts:
            lasts = [self.plan.cycles_in(mode) - 1 for mode in range(len(self.plan.modes))]
            last = by_mode(self.activation.payload.mode, lasts) if self.plan.mode_bits else lasts[0]
            m.d.comb += ends.eq(part == last)
            with m.If(entered):
                m.d.sync += part.eq(Mux(ends, 0, part + 1))
            return part, part == 0, ends
        todo, lowest = Signal(cycles, name="todo"), Signal(cycles, name="lowest")
        begins = Signal(name="begins", init=1)
        m.d.comb += [todo.eq(reduce(or_, (s.todo for s in self.scouts))), part.eq(cycles - 1)]
        for index in reversed(range(cycles)):
            with m.If(todo[index]):
                m.d.comb += [part.eq(index), lowest.eq(1 << index)]
        m.d.comb += ends.eq((todo & ~lowest) == 0)
        m.d.comb += [scout.served.eq(Mux(entered, lowest, 0)) for scout in self.scouts]
        with m.If(entered):
            m.d.sync += begins.eq(ends)
        return part, begins, ends

    def _delay(self, m: Module, advance: Signal, now: Marks) -> list[Marks]:
        """The marks after 0, 1, … cycles, until the last sum takes the step."""
        found = [now]
        for stage in range(self._marked - 1):
            marks = []
            for name, before in zip(Marks._fields, found[-1], strict=True):
                if isinstance(before, Const):
                    marks.append(before)
                    continue
                reset_less = name != "taken"
                after = Signal(len(before), name=f"{name}_{stage}", reset_less=reset_less)
                with m.If(advance):
                    m.d.sync += after.eq(before)
                marks.append(after)
            found.append(Marks(*marks))
        return found

    @property
    def _marked(self) -> int:
        """Cycles after which the marks of a step are used no more."""
        joining = self.plan.joining
        return (
            self.plan.array_latency
            if joining is None
            else (self.plan.sum_latency + joining.settled - 1)
        )

    def _apart(self, m: Module, advance: Signal, now: Marks, spacing: int) -> Value:
        """Whether a step may close a sum, where the parts of sums are joined in turn."""
        wait = Signal(range(spacing + 1), name="joins_wait")
        with m.If(advance & now.taken & now.close):
            m.d.sync += wait.eq(spacing - 1)
        with m.Elif(advance & wait.any()):
            m.d.sync += wait.eq(wait - 1)
        return ~now.close | ~wait.any()

    def _joined(self, m: Module, advance: Signal, marks: list[Marks]) -> JoinedSums | None:
        """What joins the parts of sums; the sums are the results."""
        if self.plan.joining is None:
            return None
        assert isinstance(self.plan, Plan)
        mark = marks[-1]
        found = JoinedSums(m, advance, self.plan, mark.taken, mark.first, mark.close, mark.last)
        for number, codes in found.codes.items():
            for index, code in enumerate(codes):
                m.d.comb += self.result.payload[str(number)][index].value.eq(code)
        return found

    def _hand_over(self, m: Module, advance: Signal, marks: list[Marks]) -> None:
        """The sums stand until they are taken."""
        result, end = self.result, marks[-1]
        if self.joined is not None:
            end = end._replace(taken=self.joined.ends, close=Const(1, 1), last=self.joined.last)
        waits = self._waits(m, advance, marks[self.plan.sum_latency - 1])
        m.d.comb += advance.eq((~result.valid | result.ready) & ~waits)
        with m.If(advance):
            m.d.sync += result.valid.eq(end.taken & end.close)
            if self.plan.serial:
                m.d.sync += result.payload.last.eq(end.last)
        with m.Elif(result.ready):
            m.d.sync += result.valid.eq(0)
