"""Tuning rules on stored history: what they find and miss there, what people said of it, and what would mend it."""
