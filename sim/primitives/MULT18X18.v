// MULT18X18, the multiplier of Gowin GW1N and GW2A, for simulation and proofs. Written from UG287
// (Gowin DSP user guide); yosys ships no model of this block.
// Left out, and x where asked for: shift inputs and outputs, registers of the signs, resets that
// are not synchronous.
// verilator lint_off UNUSEDPARAM
// verilator lint_off UNUSEDSIGNAL
// verilator lint_off WIDTH
module MULT18X18 #(
    parameter [0:0] AREG = 0, BREG = 0, OUT_REG = 0, PIPE_REG = 0, ASIGN_REG = 0, BSIGN_REG = 0,
    parameter [0:0] SOA_REG = 0,
    parameter MULT_RESET_MODE = "SYNC"
) (
    input  wire [17:0] A, SIA, B, SIB,
    input  wire ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output wire [35:0] DOUT,
    output wire [17:0] SOA, SOB
);
    wire known = ASEL === 1'b0 && BSEL === 1'b0 && !ASIGN_REG && !BSIGN_REG
        && MULT_RESET_MODE == "SYNC";
    reg [17:0] a_r, b_r;
    wire [17:0] a = AREG ? a_r : A, b = BREG ? b_r : B;
    // A number has a bit more than its port, so that both signs are one case.
    wire signed [18:0] left = {ASIGN & a[17], a}, right = {BSIGN & b[17], b};
    wire signed [37:0] product = left * right;
    reg [35:0] pipe_r, out_r;
    wire [35:0] middle = PIPE_REG ? pipe_r : product[35:0];
    always @(posedge CLK)
        if (RESET) begin
            a_r <= 0;
            b_r <= 0;
            pipe_r <= 0;
            out_r <= 0;
        end else if (CE) begin
            a_r <= A;
            b_r <= B;
            pipe_r <= product[35:0];
            out_r <= middle;
        end
    wire [35:0] found = OUT_REG ? out_r : middle;
    assign DOUT = known ? found : 36'bx;
    assign {SOA, SOB} = 36'bx;
endmodule
