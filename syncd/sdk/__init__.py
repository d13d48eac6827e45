"""All that a connector author imports: the protocol, its values and errors, the HTTP client, text and testing."""
