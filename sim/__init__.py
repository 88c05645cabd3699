"""How it is shown: benches, the simulator runner, models of vendor primitives."""
