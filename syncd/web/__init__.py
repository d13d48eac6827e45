"""What is reached over HTTP: webhooks, health, metrics and the page. Nothing here decides anything."""
