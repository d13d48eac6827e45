"""Pure decisions: values in, values out. Standard library only; no clock, no I/O, no logging."""
