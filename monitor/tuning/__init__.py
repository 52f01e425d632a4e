"""Tuning rules on stored history: what a rule finds there (`history`), labels to and from files (`labels`)."""
