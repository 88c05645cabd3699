// A - B as CARRY4: A on the data inputs, A ^ ~B on the select inputs, for yosys's techmap.
// Sums are written {a, carry} - {~f, 1}: their lowest position lets the carry in.
(* techmap_celltype = "$sub" *)
module carry4_sub (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_B_ = 0;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  wire _TECHMAP_FAIL_ = Y_WIDTH <= 3 || A_SIGNED || B_SIGNED;
  localparam ENTERS = _TECHMAP_CONSTMSK_B_[0] && _TECHMAP_CONSTVAL_B_[0];
  localparam COUNT = Y_WIDTH - ENTERS;
  localparam BLOCKS = (COUNT + 3) / 4;
  localparam PAD = BLOCKS * 4 - COUNT;

  wire [Y_WIDTH-1:0] a = A;
  wire [Y_WIDTH-1:0] b = B;
  wire [BLOCKS*4-1:0] data = {{PAD{1'b0}}, a[Y_WIDTH-1:ENTERS]};
  wire [BLOCKS*4-1:0] select = {{PAD{1'b0}}, a[Y_WIDTH-1:ENTERS] ^ ~b[Y_WIDTH-1:ENTERS]};
  wire [BLOCKS*4-1:0] sum, carry;
  genvar i;
  generate
    for (i = 0; i < BLOCKS; i = i + 1) begin : block
      if (i == 0)
        CARRY4 run (.CI(1'b0), .CYINIT(ENTERS ? a[0] : 1'b1), .DI(data[3:0]), .S(select[3:0]),
                    .O(sum[3:0]), .CO(carry[3:0]));
      else
        CARRY4 run (.CI(carry[i*4-1]), .CYINIT(1'b0), .DI(data[i*4+:4]), .S(select[i*4+:4]),
                    .O(sum[i*4+:4]), .CO(carry[i*4+:4]));
    end
    if (ENTERS) assign Y = {sum[COUNT-1:0], ~a[0]};
    else assign Y = sum[COUNT-1:0];
  endgenerate
endmodule
