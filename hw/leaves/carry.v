// A - B as AMD's carry blocks, for yosys's techmap: A on the data inputs, A ^ ~B on the select
// inputs. Sums are written {a, carry} - {~f, 1}: their lowest position lets the carry in.
// Define CARRY4 (7 series; UltraScale+ takes it too) or CARRY8 (UltraScale+).
`ifdef CARRY8
`define SIZE 8
`else
`define SIZE 4
`endif
(* techmap_celltype = "$sub" *)
module carry_sub (A, B, Y);
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
  localparam BLOCKS = (COUNT + `SIZE - 1) / `SIZE;
  localparam PAD = BLOCKS * `SIZE - COUNT;

  wire [Y_WIDTH-1:0] a = A;
  wire [Y_WIDTH-1:0] b = B;
  wire [BLOCKS*`SIZE-1:0] data = {{PAD{1'b0}}, a[Y_WIDTH-1:ENTERS]};
  wire [BLOCKS*`SIZE-1:0] select = {{PAD{1'b0}}, a[Y_WIDTH-1:ENTERS] ^ ~b[Y_WIDTH-1:ENTERS]};
  wire [BLOCKS*`SIZE-1:0] sum, carry;
  genvar i;
  generate
    for (i = 0; i < BLOCKS; i = i + 1) begin : block
      localparam AT = i * `SIZE;
      wire first = ENTERS ? a[0] : 1'b1;
`ifdef CARRY8
      wire below;
      if (i == 0) assign below = first;
      else assign below = carry[AT-1];
      CARRY8 run (.CI(below), .CI_TOP(1'b0), .DI(data[AT+:8]), .S(select[AT+:8]),
                  .O(sum[AT+:8]), .CO(carry[AT+:8]));
`else
      if (i == 0)
        CARRY4 run (.CI(1'b0), .CYINIT(first), .DI(data[3:0]), .S(select[3:0]),
                    .O(sum[3:0]), .CO(carry[3:0]));
      else
        CARRY4 run (.CI(carry[AT-1]), .CYINIT(1'b0), .DI(data[AT+:4]), .S(select[AT+:4]),
                    .O(sum[AT+:4]), .CO(carry[AT+:4]));
`endif
    end
    if (ENTERS) assign Y = {sum[COUNT-1:0], ~a[0]};
    else assign Y = sum[COUNT-1:0];
  endgenerate
endmodule
