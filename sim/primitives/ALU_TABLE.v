// A bit of a Gowin carry chain, by the table that nextpnr gives its ALU: rows of D C B A, with C high
// the sum without its carry, with D and C low the carry that is made where none passes.
module ALU_TABLE #(
    parameter [15:0] TABLE = 16'h609A
) (
    input  wire I0, I1, I3, CIN,
    output wire SUM, COUT
);
    wire passes = TABLE[{I3, 1'b1, I1, I0}];
    assign SUM = passes ^ CIN;
    assign COUT = passes ? CIN : TABLE[{2'b00, I1, I0}];
endmodule
