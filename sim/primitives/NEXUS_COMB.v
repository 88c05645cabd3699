// A LUT4 position of Lattice Nexus as nextpnr places it: a LUT, half a CCU2 (yosys's CCU2 has two
// of them), or a bit of a RAM of 16 words, whose address is {A, C, B, D}.
module NEXUS_COMB #(
    parameter MODE = "LOGIC", parameter [15:0] INIT = 16'h0, parameter INJECT = "NO"
) (
    input  wire A, B, C, D, SEL, F1, FCI, WCK, WRE, WDI, WAD0, WAD1, WAD2, WAD3,
    output wire F, OFX, FCO
);
    reg [15:0] words = 16'h0;
    wire carries = MODE == "CCU2" && INJECT != "YES";
    wire four = MODE == "DPRAM" ? words[{A, C, B, D}] : INIT[{D, C, B, A}];
    wire three = INIT[{1'b0, C, B, A}];
    assign F = four ^ (FCI & carries);
    assign FCO = four ? FCI : (three & carries);
    assign OFX = SEL ? F1 : F;
    generate
        if (MODE == "DPRAM")
            always @(posedge WCK) if (WRE) words[{WAD3, WAD2, WAD1, WAD0}] <= WDI;
    endgenerate
endmodule
