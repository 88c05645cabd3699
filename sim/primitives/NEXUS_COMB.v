// A LUT4 position of Lattice Nexus as nextpnr places it: a LUT, or half a CCU2 (yosys's CCU2 has two
// of them).
module NEXUS_COMB #(
    parameter MODE = "LOGIC", parameter [15:0] INIT = 16'h0, parameter INJECT = "NO"
) (
    input  wire A, B, C, D, SEL, F1, FCI,
    output wire F, OFX, FCO
);
    wire carries = MODE == "CCU2" && INJECT != "YES";
    wire four = INIT[{D, C, B, A}];
    wire three = INIT[{1'b0, C, B, A}];
    assign F = four ^ (FCI & carries);
    assign FCO = four ? FCI : (three & carries);
    assign OFX = SEL ? F1 : F;
endmodule
