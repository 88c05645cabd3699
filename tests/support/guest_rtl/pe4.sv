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

// The same, with two results that may wait in a memory.
module pe4_queued (
    input  logic clk, rst_n,
    input  logic in_valid, in_last,
    output logic in_ready,
    input  logic [3:0] w, a,
    output logic out_valid,
    input  logic out_ready,
    output logic signed [31:0] y
);
    logic made, first, last;
    logic [1:0] count;
    logic signed [31:0] sum;
    logic signed [31:0] kept [0:1];
    pe4 inner (.out_valid(made), .out_ready(!count[1]), .y(sum), .*);
    assign out_valid = count != 0;
    assign y = kept[first];
    wire comes = made && !count[1], goes = out_valid && out_ready;
    always_ff @(posedge clk) if (comes) kept[last] <= sum;
    always_ff @(posedge clk or negedge rst_n)
        if (!rst_n) {first, last, count} <= 0;
        else begin
            if (comes) last <= !last;
            if (goes) first <= !first;
            count <= count + comes - goes;
        end
endmodule
