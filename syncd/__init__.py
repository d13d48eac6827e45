"""syncd keeps helpdesk tickets and engineering issues consistent, both ways, by declarative mappings."""

from importlib.metadata import version

__version__ = version("syncd")
