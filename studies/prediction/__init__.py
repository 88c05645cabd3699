"""What engines cost, foreseen from their plans: features, a data set, trees, predictions."""
