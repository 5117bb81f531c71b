"""What each source was worth: the backtest, its measures, and what they teach."""
