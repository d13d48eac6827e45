"""Ways to tell people outside of the two tickets, one module each. They know nothing of tickets, rules or the store."""
