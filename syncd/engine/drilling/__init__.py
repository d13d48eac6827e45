"""The report of a drill as text and as one HTML file; as JSON it is the value itself."""
