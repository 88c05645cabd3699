// SB_MAC16, the DSP block of Lattice iCE40 UltraPlus, for simulation and proofs. Written from
// FPGA-TN-02007 (DSP Function Usage Guide for iCE40 Devices).
// Left out, and x where asked for: MODE_8x8 and the 8 x 8 products as outputs or addends, the
// lower addend A or B, subtraction, carries that come from or go to other blocks, resets, and
// NEG_TRIGGER.
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off WIDTH
module SB_MAC16 #(
    parameter [0:0] NEG_TRIGGER = 0, C_REG = 0, A_REG = 0, B_REG = 0, D_REG = 0,
    parameter [0:0] TOP_8x8_MULT_REG = 0, BOT_8x8_MULT_REG = 0,
    parameter [0:0] PIPELINE_16x16_MULT_REG1 = 0, PIPELINE_16x16_MULT_REG2 = 0,
    parameter [1:0] TOPOUTPUT_SELECT = 0, TOPADDSUB_LOWERINPUT = 0,
    parameter [0:0] TOPADDSUB_UPPERINPUT = 0,
    parameter [1:0] TOPADDSUB_CARRYSELECT = 0,
    parameter [1:0] BOTOUTPUT_SELECT = 0, BOTADDSUB_LOWERINPUT = 0,
    parameter [0:0] BOTADDSUB_UPPERINPUT = 0,
    parameter [1:0] BOTADDSUB_CARRYSELECT = 0,
    parameter [0:0] MODE_8x8 = 0, A_SIGNED = 0, B_SIGNED = 0
) (
    input  wire CLK, CE,
    input  wire [15:0] C, A, B, D,
    input  wire AHOLD, BHOLD, CHOLD, DHOLD, IRSTTOP, IRSTBOT, ORSTTOP, ORSTBOT, OLOADTOP, OLOADBOT,
    input  wire ADDSUBTOP, ADDSUBBOT, OHOLDTOP, OHOLDBOT, CI, ACCUMCI, SIGNEXTIN,
    output wire [31:0] O,
    output wire CO, ACCUMCO, SIGNEXTOUT
);
    // The whole block is one multiplier and one adder of 32 bits if both halves are set alike.
    localparam ALIKE = TOPOUTPUT_SELECT == BOTOUTPUT_SELECT
        && TOPADDSUB_LOWERINPUT == BOTADDSUB_LOWERINPUT
        && TOPADDSUB_UPPERINPUT == BOTADDSUB_UPPERINPUT
        && TOP_8x8_MULT_REG == BOT_8x8_MULT_REG && TOP_8x8_MULT_REG == PIPELINE_16x16_MULT_REG1;
    localparam ADDS = TOPADDSUB_LOWERINPUT == 2
        && TOPADDSUB_CARRYSELECT == 2 && BOTADDSUB_CARRYSELECT == 0;
    wire known = ALIKE && !MODE_8x8 && !NEG_TRIGGER && TOPOUTPUT_SELECT != 2
        && (TOPOUTPUT_SELECT == 3 || ADDS)
        && {ADDSUBTOP, ADDSUBBOT} === 2'b00 && OLOADTOP === OLOADBOT && OHOLDTOP === OHOLDBOT
        && {IRSTTOP, IRSTBOT, ORSTTOP, ORSTBOT} === 4'b0000;

    reg [15:0] a_r, b_r, c_r, d_r;
    always @(posedge CLK) if (CE) begin
        if (!AHOLD) a_r <= A;
        if (!BHOLD) b_r <= B;
        if (!CHOLD) c_r <= C;
        if (!DHOLD) d_r <= D;
    end
    wire [15:0] a = A_REG ? a_r : A, b = B_REG ? b_r : B;
    wire [31:0] given = {C_REG ? c_r : C, D_REG ? d_r : D};

    // A number has a bit more than its port, so that both signs are one case.
    // The registers of the four partial products are, in all, registers of the factors.
    reg [15:0] a_before, b_before;
    wire [15:0] a_then = PIPELINE_16x16_MULT_REG1 ? a_before : a;
    wire [15:0] b_then = PIPELINE_16x16_MULT_REG1 ? b_before : b;
    wire signed [16:0] left = {A_SIGNED & a_then[15], a_then};
    wire signed [16:0] right = {B_SIGNED & b_then[15], b_then};
    wire signed [33:0] whole = left * right;
    reg [31:0] product_r;
    wire [31:0] product = PIPELINE_16x16_MULT_REG2 ? product_r : whole[31:0];

    reg [31:0] sum_r;
    wire [31:0] held = TOPADDSUB_UPPERINPUT ? given : sum_r;
    wire [31:0] sum = OLOADTOP ? given : product + held;
    always @(posedge CLK) if (CE) begin
        a_before <= a;
        b_before <= b;
        product_r <= whole[31:0];
        if (!OHOLDTOP) sum_r <= sum;
    end
    wire [31:0] o = TOPOUTPUT_SELECT == 3 ? product : TOPOUTPUT_SELECT == 1 ? sum_r : sum;
    assign O = known ? o : 32'bx;
    assign {CO, ACCUMCO, SIGNEXTOUT} = 3'bx;
endmodule
