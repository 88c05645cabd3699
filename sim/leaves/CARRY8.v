// The carry logic of a slice, from AMD UG574 (UltraScale CLB): O = S ^ carry, and each select passes
// the carry from below or gives the data input. Of SINGLE_CY8 alone, which leaves CI_TOP unread.
module CARRY8 (
    output wire [7:0] CO, O,
    input  wire       CI, CI_TOP,
    input  wire [7:0] DI, S
);
    // A wire each: simulators would take a vector that feeds itself for a loop.
    wire c1 = S[0] ? CI : DI[0];
    wire c2 = S[1] ? c1 : DI[1];
    wire c3 = S[2] ? c2 : DI[2];
    wire c4 = S[3] ? c3 : DI[3];
    wire c5 = S[4] ? c4 : DI[4];
    wire c6 = S[5] ? c5 : DI[5];
    wire c7 = S[6] ? c6 : DI[6];
    wire c8 = S[7] ? c7 : DI[7];
    assign CO = {c8, c7, c6, c5, c4, c3, c2, c1};
    assign O = S ^ {c7, c6, c5, c4, c3, c2, c1, CI};
endmodule
