// The write port of a RAM of Lattice Nexus, as nextpnr places it: wires from the inputs of two LUTs,
// whose places it takes, to the four NEXUS_COMB of mode DPRAM. Written from the nets that it joins;
// the clock goes straight to them.
module NEXUS_RAMW (
    input  wire A0, B0, C0, D0, A1, B1, C1, D1, CLK, LSR,
    output wire WADO0, WADO1, WADO2, WADO3, WDO0, WDO1, WDO2, WDO3, WREO
);
    assign {WADO3, WADO2, WADO1, WADO0} = {A0, C0, B0, D0};
    assign {WDO3, WDO2, WDO1, WDO0} = {B1, A1, C1, D1};
    assign WREO = LSR;
endmodule
