"""Feeds the dot product of a datapath as the edge of an array does.

A word has the codes of all lanes, lane 0 in the low bits, and in its highest bits the table that
all of them select, where their format has several.
"""

from macsmith.hw.arith.timing import delayed
from macsmith.hw.datapaths import Making


def whole(datapath):
    """Bounds of the dot product, of which a cycle may give but a part."""
    return datapath.product.times(datapath.lanes)


def part_of(m, enable, inputs, name, datapath, part):
    """What a datapath gives of the dot product in the cycle of a part."""
    m.submodules[name] = dot = datapath.component()
    m.d.comb += dot.enable.eq(enable)
    for port, form, codes in zip((dot.weight, dot.activation), datapath.forms, inputs, strict=True):
        slots = port.slots if form.told else port
        told = form.beside(m, {what: part for what in form.told}, f"{name}_{id(port)}")
        m.d.comb += [port[what].eq(value) for what, value in told.items()]
        table, selects = None, form.format.select_width
        for slot, cycles in enumerate(form.delays):
            lanes = range(slot * form.span, min((slot + 1) * form.span, datapath.lanes))
            late = [
                delayed(m, enable, codes.word_select(lane, form.format.bits), cycles, "late")
                for lane in lanes
            ]
            if selects:
                table = delayed(m, enable, codes[-selects:], cycles, "table")
            given = form.common(m, {what: part for what in form.told}, f"{name}_{slot}")
            making = Making(enable, name, f"{id(port)}_{slot}", table, part, common=given)
            m.d.comb += slots[slot].eq(form.made(m, late, making))
    return dot.o
