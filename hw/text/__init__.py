"""From a component to text: RTLIL with each module once, Verilog, the wrapper."""
