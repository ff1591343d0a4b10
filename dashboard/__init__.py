"""What the board sees: pages over the published board's file, and nothing behind it."""
