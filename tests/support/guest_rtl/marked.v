// One INT2 × INT2 with a scale for every 2 elements; fin marks a tile's last result.
module marked (
    input wire clk, rst, valid, opens, closes, last,
    input wire signed [1:0] w, a,
    input wire [1:0] s,
    output reg done, fin,
    output reg signed [6:0] y
);
    reg fresh;
    reg signed [6:0] group;
    wire signed [6:0] sum = (opens ? 7'sd0 : group) + w * a;
    always @(posedge clk)
        if (rst) {fresh, done, fin} <= 3'b100;
        else begin
            {done, fin} <= {2{valid & last}};
            if (valid) begin
                fresh <= last | (fresh & ~closes);
                group <= sum;
                if (closes) y <= (fresh ? 7'sd0 : y) + sum * $signed({1'b0, s});
            end
        end
endmodule
