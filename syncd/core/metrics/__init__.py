"""The numbers of the escalation: cases in, numbers out. `definitions` has every metric, each in one place."""
