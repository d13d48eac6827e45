"""What a connector author and a test of syncd need: a vendor in memory, faults, an oracle, and the connector's promises as tests.

Import from the modules: `memory`, `faults`, `transport`, `conformance`, `oracle`, `simulator`.
"""
