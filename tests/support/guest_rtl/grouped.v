// Two rows of INT4 × INT8 with a scale for every 8 elements: w[lane][row] in bytes, both rows'
// results together.
module grouped (
    input wire clk, rst, valid, opens, closes, last,
    input wire [63:0] w,
    input wire [31:0] a,
    input wire [7:0] s,
    output reg done,
    output wire [41:0] y
);
    reg fresh;
    always @(posedge clk)
        if (rst) {fresh, done} <= 2'b10;
        else begin
            done <= valid & last;
            if (valid) fresh <= last | (fresh & ~closes);
        end
    genvar row;
    generate for (row = 0; row < 2; row = row + 1) begin : rows
        reg signed [20:0] group, acc;
        reg signed [20:0] sum;
        integer lane;
        always @* begin
            sum = opens ? 21'sd0 : group;
            for (lane = 0; lane < 4; lane = lane + 1)
                sum = sum + $signed(w[16*lane + 8*row +: 8]) * $signed(a[8*lane +: 8]);
        end
        always @(posedge clk) if (valid) begin
            group <= sum;
            if (closes) acc <= (fresh ? 21'sd0 : acc) + sum * $signed({1'b0, s[4*row +: 4]});
        end
        assign y[21*row +: 21] = acc;
    end endgenerate
endmodule
