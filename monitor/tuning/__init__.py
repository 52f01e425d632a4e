"""Tuning rules on stored history: labels to and from files (`labels`)."""
