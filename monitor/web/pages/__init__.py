"""The pages: each gathers within one reading transaction and hands a template what it found."""
