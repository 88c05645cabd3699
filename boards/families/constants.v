// What synthesis puts in place of constants, as constants again.
module GND(output G);
    assign G = 1'b0;
endmodule
module VCC(output V);
    assign V = 1'b1;
endmodule
module VLO(output Z);
    assign Z = 1'b0;
endmodule
module VHI(output Z);
    assign Z = 1'b1;
endmodule
