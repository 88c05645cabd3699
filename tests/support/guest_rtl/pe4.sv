// An INT4 product and sum over any K: valid and ready on both sides, reset active low.
module pe4 (
    input  logic clk, rst_n,
    input  logic in_valid, in_last,
    output logic in_ready,
    input  logic [3:0] w, a,
    output logic out_valid,
    input  logic out_ready,
    output logic signed [31:0] y
);
    logic signed [31:0] acc, sum;
    assign sum = acc + 32'(signed'(w)) * 32'(signed'(a));
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
