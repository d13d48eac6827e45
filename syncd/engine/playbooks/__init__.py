"""The playbook as people read it: text, Markdown, and one page of HTML."""
