// Half a CCU2C of Lattice ECP5, as nextpnr places it: a TRELLIS_COMB in the mode CCU2. Written from
// the two halves of yosys's CCU2C; the carry of its TRELLIS_COMB drives nothing.
module CCU2_HALF #(
    parameter [15:0] INITVAL = 16'h0, parameter CCU2_INJECT1 = "NO"
) (
    input  wire A, B, C, D, FCI,
    output wire F, FCO
);
    wire four = INITVAL[{D, C, B, A}];
    wire two = INITVAL[{2'b00, B, A}] & (CCU2_INJECT1 != "YES");
    assign F = four ^ (FCI & (CCU2_INJECT1 != "YES"));
    assign FCO = four ? FCI : two;
endmodule
