"""All that a connector author imports, beside the nouns of `syncd.core.model`.

    connector   the protocol, its capabilities and values      errors        what can go wrong, by what to do about it
    http        requests: time-outs, retries, limits           budget        what is left of a vendor's limit
    answers     a vendor's JSON as checked values              recent        what need not be asked again
    oauth       tokens that end                                names         custom fields called like others
    text        a vendor's text and ours                       multipart, json_files   files within a body
    testing     the promises as tests, and a base of simulators

Import from the modules. docs/write-a-connector.md builds a connector with them.
"""
