"""Faults of streams, planted by hand in the Verilog of int4xint4, 2 x 2 x 4."""

#: Fault: which claim of a certificate it breaks, what is written there, and instead.
FAULTS = {
    "a result is withdrawn": (
        "valid",
        "else if (result__ready) result__valid <= 1'b0;",
        "else result__valid <= 1'b0;",
    ),
    "a register moves while its result is stalled": (
        "payload",
        "if (enable & accumulate) held <=",
        "if (accumulate) held <=",
    ),
    "a register holds what was there before": (
        "payload",
        "result__payload = {",
        "result__payload = {80{result__ready}} & {",
    ),
    "a step is dropped": (
        "count",
        "taken_2 <= taken_1;",
        "taken_2 <= taken_1 & !(taken_2 & taken_0);",
    ),
    "a result comes twice": (
        "count",
        "result__valid <= taken_5 & close_5;",
        "result__valid <= (taken_5 & close_5) | (result__valid & taken_0);",
    ),
    "an idle engine makes a result": (
        "count",
        "result__valid <= taken_5 & close_5;",
        "result__valid <= close_5;",
    ),
    "an engine stops": (
        "progress",
        "assign activation__ready = weight__valid & pe_0_0_0__enable;",
        "assign activation__ready = weight__valid & pe_0_0_0__enable & !(taken_0 & taken_3);",
    ),
}


def planted(emitted, fault):
    """The core's Verilog with a fault."""
    _, old, new = FAULTS[fault]
    assert emitted.verilog.count(old) == 1
    return emitted.verilog.replace(old, new)
