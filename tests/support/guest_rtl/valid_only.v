// An INT8 dot product without back-pressure: products, then sums. The weights come in two ports of
// swapped halves, the activations with lane 0 on top. `mode` must be 2.
`include "lanes.vh"
module valid_only #(parameter WIDTH = 8) (
    input  wire clock, reset,
    input  wire go, start, stop,
    input  wire [2*WIDTH-1:0] w_low, w_high,
    input  wire [4*WIDTH-1:0] a,
    input  wire [1:0] mode,
    output reg  done,
    output wire [39:0] y
);
    reg signed [2*WIDTH-1:0] p0, p1, p2, p3;
    reg signed [31:0] acc;
    reg v, f, l;
    wire signed [31:0] sum = (f ? 32'sd0 : acc) + p0 + p1 + p2 + p3;
    assign y = {acc, 8'h5a};
    always @(posedge clock) begin
        p0 <= $signed(`LANE(w_high, 0)) * $signed(`LANE(a, 3));
        p1 <= $signed(`LANE(w_high, 1)) * $signed(`LANE(a, 2));
        p2 <= $signed(`LANE(w_low, 0)) * $signed(`LANE(a, 1));
        p3 <= $signed(`LANE(w_low, 1)) * $signed(`LANE(a, 0));
        {f, l} <= {start, stop};
        if (v) acc <= sum;
        v <= go & ~reset & mode == 2'd2;
        done <= v & l & ~reset;
    end
endmodule
