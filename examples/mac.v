// A multiply-accumulate unit in plain Verilog, to cost: macsmith cost examples/mac.v
//
// Every cycle adds weight x activation to sum. With first, the sum starts from 0 instead. The
// product of a cycle is in sum three cycles later.
module mac (
    input wire clk,
    input wire first,
    input wire signed [7:0] weight,
    input wire signed [7:0] activation,
    output reg signed [31:0] sum
);
    reg signed [7:0] weight_held, activation_held;
    reg signed [15:0] product;
    reg first_held, first_product;

    always @(posedge clk) begin
        weight_held <= weight;
        activation_held <= activation;
        first_held <= first;
        product <= weight_held * activation_held;
        first_product <= first_held;
        sum <= (first_product ? 32'sd0 : sum) + product;
    end
endmodule
