"""The report as people get it: words for a terminal, a sheet, a page with charts, a mail."""
