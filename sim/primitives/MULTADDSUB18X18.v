// MULTADDSUB18X18, a DSP block of Lattice Nexus, for simulation and proofs. Written from
// FPGA-TN-02096 (sysDSP Usage Guide for Nexus Platform).
// Left out, and x where asked for: subtraction, CIN, the input register of C, registers of LOADC and
// ADDSUB, resets that are not synchronous. C passes a register with the product.
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off WIDTH
module MULTADDSUB18X18 #(
    parameter REGINPUTA = "REGISTER", REGINPUTB = "REGISTER", REGINPUTC = "REGISTER",
    parameter REGADDSUB = "REGISTER", REGLOADC = "REGISTER", REGLOADC2 = "REGISTER",
    parameter REGCIN = "REGISTER", REGPIPELINE = "REGISTER", REGOUTPUT = "REGISTER",
    parameter GSR = "ENABLED", RESETMODE = "SYNC"
) (
    input  wire [17:0] A, B,
    input  wire [53:0] C,
    input  wire CLK, CEA, RSTA, CEB, RSTB, CEC, RSTC, SIGNED, RSTPIPE, CEPIPE, RSTCTRL, CECTRL,
    input  wire RSTCIN, CECIN, LOADC, ADDSUB,
    output wire [53:0] Z,
    input  wire RSTOUT, CEOUT, CIN
);
    wire known = RESETMODE == "SYNC" && REGINPUTC == "BYPASS" && REGLOADC == "BYPASS"
        && REGLOADC2 == "BYPASS" && REGADDSUB == "BYPASS" && REGCIN == "BYPASS"
        && REGOUTPUT == "REGISTER" && ADDSUB === 1'b0 && CIN === 1'b0;
    reg [17:0] a_r, b_r;
    wire [17:0] a = REGINPUTA == "REGISTER" ? a_r : A, b = REGINPUTB == "REGISTER" ? b_r : B;
    // A number has a bit more than its port, so that both signs are one case.
    wire signed [18:0] left = {SIGNED & a[17], a}, right = {SIGNED & b[17], b};
    wire signed [37:0] whole = left * right;
    reg signed [35:0] product_r;
    reg [53:0] c_r, z_r;
    wire [35:0] product = REGPIPELINE == "REGISTER" ? product_r : whole[35:0];
    wire [53:0] c = REGPIPELINE == "REGISTER" ? c_r : C;
    // Whether products are signed goes with them, by a register of the controls.
    reg signed_r;
    wire is_signed = REGPIPELINE == "REGISTER" ? signed_r : SIGNED;
    wire [53:0] m = {{18{is_signed & product[35]}}, product};
    always @(posedge CLK) begin
        if (RSTA) a_r <= 0; else if (CEA) a_r <= A;
        if (RSTB) b_r <= 0; else if (CEB) b_r <= B;
        if (RSTC) c_r <= 0; else if (CEC) c_r <= C;
        if (RSTCTRL) signed_r <= 0; else if (CECTRL) signed_r <= SIGNED;
        if (RSTPIPE) product_r <= 0; else if (CEPIPE) product_r <= whole[35:0];
        if (RSTOUT) z_r <= 0; else if (CEOUT) z_r <= m + (LOADC ? c : z_r);
    end
    assign Z = known ? z_r : 54'bx;
endmodule
