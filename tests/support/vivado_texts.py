"""Small reports in the form that Vivado 2021.2 writes: heads, tables, and paths."""

RULE = "-" * 80


def head(command, device="xczu3eg-sbva484-1-e", state="", design="engine", release="2021.2"):
    lines = [
        "Copyright 1986-2021 Xilinx, Inc. All Rights Reserved.",
        RULE,
        f"| Tool Version : Vivado v.{release} (lin64) Build 1 Tue Oct 19 02:47:39 MDT 2021",
        "| Host         : a machine running 64-bit Linux",
        f"| Command      : {command} -file x.rpt",
        f"| Design       : {design}",
        f"| Device       : {device}",
        "| Speed File   : -1",
    ]
    return "\n".join([*lines, *([f"| Design State : {state}"] if state else []), RULE, ""])


def flat(lut=442, ff=258, dsp=1, state="Synthesized", kind="CLB", **more):
    """Of UltraScale+; 7 series write Slice in place of CLB."""
    return (
        head("report_utilization", state=state, **more)
        + f"""
1. {kind} Logic
------------

+----------------------------+------+-------+------------+-----------+-------+
|          Site Type         | Used | Fixed | Prohibited | Available | Util% |
+----------------------------+------+-------+------------+-----------+-------+
| {kind} LUTs*                  | {lut} |     0 |          0 |     70560 |  1.25 |
|   LUT as Logic             | {lut} |     0 |          0 |     70560 |  1.25 |
|   LUT as Memory            |    3 |     0 |          0 |     28800 |  0.00 |
|     LUT as Distributed RAM |    0 |     0 |            |           |       |
|     LUT as Shift Register  |    3 |     0 |            |           |       |
| {kind} Registers              | {ff} |     0 |          0 |    141120 |  0.46 |
+----------------------------+------+-------+------------+-----------+-------+
* Warning! The Final LUT count, after physical optimizations, is typically lower.

2. BLOCKRAM
-----------

+----------------+------+-------+------------+-----------+-------+
|    Site Type   | Used | Fixed | Prohibited | Available | Util% |
+----------------+------+-------+------------+-----------+-------+
| Block RAM Tile |  0.5 |     0 |          0 |       216 |  0.23 |
|   RAMB18       |    1 |     0 |          0 |       432 |  0.23 |
+----------------+------+-------+------------+-----------+-------+

3. ARITHMETIC
-------------

+----------------+------+-------+------------+-----------+-------+
|    Site Type   | Used | Fixed | Prohibited | Available | Util% |
+----------------+------+-------+------------+-----------+-------+
| DSPs           |    {dsp} |     0 |          0 |       360 |  0.28 |
|   DSP48E2 only |    {dsp} |       |            |           |       |
+----------------+------+-------+------------+-----------+-------+
"""
    )


def by_instance(lut=442, ff=258, **more):
    """Of ``report_utilization -hierarchical``."""
    return (
        head("report_utilization", state="Synthesized", **more)
        + f"""
1. Utilization by Hierarchy
---------------------------

+----------+--------+------------+---------+------+-----+--------+--------+------+------------+
| Instance | Module | Total LUTs | LUTRAMs | SRLs | FFs | RAMB36 | RAMB18 | URAM | DSP Blocks |
+----------+--------+------------+---------+------+-----+--------+--------+------+------------+
| engine   |  (top) |        {lut} |       0 |    3 | {ff} |      2 |      1 |    0 |          1 |
|   core   |   core |        400 |       0 |    3 | 250 |      2 |      1 |    0 |          1 |
+----------+--------+------------+---------+------+-----+--------+--------+------+------------+
"""
    )


def path(slack="0.432", verdict="MET", period="4.000", kind="Setup (Max at Slow Process Corner)",
         net="routed"):  # fmt: skip
    """One path of ``report_timing``."""
    verdict = f" ({verdict})" if verdict else ""
    return f"""
Slack{verdict} :             {slack}ns  (required time - arrival time)
  Source:                 core/a_reg[0]/C
                            (rising edge-triggered cell FDRE clocked by clk)
  Destination:            core/sum_reg[7]/D
  Path Group:             clk
  Path Type:              {kind}
  Requirement:            {period}ns  (clk rise@{period}ns - clk rise@0.000ns)
  Data Path Delay:        3.550ns  (logic 0.649ns (18.282%)  route 2.901ns (81.718%))
  Logic Levels:           3  (CARRY8=1 LUT4=1 LUT6=1)

    SLICE_X30Y33         FDRE (Prop_AFF_SLICEL_C_Q)
                                                      0.096     0.131 f  core/a_reg[0]/Q
                         net (fo=11, {net})          0.489     0.620    core/a
"""


def timing(*paths, **more):
    """Of ``report_timing``."""
    return head("report_timing", **more) + "\nTiming Report\n" + "".join(paths)


def summary(wns="0.432", period="4.000", *, clocks=("clk",), paths=None, **more):
    """Of ``report_timing_summary``."""
    listed = "".join(
        f"{name:6} {{0.000 2.000}}        {period}           250.000         \n" for name in clocks
    )
    body = "".join([path(wns, period=period)] if paths is None else paths)
    return (
        head("report_timing_summary", **more)
        + f"""
Timing Summary Report

{RULE}
| Design Timing Summary
| ---------------------
{RULE}

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)
    -------      -------  ---------------------  -------------------      -------      -------
     {wns}        0.000                      0                  863        0.042        0.000

{RULE}
| Clock Summary
| -------------
{RULE}

Clock  Waveform(ns)         Period(ns)      Frequency(MHz)
-----  ------------         ----------      --------------
{listed}

Max Delay Paths
--------------------------------------------------------------------------------------
{body}"""
    )
