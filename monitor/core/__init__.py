"""Pure: no input, output, clock, randomness, logging or await. What the monitor decides, it decides here."""
