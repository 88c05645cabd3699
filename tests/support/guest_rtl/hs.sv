// An INT8 dot product over any K: valid and ready on both sides, reset active low.
module hs (
    input  logic clk, rst_n,
    input  logic in_valid, in_last,
    output logic in_ready,
    input  logic [31:0] w, a,
    output logic out_valid,
    input  logic out_ready,
    output logic signed [31:0] y
);
    logic signed [31:0] acc, sum;
    always_comb begin
        sum = acc;
        for (int i = 0; i < 4; i++) sum += 32'(signed'(w[8*i+:8])) * 32'(signed'(a[8*i+:8]));
    end
    assign in_ready = !out_valid || out_ready;
    always_ff @(posedge clk or negedge rst_n)
        if (!rst_n) begin
            acc <= 0;
            out_valid <= 0;
        end else if (in_ready) begin
            out_valid <= in_valid && in_last;
            if (in_valid) begin
                acc <= in_last ? 0 : sum;
                y <= sum;
            end
        end
endmodule
