"""SystemVerilog benches of DPI wrappers, run by Verilator."""

from __future__ import annotations

import subprocess

from macsmith.tools.verilator import use_verilator

BENCH = """
{includes}
module bench;
    int wrong = 0;
    task automatic same(string what, bit [511:0] found, bit [511:0] wanted);
        if (found != wanted) begin
            wrong++;
            $display("%s: %h, not %h", what, found, wanted);
        end
    endtask
{tasks}
    initial begin
{calls}
        $display("%0d wrong", wrong);
        $finish;
    end
endmodule
"""


def printed(folder, names, tasks):
    """What a bench prints that runs tasks ``tile0``, ``tile1`` … with the wrappers of ``names``,
    whose files are in ``folder``: how many values were wrong."""
    use_verilator()
    text = BENCH.format(
        includes="\n".join(f'`include "{name}_dpi.svh"' for name in names),
        tasks="\n".join(tasks),
        calls="\n".join(f"        tile{number}();" for number in range(len(tasks))),
    )
    (folder / "bench.sv").write_text(text, encoding="ascii")
    sources = [f"{name}_dpi.cpp" for name in names]
    # The wheel's own settings lack the flag that takes a precompiled header.
    flags = ["-MAKEFLAGS", "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O0 OPT_GLOBAL=-O0"]
    command = [
        "verilator",
        *flags,
        "--binary",
        "-Wall",
        "-Wno-DECLFILENAME",
        "-CFLAGS",
        f"-I{folder} -O0",
    ]
    subprocess.run([*command, "--top", "bench", "bench.sv", *sources], cwd=folder, check=True)
    done = subprocess.run([folder / "obj_dir" / "Vbench"], capture_output=True, check=True)
    return done.stdout.decode()
