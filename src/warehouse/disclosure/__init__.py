"""What may leave for the board, applied when its file is built and never in the dashboard."""
