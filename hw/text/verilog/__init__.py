"""From RTLIL to Verilog that can be read."""
