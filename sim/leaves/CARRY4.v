// The carry logic of half a slice, from AMD UG474 (7 Series CLB): O = S ^ carry, and each select
// passes the carry from below or gives the data input. Vivado retargets it to newer devices.
module CARRY4 (
    output wire [3:0] CO, O,
    input  wire       CI, CYINIT,
    input  wire [3:0] DI, S
);
    // A wire each: simulators would take a vector that feeds itself for a loop.
    wire c0 = CI | CYINIT;
    wire c1 = S[0] ? c0 : DI[0];
    wire c2 = S[1] ? c1 : DI[1];
    wire c3 = S[2] ? c2 : DI[2];
    wire c4 = S[3] ? c3 : DI[3];
    assign CO = {c4, c3, c2, c1};
    assign O = S ^ {c3, c2, c1, c0};
endmodule
