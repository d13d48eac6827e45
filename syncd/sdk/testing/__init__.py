"""What a connector author and a test need: a vendor in memory, faults, an oracle, and a connector's promises as tests.

Import from the modules: `memory`, `faults`, `transport`, `conformance`, `oracle`, `simulator`.
"""
