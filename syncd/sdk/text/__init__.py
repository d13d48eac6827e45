"""Texts of all formats, by one tree of blocks and inlines (`tree`).

Reading is `parse` or `from_plain`, then `markdown.render`: what a vendor holds, as Markdown in neutral form. Writing is
`compose.compose`: it parses the Markdown, takes away what would act at the vendor (`defuse`), cuts it to the vendor's
limit (`limit`) and hands the tree to your writer.

    markdown, html, html_writer, plain      the formats; a format of your own is a walk over `tree`
    characters      what can be stored, printed, cut between two characters
    hidden, mark    a key within a text that nobody sees: in an HTML comment; in characters of no width
"""
