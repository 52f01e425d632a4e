"""Tuning rules on stored history: backtest, near misses, feedback. Reserved; nothing is here yet."""
