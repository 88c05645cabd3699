// The write port of a RAM of Lattice ECP5, as nextpnr places it: wires from the inputs of two LUTs,
// whose places it takes, to the four TRELLIS_COMB of mode DPRAM. Written from nextpnr's
// dram_to_ramw_split.
module TRELLIS_RAMW (
    input  wire A0, B0, C0, D0, A1, B1, C1, D1,
    output wire WADO0, WADO1, WADO2, WADO3, WDO0, WDO1, WDO2, WDO3
);
    assign {WADO3, WADO2, WADO1, WADO0} = {A0, C0, B0, D0};
    assign {WDO3, WDO2, WDO1, WDO0} = {B1, D1, A1, C1};
endmodule
