"""Which design for which matrix: losses, costs, and the choice that is best of all."""
