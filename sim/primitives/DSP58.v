// DSP58, the DSP block of Versal, for simulation and proofs. Written from AMD AM004 (Versal DSP
// Engine Architecture Manual); yosys ships no model of this block.
// The mode INT24, that of UltraScale's block with wider ports. Left out, and x where asked for: other
// modes, registers of OPMODE and ALUMODE, inputs that carry in or negate, logic functions, numbers
// side by side, patterns, cascades of A and B, a pre-adder of B, asynchronous resets, the first of
// two registers where there is one.
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off WIDTH
module DSP58 #(
    parameter integer ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1,
    parameter integer CARRYINREG = 1, CARRYINSELREG = 1, CREG = 1, DREG = 1, INMODEREG = 1,
    parameter integer MREG = 1, OPMODEREG = 1, PREG = 1,
    parameter AMULTSEL = "A", BMULTSEL = "B", PREADDINSEL = "A", DSP_MODE = "INT24",
    parameter A_INPUT = "DIRECT", B_INPUT = "DIRECT", RESET_MODE = "SYNC",
    parameter USE_MULT = "MULTIPLY", USE_SIMD = "ONE58", USE_WIDEXOR = "FALSE",
    parameter USE_PATTERN_DETECT = "NO_PATDET",
    parameter [57:0] RND = 58'h0
) (
    input  wire        CLK, ASYNC_RST,
    input  wire [33:0] A, ACIN,
    input  wire [23:0] B, BCIN,
    input  wire [57:0] C, PCIN,
    input  wire [26:0] D,
    input  wire [3:0]  ALUMODE,
    input  wire        CARRYIN, CARRYCASCIN, MULTSIGNIN,
    input  wire [2:0]  CARRYINSEL, NEGATE,
    input  wire [4:0]  INMODE,
    input  wire [8:0]  OPMODE,
    input  wire        CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED,
    input  wire        CEINMODE, CEM, CEP,
    input  wire        RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE,
    input  wire        RSTM, RSTP,
    output wire [33:0] ACOUT,
    output wire [23:0] BCOUT,
    output wire [57:0] P, PCOUT,
    output wire [3:0]  CARRYOUT,
    output wire        CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT,
    output wire [7:0]  XOROUT
);
    wire known = DSP_MODE == "INT24" && RESET_MODE == "SYNC" && ASYNC_RST === 1'b0
        && OPMODEREG == 0 && ALUMODEREG == 0 && ALUMODE === 4'b0 && NEGATE === 3'b0
        && CARRYINREG == 0 && CARRYINSELREG == 0 && CARRYIN === 1'b0 && CARRYINSEL === 3'b0
        && USE_MULT == "MULTIPLY" && USE_SIMD == "ONE58" && USE_WIDEXOR == "FALSE"
        && USE_PATTERN_DETECT == "NO_PATDET" && PREADDINSEL == "A" && BMULTSEL == "B"
        && A_INPUT == "DIRECT" && B_INPUT == "DIRECT" && MREG == 1 && PREG == 1;

    // Factors: of two registers the first is by CEA1, a single one by CEA2.
    reg [26:0] a1_r, a2_r, d_r, ad_r;
    reg [23:0] b1_r, b2_r;
    reg [4:0] inmode_r;
    always @(posedge CLK) begin
        if (RSTA) a1_r <= 0; else if (CEA1) a1_r <= A[26:0];
        if (RSTA) a2_r <= 0; else if (CEA2) a2_r <= AREG == 2 ? a1_r : A[26:0];
        if (RSTB) b1_r <= 0; else if (CEB1) b1_r <= B;
        if (RSTB) b2_r <= 0; else if (CEB2) b2_r <= BREG == 2 ? b1_r : B;
        if (RSTD) d_r <= 0; else if (CED) d_r <= D;
        if (RSTINMODE) inmode_r <= 0; else if (CEINMODE) inmode_r <= INMODE;
    end
    wire [4:0] inmode = INMODEREG == 1 ? inmode_r : INMODE;
    wire [26:0] a = inmode[0] ? 27'bx : inmode[1] ? 27'b0 : AREG == 0 ? A[26:0] : a2_r;
    wire [23:0] b = inmode[4] ? 24'bx : BREG == 0 ? B : b2_r;
    wire [26:0] d = !inmode[2] ? 27'b0 : DREG == 1 ? d_r : D;

    // The pre-adder, and the multiplier behind it.
    wire [26:0] ad = inmode[3] ? d - a : d + a;
    always @(posedge CLK) if (RSTD) ad_r <= 0; else if (CEAD) ad_r <= ad;
    wire signed [26:0] wide = AMULTSEL == "A" ? a : ADREG == 1 ? ad_r : ad;
    wire signed [23:0] narrow = b;
    reg signed [50:0] m_r;
    always @(posedge CLK) if (RSTM) m_r <= 0; else if (CEM) m_r <= wide * narrow;
    wire [57:0] m = {{7{m_r[50]}}, m_r};

    // What is added: W, and X and Y as one, and Z.
    reg [57:0] c_r, p_r, w, z;
    wire [57:0] c = CREG == 1 ? c_r : C;
    wire [57:0] xy = OPMODE[3:0] == 4'b0101 ? m : OPMODE[3:0] == 4'b0000 ? 58'b0 : 58'bx;
    always @* begin
        case (OPMODE[8:7])
            2'b00: w = 58'b0;
            2'b01: w = p_r;
            2'b10: w = RND;
            default: w = c;
        endcase
        case (OPMODE[6:4])
            3'b000: z = 58'b0;
            3'b001: z = PCIN;
            3'b010: z = p_r;
            3'b011: z = c;
            default: z = 58'bx;
        endcase
    end
    always @(posedge CLK) begin
        if (RSTC) c_r <= 0; else if (CEC) c_r <= C;
        if (RSTP) p_r <= 0; else if (CEP) p_r <= known ? xy + z + w : 58'bx;
    end
    assign P = p_r;
    assign PCOUT = p_r;
    assign ACOUT = 34'bx;
    assign BCOUT = 24'bx;
    assign {CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT} = 6'bx;
    assign CARRYOUT = 4'bx;
    assign XOROUT = 8'bx;
endmodule
