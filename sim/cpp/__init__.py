"""The golden model in C++, and what SystemVerilog calls of it."""
