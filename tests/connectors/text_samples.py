"""Texts as tickets really hold them, in canonical Markdown, and what the laws of every vendor's `text.py` need."""

from __future__ import annotations

SAMPLES: dict[str, str] = {
    "words": "The export fails since Monday.",
    "two paragraphs": "Good morning,\n\nnobody can log in. Best regards",
    "lines": "Ana Souza\\\nAcme Ltd\\\n+44 20 7946 0000",
    "snake case and paths": "set max_open_files in /etc/app/app.conf or C:\\\\app\\\\conf, then 2 \\* 3 \\< 7 & done",
    "emphasis": "This is **very** important, _really_, not ~~optional~~ at all",
    "code span": "run `make test` and look at `result == 1`",
    "headings": "# Incident\n\nSince 09:00.\n\n## Impact\n\nAll of EU.",
    "bullets": "- one\n- two\n- three",
    "numbers": "1. open the page\n2. press save\n3. see the error",
    "nested lists": "- web\n  - login\n  - search\n    1. first\n    2. second\n- mail",
    "stack trace": (
        "It ends with\n\n```java\njava.lang.NullPointerException: Cannot invoke \"String.length()\"\n"
        "\tat com.acme.Login.check(Login.java:42)\n\tat com.acme.Main.main(Main.java:7)\n```\n\nafter ten minutes."
    ),
    "code without a language": "```\nif (a < b && c > d) { return \"x\"; }\n\n    indented *not bold*\n```",
    "quote": "> Did you restart it?\n\nYes, twice.",
    "quote with a list": "> We need\n>\n> - the log\n> - the time\n\nBoth are below.",
    "table": "| Plan | Users | State |\n| --- | --- | --- |\n| Pro | 12 | up |\n| Free |  | down \\| slow |",
    "rule": "above\n\n___\n\nbelow",
    "bare link": "see <https://status.example.com/incidents/4711?lang=en&tz=utc> for news",
    "link with words": "see [the status page](https://status.example.com/) for news",
    "mail address": "write to [support](mailto:support@example.com) or to ops@example.com",
    "names in many scripts": (
        "Łukasz Żółw, José Ñandú, Ὀδυσσεύς, Дмитрий, 山田太郎, 김철수, สมชาย, नरेन्द्र, አበበ, Nguyễn Văn Ồn, וולודימיר"
    ),
    "right to left": "שלום עולם — مرحبا بالعالم (version 2.0) می‌خواهم",
    "emoji": "works 👍🏽 for 👨‍👩‍👧‍👦 in 🇩🇪 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ✅",
    "combining characters": "e\u0301 is é, and a\u0308\u0323 has two marks",
    "no-break space": "100\xa0km is far",
    "CJK with bold": "请**立即**重启服务器。",
    "mixed": (
        "## What happened\n\nThe **payment** page shows `502` since _10:42 UTC_.\n\n1. open <https://shop.example.com/pay>\n"
        "2. choose _card_\n\n| time | code |\n| --- | --- |\n| 10:42 | `502` |\n| 10:50 | **200** |\n\n"
        "```json\n{\"error\": \"upstream\"}\n```\n\n> It worked yesterday.\n\nThanks"
    ),
}  # fmt: skip

PLAIN_MAILS: dict[str, str] = {
    "a reply below a quote": (
        "Hi,\n\nOn Mon, Ana wrote:\n> Is it * still * down?\n>> Yes\n> # not a heading\n\nyes.\n-- \nBob"
    ),
    "what looks like Markdown": (
        "*not bold* _nor this_ `nor code` [nor](a link) ![nor](an image)\n# no heading\n1. no list\n"
        "- none\n> no quote\n---\n| no | table |\n| --- | --- |\n<b>no tag</b> &amp; \\backslash ~~~ ```"
    ),
    "indented": "Traceback:\n  File \"a.py\", line 1\n    x  =  1\nKeyError: '*'",
    "windows line ends": "one\r\ntwo\r\n\r\nthree",
    "underscores": "__init__.py and snake_case and _leading",
    "a signature": "Regards\n=======\nJürgen Groß\n+49 (0)30 123456\nhttps://example.com/~juergen/_about_\n",
}  # fmt: skip
