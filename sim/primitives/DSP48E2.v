// DSP48E2 as plain yosys maps it: the multiplier alone, no registers. Anything else gives X.
// Written from AMD UG579 (UltraScale DSP slice); yosys ships no model of this block.
module DSP48E2 #(
    parameter integer ACASCREG = 0, ADREG = 0, ALUMODEREG = 0, AREG = 0, BCASCREG = 0, BREG = 0,
    parameter integer CARRYINREG = 0, CARRYINSELREG = 0, CREG = 0, DREG = 0, INMODEREG = 0,
    parameter integer MREG = 0, OPMODEREG = 0, PREG = 0,
    parameter AMULTSEL = "A", BMULTSEL = "B", A_INPUT = "DIRECT", B_INPUT = "DIRECT",
    parameter USE_MULT = "MULTIPLY", USE_SIMD = "ONE48"
) (
    input  wire [29:0] A, ACIN,
    input  wire [17:0] B, BCIN,
    input  wire [47:0] C, PCIN,
    input  wire [26:0] D,
    input  wire [3:0]  ALUMODE,
    input  wire        CARRYIN,
    input  wire [2:0]  CARRYINSEL,
    input  wire [4:0]  INMODE,
    input  wire [8:0]  OPMODE,
    output wire [47:0] P
);
    localparam integer REGISTERS = ADREG + ALUMODEREG + AREG + BREG + CARRYINREG + CARRYINSELREG
                                 + CREG + DREG + INMODEREG + MREG + OPMODEREG + PREG;
    wire plain = REGISTERS == 0 && AMULTSEL == "A" && BMULTSEL == "B" && A_INPUT == "DIRECT"
              && B_INPUT == "DIRECT" && USE_MULT == "MULTIPLY" && USE_SIMD == "ONE48"
              && ALUMODE == 4'b0000 && INMODE == 5'b00000 && OPMODE == 9'b000000101
              && CARRYIN == 1'b0 && CARRYINSEL == 3'b000;
    wire signed [44:0] product = $signed(A[26:0]) * $signed(B);
    assign P = plain ? {{3{product[44]}}, product} : 48'bx;
endmodule
