// MULT18X18D, the multiplier of Lattice ECP5, for simulation and proofs. Written from FPGA-TN-02205
// (ECP5 sysDSP Usage Guide); yosys ships no model of this block.
// Left out, and x where asked for: shift inputs and outputs, the C input, clocks but CLK0, enables
// but CE0, resets but RST0, divided and high-speed clocks, the bypass. RESETMODE is SYNC.
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off WIDTH
module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0",
    parameter REG_INPUTC_CLK = "NONE", REG_INPUTC_CE = "CE0", REG_INPUTC_RST = "RST0",
    parameter REG_PIPELINE_CLK = "NONE", REG_PIPELINE_CE = "CE0", REG_PIPELINE_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0",
    parameter CLK0_DIV = "ENABLED", CLK1_DIV = "ENABLED", CLK2_DIV = "ENABLED",
    parameter CLK3_DIV = "ENABLED", HIGHSPEED_CLK = "NONE", GSR = "ENABLED",
    parameter CAS_MATCH_REG = "FALSE", SOURCEB_MODE = "B_SHIFT", MULT_BYPASS = "DISABLED",
    parameter RESETMODE = "SYNC"
) (
    input  wire
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0, B17, B16,
        B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0, C17, C16, C15, C14,
        C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0, SIGNEDA, SIGNEDB, SOURCEA,
        SOURCEB, CLK0, CLK1, CLK2, CLK3, CE0, CE1, CE2, CE3, RST0, RST1, RST2, RST3, SRIA17,
        SRIA16, SRIA15, SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5,
        SRIA4, SRIA3, SRIA2, SRIA1, SRIA0, SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11,
        SRIB10, SRIB9, SRIB8, SRIB7, SRIB6, SRIB5, SRIB4, SRIB3, SRIB2, SRIB1, SRIB0,
    output wire
        SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6,
        SROA5, SROA4, SROA3, SROA2, SROA1, SROA0, SROB17, SROB16, SROB15, SROB14, SROB13, SROB12,
        SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4, SROB3, SROB2, SROB1, SROB0,
        ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4,
        ROA3, ROA2, ROA1, ROA0, ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8,
        ROB7, ROB6, ROB5, ROB4, ROB3, ROB2, ROB1, ROB0, ROC17, ROC16, ROC15, ROC14, ROC13, ROC12,
        ROC11, ROC10, ROC9, ROC8, ROC7, ROC6, ROC5, ROC4, ROC3, ROC2, ROC1, ROC0, P35, P34, P33,
        P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15,
        P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0, SIGNEDP
);
    wire [17:0] a_in = {
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
    };
    wire [17:0] b_in = {
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
    };
    wire known = SOURCEA === 1'b0 && SOURCEB === 1'b0 && MULT_BYPASS == "DISABLED";

    // A number has a bit more than its port, so that both signs are one case.
    reg [18:0] a_r, b_r;
    wire [18:0] a_here = {SIGNEDA & a_in[17], a_in};
    wire [18:0] b_here = {SIGNEDB & b_in[17], b_in};
    always @(posedge CLK0) begin
        if (RST0) a_r <= 0; else if (CE0) a_r <= a_here;
        if (RST0) b_r <= 0; else if (CE0) b_r <= b_here;
    end
    wire signed [18:0] a = REG_INPUTA_CLK == "CLK0" ? a_r : a_here;
    wire signed [18:0] b = REG_INPUTB_CLK == "CLK0" ? b_r : b_here;

    wire signed [37:0] product = a * b;
    reg [35:0] pipeline_r, output_r;
    wire [35:0] middle = REG_PIPELINE_CLK == "CLK0" ? pipeline_r : product[35:0];
    always @(posedge CLK0) begin
        if (RST0) pipeline_r <= 0; else if (CE0) pipeline_r <= product[35:0];
        if (RST0) output_r <= 0; else if (CE0) output_r <= middle;
    end
    wire [35:0] p = REG_OUTPUT_CLK == "CLK0" ? output_r : middle;
    assign {
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
        P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
    } = known ? p : 36'bx;
    assign SIGNEDP = SIGNEDA | SIGNEDB;
endmodule
