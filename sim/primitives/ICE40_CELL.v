// A logic cell of Lattice iCE40, as nextpnr places it (ICESTORM_LC): a LUT, a carry, a flip-flop.
// Written from FPGA-DS-02008, "PLB Blocks"; yosys's model asks which inputs float, which Verilator
// does not take.
module ICE40_CELL #(
    parameter [15:0] LUT_INIT = 16'h0,
    parameter [0:0] NEG_CLK = 0, CARRY_ENABLE = 0, DFF_ENABLE = 0, SET_NORESET = 0, ASYNC_SR = 0,
    parameter [0:0] CIN_CONST = 0, CIN_SET = 0
) (
    input  wire I0, I1, I2, I3, CIN, CLK, CEN, SR,
    output wire LO, O, COUT
);
    wire carry = CIN_CONST ? CIN_SET : CIN;
    wire clock = CLK ^ NEG_CLK;
    reg held = 1'b0;
    assign COUT = CARRY_ENABLE & (I1 & I2 | (I1 | I2) & carry);
    assign LO = LUT_INIT[{I3, I2, I1, I0}];
    assign O = DFF_ENABLE ? held : LO;
    generate
        if (ASYNC_SR) begin : at_once
            always @(posedge clock, posedge SR)
                if (SR) held <= SET_NORESET; else if (CEN) held <= LO;
        end else begin : at_the_edge
            always @(posedge clock)
                if (CEN) held <= SR ? SET_NORESET : LO;
        end
    endgenerate
endmodule
