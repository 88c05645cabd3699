// Pipelines without a handshake. `enabled` holds all of itself while ce is low.
module enabled (
    input wire clk, ce, first, valid,
    input wire [31:0] w, a,
    output reg signed [27:0] y
);
    reg signed [17:0] p;
    reg signed [27:0] acc;
    reg v, f;
    integer i;
    reg signed [17:0] s;
    always @* begin
        s = 0;
        for (i = 0; i < 4; i = i + 1) s = s + $signed(w[8*i +: 8]) * $signed(a[8*i +: 8]);
    end
    always @(posedge clk) if (ce) begin
        p <= s;
        {v, f} <= {valid, first};
        if (v) acc <= (f ? 28'sd0 : acc) + p;
        y <= acc;
    end
endmodule

// Neither a reset nor a valid: four products and their sum, three cycles later.
module bare (input wire clk, input wire [31:0] w, a, output reg signed [17:0] y);
    reg signed [15:0] p [0:3];
    reg signed [16:0] s [0:1];
    integer i;
    always @(posedge clk) begin
        for (i = 0; i < 4; i = i + 1) p[i] <= $signed(w[8*i +: 8]) * $signed(a[8*i +: 8]);
        s[0] <= p[0] + p[1];
        s[1] <= p[2] + p[3];
        y <= s[0] + s[1];
    end
endmodule

// As small as an accumulator gets: cleared in a cycle of its own.
module cleared (
    input wire clk, clr, en,
    input wire [31:0] w, a,
    output reg signed [27:0] y
);
    wire signed [17:0] s = $signed(w[7:0]) * $signed(a[7:0]) + $signed(w[15:8]) * $signed(a[15:8])
        + $signed(w[23:16]) * $signed(a[23:16]) + $signed(w[31:24]) * $signed(a[31:24]);
    always @(posedge clk)
        if (clr) y <= 0;
        else if (en) y <= y + s;
endmodule

// No register at all: the product of two E2M1 codes in quarters.
module e2m1_product (input wire [3:0] w, a, output wire signed [8:0] y);
    function [4:0] halves(input [2:0] code);
        halves = code[2:1] == 0 ? {4'd0, code[0]} : {3'd0, 1'b1, code[0]} << code[2:1] - 1;
    endfunction
    wire [8:0] magnitude = halves(w[2:0]) * halves(a[2:0]);
    assign y = w[3] ^ a[3] ? -magnitude : magnitude;
endmodule

// Takes as long as the operands say.
module wandering (
    input wire clk, valid,
    input wire [31:0] w, a,
    output wire signed [17:0] y
);
    wire signed [17:0] s = $signed(w[7:0]) * $signed(a[7:0]) + $signed(w[15:8]) * $signed(a[15:8])
        + $signed(w[23:16]) * $signed(a[23:16]) + $signed(w[31:24]) * $signed(a[31:24]);
    reg signed [17:0] one, two;
    reg late, later;
    always @(posedge clk) begin
        {one, late} <= {s, w[0] & valid};
        {two, later} <= {one, late};
    end
    assign y = later ? two : late ? 18'sd1 : one;
endmodule

// Two products of E2M1 codes and their sum, rounded to E2M1 by guard and sticky bits, to nearest
// even; what is too large becomes the greatest.
module rounded (input wire [7:0] w, a, output wire [3:0] y);
    wire signed [8:0] low, high;
    e2m1_product first (.w(w[3:0]), .a(a[3:0]), .y(low));
    e2m1_product second (.w(w[7:4]), .a(a[7:4]), .y(high));
    wire signed [9:0] sum = low + high;
    wire [8:0] m = sum < 0 ? -sum : sum;
    integer t;
    reg [4:0] code;
    reg guard, sticky;
    always @* begin
        {code, guard, sticky} = {4'd0, m[1], m[0], 1'b0};  // in quarters; below 1, codes are halves
        for (t = 2; t < 9; t = t + 1)
            if (m[t]) begin
                code = 2 * (t - 1) + m[t - 1];
                guard = m[t - 2];
                sticky = t > 2 && (m & (9'd1 << (t - 2)) - 9'd1) != 0;
            end
    end
    wire [5:0] up = code + (guard & (sticky | code[0]));
    assign y = {sum < 0, up > 7 ? 3'd7 : up[2:0]};
endmodule
