// A flip-flop of Lattice Nexus as nextpnr places it, with a synchronous reset: DI comes from the LUT
// before it, M from beside.
module NEXUS_FF #(
    parameter CLKMUX = "CLK", parameter CEMUX = "CE", parameter LSRMUX = "LSR",
    parameter REGSET = "RESET", parameter SEL = "M", parameter SRMODE = "LSR_OVER_CE"
) (
    input  wire CLK, CE, LSR, DI, M,
    output reg  Q
);
    wire clock = CLKMUX == "INV" ? ~CLK : CLK;
    wire enable = CEMUX == "CE" ? CE : CEMUX == "INV" ? ~CE : CEMUX[0];
    wire clear = LSRMUX == "LSR" ? LSR : LSRMUX == "INV" ? ~LSR : LSRMUX[0];
    initial Q = REGSET == "SET";
    always @(posedge clock)
        if (clear & (enable | SRMODE == "LSR_OVER_CE")) Q <= REGSET == "SET";
        else if (enable) Q <= SEL == "DL" ? DI : M;
endmodule
