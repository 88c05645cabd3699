// DSP48E2, the DSP block of UltraScale and UltraScale+, for simulation and proofs.
// Written from AMD UG579 (UltraScale Architecture DSP Slice); yosys ships no model of this block.
// Left out, and x where asked for: logic functions and the wide XOR, the pattern detector, the
// multiply-and-accumulate extension over two blocks, inverted inputs, asynchronous resets, the first
// of two registers where there is one.
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off WIDTH
module DSP48E2 #(
    parameter integer ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1,
    parameter integer CARRYINREG = 1, CARRYINSELREG = 1, CREG = 1, DREG = 1, INMODEREG = 1,
    parameter integer MREG = 1, OPMODEREG = 1, PREG = 1,
    parameter AMULTSEL = "A", BMULTSEL = "B", PREADDINSEL = "A",
    parameter A_INPUT = "DIRECT", B_INPUT = "DIRECT",
    parameter USE_MULT = "MULTIPLY", USE_SIMD = "ONE48", USE_WIDEXOR = "FALSE",
    parameter USE_PATTERN_DETECT = "NO_PATDET", AUTORESET_PATDET = "NO_RESET",
    parameter SEL_MASK = "MASK", SEL_PATTERN = "PATTERN",
    parameter [47:0] MASK = 48'h3fffffffffff, PATTERN = 48'h0,
    parameter [47:0] RND = 48'h0
) (
    input  wire        CLK,
    input  wire [29:0] A, ACIN,
    input  wire [17:0] B, BCIN,
    input  wire [47:0] C, PCIN,
    input  wire [26:0] D,
    input  wire [3:0]  ALUMODE,
    input  wire        CARRYIN, CARRYCASCIN, MULTSIGNIN,
    input  wire [2:0]  CARRYINSEL,
    input  wire [4:0]  INMODE,
    input  wire [8:0]  OPMODE,
    input  wire        CEA1, CEA2, CEAD, CEALUMODE, CEB1, CEB2, CEC, CECARRYIN, CECTRL, CED,
    input  wire        CEINMODE, CEM, CEP,
    input  wire        RSTA, RSTALLCARRYIN, RSTALUMODE, RSTB, RSTC, RSTCTRL, RSTD, RSTINMODE,
    input  wire        RSTM, RSTP,
    output wire [29:0] ACOUT,
    output wire [17:0] BCOUT,
    output wire [47:0] P, PCOUT,
    output wire [3:0]  CARRYOUT,
    output wire        CARRYCASCOUT, MULTSIGNOUT, OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT,
    output wire [7:0]  XOROUT
);
    // Control registers.
    reg [8:0] opmode_r;
    reg [3:0] alumode_r;
    reg [4:0] inmode_r;
    reg [2:0] carryinsel_r;
    always @(posedge CLK) begin
        if (RSTCTRL) opmode_r <= 0; else if (CECTRL) opmode_r <= OPMODE;
        if (RSTCTRL) carryinsel_r <= 0; else if (CECTRL) carryinsel_r <= CARRYINSEL;
        if (RSTALUMODE) alumode_r <= 0; else if (CEALUMODE) alumode_r <= ALUMODE;
        if (RSTINMODE) inmode_r <= 0; else if (CEINMODE) inmode_r <= INMODE;
    end
    wire [8:0] opmode = OPMODEREG == 1 ? opmode_r : OPMODE;
    wire [3:0] alumode = ALUMODEREG == 1 ? alumode_r : ALUMODE;
    wire [4:0] inmode = INMODEREG == 1 ? inmode_r : INMODE;
    wire [2:0] carryinsel = CARRYINSELREG == 1 ? carryinsel_r : CARRYINSEL;

    // A and B: one register is the second, as CEA2 and CEB2 say.
    wire [29:0] a_in = A_INPUT == "CASCADE" ? ACIN : A;
    wire [17:0] b_in = B_INPUT == "CASCADE" ? BCIN : B;
    reg [29:0] a1_r, a2_r;
    reg [17:0] b1_r, b2_r;
    wire [29:0] a1 = AREG == 2 ? a1_r : a_in;
    wire [17:0] b1 = BREG == 2 ? b1_r : b_in;
    always @(posedge CLK) begin
        if (RSTA) a1_r <= 0; else if (CEA1) a1_r <= a_in;
        if (RSTA) a2_r <= 0; else if (CEA2) a2_r <= a1;
        if (RSTB) b1_r <= 0; else if (CEB1) b1_r <= b_in;
        if (RSTB) b2_r <= 0; else if (CEB2) b2_r <= b1;
    end
    wire [29:0] a2 = AREG == 0 ? a_in : a2_r;
    wire [17:0] b2 = BREG == 0 ? b_in : b2_r;
    assign ACOUT = ACASCREG == AREG ? a2 : ACASCREG == 1 ? a1 : 30'bx;
    assign BCOUT = BCASCREG == BREG ? b2 : BCASCREG == 1 ? b1 : 18'bx;

    // The pre-adder: D plus or minus what INMODE[1] lets through of A, or of B.
    reg [26:0] d_r, ad_r;
    wire [26:0] d = DREG == 1 ? d_r : D;
    wire [26:0] a_mult = !inmode[0] ? a2[26:0] : AREG == 2 ? a1_r[26:0] : 27'bx;
    wire [17:0] b_mult = !inmode[4] ? b2 : BREG == 2 ? b1_r : 18'bx;
    wire [26:0] a_gated = inmode[1] && PREADDINSEL == "A" ? 27'b0 : a_mult;
    wire [17:0] b_gated = inmode[1] && PREADDINSEL == "B" ? 18'b0 : b_mult;
    wire [26:0] given = PREADDINSEL == "B" ? {{9{b_gated[17]}}, b_gated} : a_gated;
    wire [26:0] d_gated = inmode[2] ? d : 27'b0;
    wire [26:0] sum = inmode[3] ? d_gated - given : d_gated + given;
    always @(posedge CLK) begin
        if (RSTD) d_r <= 0; else if (CED) d_r <= D;
        if (RSTD) ad_r <= 0; else if (CEAD) ad_r <= sum;
    end
    wire [26:0] ad = ADREG == 1 ? ad_r : sum;

    // The multiplier; its two partial sums, X and Y, are here one number and zero.
    wire signed [26:0] wide = AMULTSEL == "AD" ? ad : a_gated;
    wire signed [17:0] narrow = BMULTSEL == "AD" ? ad[17:0] : b_gated;
    wire signed [44:0] product = wide * narrow;
    reg [44:0] m_r;
    always @(posedge CLK) if (RSTM) m_r <= 0; else if (CEM) m_r <= product;
    wire [44:0] m_here = MREG == 1 ? m_r : product;
    wire [47:0] m = USE_MULT == "NONE" ? 48'bx : {{3{m_here[44]}}, m_here};

    reg [47:0] c_r;
    always @(posedge CLK) if (RSTC) c_r <= 0; else if (CEC) c_r <= C;
    wire [47:0] c = CREG == 1 ? c_r : C;

    // What is added.
    reg [47:0] p_r;
    reg [47:0] w, x, y, z;
    wire [47:0] p_here;
    wire [47:0] p_back = PREG == 1 ? p_here : 48'bx;
    always @* begin
        case (opmode[8:7])
            2'b00: w = 48'b0;
            2'b01: w = p_back;
            2'b10: w = RND;
            default: w = c;
        endcase
        case (opmode[1:0])
            2'b00: x = 48'b0;
            2'b01: x = opmode[3:2] == 2'b01 ? m : 48'bx;
            2'b10: x = p_back;
            default: x = {a2, b2};
        endcase
        case (opmode[3:2])
            2'b00: y = 48'b0;
            2'b01: y = opmode[1:0] == 2'b01 ? 48'b0 : 48'bx;
            2'b10: y = {48{1'b1}};
            default: y = c;
        endcase
        case (opmode[6:4])
            3'b000: z = 48'b0;
            3'b001: z = PCIN;
            3'b010: z = p_back;
            3'b011: z = c;
            3'b101: z = {{17{PCIN[47]}}, PCIN[47:17]};
            3'b110: z = {{17{p_back[47]}}, p_back[47:17]};
            default: z = 48'bx;
        endcase
    end

    // What carries in.
    reg carryin_r, round_r;
    reg carry;
    always @(posedge CLK) begin
        if (RSTALLCARRYIN) carryin_r <= 0; else if (CECARRYIN) carryin_r <= CARRYIN;
        if (RSTALLCARRYIN) round_r <= 0; else if (CEM) round_r <= ~(wide[26] ^ narrow[17]);
    end
    reg cascade_r;
    always @* begin
        case (carryinsel)
            3'b000: carry = CARRYINREG == 1 ? carryin_r : CARRYIN;
            3'b001: carry = ~PCIN[47];
            3'b010: carry = CARRYCASCIN;
            3'b011: carry = PCIN[47];
            3'b100: carry = PREG == 1 ? cascade_r : 1'bx;
            3'b101: carry = ~p_back[47];
            3'b110: carry = MREG == 1 ? round_r : ~(wide[26] ^ narrow[17]);
            default: carry = p_back[47];
        endcase
    end

    // Z + rest, Z - rest, -Z + rest - 1, -Z - rest - 1, in one, two or four parts.
    localparam integer PARTS = USE_SIMD == "FOUR12" ? 4 : USE_SIMD == "TWO24" ? 2 : 1;
    localparam integer SIZE = 48 / PARTS;
    wire known = alumode[3:2] == 2'b00 && USE_WIDEXOR == "FALSE"
              && USE_PATTERN_DETECT == "NO_PATDET" && (PARTS == 1 || USE_MULT == "NONE");
    wire [47:0] added;
    wire [3:0] carries;
    genvar part;
    generate
        for (part = 0; part < PARTS; part = part + 1) begin : parts
            wire [SIZE-1:0] zs = z[part * SIZE +: SIZE] ^ {SIZE{alumode[0]}};
            wire [SIZE+1:0] total = x[part * SIZE +: SIZE] + y[part * SIZE +: SIZE] + zs
                                  + w[part * SIZE +: SIZE] + (part == 0 ? carry : 1'b0);
            assign added[part * SIZE +: SIZE] = total[SIZE-1:0] ^ {SIZE{alumode[1]}};
            assign carries[(part + 1) * 4 / PARTS - 1] = total[SIZE] ^ (alumode[1] & alumode[0]);
        end
        if (PARTS == 1) begin : one
            assign carries[2:0] = 3'bx;
        end
        if (PARTS == 2) begin : two
            assign carries[0] = 1'bx;
            assign carries[2] = 1'bx;
        end
    endgenerate
    wire [47:0] result = known ? added : 48'bx;

    reg [3:0] carries_r;
    reg sign_r;
    always @(posedge CLK) begin
        if (RSTP) p_r <= 0; else if (CEP) p_r <= result;
        if (RSTP) carries_r <= 0; else if (CEP) carries_r <= carries;
        if (RSTP) cascade_r <= 0; else if (CEP) cascade_r <= carries[3];
        if (RSTP) sign_r <= 0; else if (CEP) sign_r <= m[47];
    end
    assign p_here = PREG == 1 ? p_r : result;
    assign P = p_here;
    assign PCOUT = p_here;
    assign CARRYOUT = PREG == 1 ? carries_r : carries;
    assign CARRYCASCOUT = PREG == 1 ? cascade_r : carries[3];
    assign MULTSIGNOUT = PREG == 1 ? sign_r : m[47];
    assign {OVERFLOW, UNDERFLOW, PATTERNDETECT, PATTERNBDETECT} = 4'bx;
    assign XOROUT = 8'bx;
endmodule
