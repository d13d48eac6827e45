"""Things that nobody else may read, each made up here, and texts that only look as if they held one."""

from __future__ import annotations

from syncd.core.redact import Sort

SECRETS = (
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "glpat-abcdefghij0123456789",
    "xoxb" + "-123456789012-abcdefghijklmnop",
    "sk_" + "live_abcdefghijklmnop012345",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlX29mX2l0",
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz012345",
)
ANNOUNCED = (
    ("password=", "hunter2hunter2"),
    ('"password": "', "correct horse battery"),
    ("Passwort: ", "geheim!1"),
    ("my password is ", "Tr0ub4dor&3"),
    ("api_key = ", "0123456789abcdef"),
    ("Authorization: Bearer ", "abcdef0123456789"),
    ("Authorization: Basic ", "dXNlcjpwYXNzd29yZA=="),
    ("Cookie: ", "sid=abcdef0123; theme=dark"),
    ("https://shop.example/?a=1&access_token=", "abcdef0123456789"),
    ("https://ana:", "s3cr3t-pw@db.example"),
    ("AccountKey=", "bm90IGEgcmVhbCBrZXkgYXQgYWxs=="),
)
"""What announces a secret, and the secret."""
KEY_BLOCK = """-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAwJ2bE3t5cZ0Qb1J5r4
q8cJm4l0y0tB1c2d3e4f5g6h7i8j9k0l==
-----END RSA PRIVATE KEY-----"""
CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "3530111333300000")
GROUPED = ("4111 1111 1111 1111", "5555-5555-5555-4444", "3782 822463 10005", "6011.1111.1111.1117")
IBANS = ("DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "FR14 2004 1010 0505 0001 3M02 606")
IDS = ("123-45-6789", "12345678Z", "X1234567L", "RSSMRA85T10A562S", "529.982.247-25", "AB123456C")
EMAILS = ("ana@customer.example", "ana.lopez+shop@mail.customer.example", "müller@büro.example")
PHONES = ("+49 30 1234567", "+1 (415) 555-2671", "(415) 555-2671", "415-555-2671", "030/1234567", "01 23 45 67 89")

PLANTED: tuple[tuple[str, Sort], ...] = (
    *((text, Sort.SECRET) for text in SECRETS),
    *((text, Sort.CARD) for text in (*CARDS, *GROUPED, *IBANS)),
    *((text, Sort.ID) for text in IDS),
    *((text, Sort.EMAIL) for text in EMAILS),
    *((text, Sort.PHONE) for text in PHONES),
)

HARMLESS = (
    "It fails since v1.2.3, also in 2024.10.1-rc.2+build.20240101 and 10.0.19045.3693.",
    "Host 192.168.0.12:8080, also fe80::1ff:fe23:4567:890a, ports 8080 8081 8082 8083 and 5000 5001 5002 5003.",
    "Ids 550e8400-e29b-41d4-a716-446655440000 and 00000000-0000-0000-0000-000000000000.",
    "On 2024-05-01T10:00:00+0200, 01.02.2024 12:30, 05-06-2024 12:30:15, 12/31/2024, at 17:05:09.123.",
    "Tickets #4711, CORE-7, SUP-123456, order 1234567890, invoice 2024-000123, epoch 1700000000000.",
    "Commit 9fceb02d0ae598e95dc970b74767f19372d61af8, sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495.",
    "    at java.lang.Thread.run(Thread.java:748) [app.jar!/:1.0.0] com.foo.Bar@1a2b3c4d 0x7ffee4b2c8d0",
    "Traceback: File \"/srv/app.py\", line 12, in <module>\n    token = get_token(user)\nKeyError: 'token'",
    "The password reset does not work; the token is expired; password: is not accepted; the secret is out.",
    "`password=null`, `token=${TOKEN}`, `secret: ***`, `apiKey: undefined`",
    "Clone git@github.com:org/repo.git, see icon@2x.png, npm i react@18.2.0, @media print, run@app.js:10:5",
    "| a | b |\n|---|---|\n| 1 | 2.5 |\n\n```python\nx = a * b ** 2\n```\n\n[docs](https://docs.example/a_b?x=1#y)",
    "Orders 4111111111111112, 5105-1051-0510-5101, DE89370400440532013001, 12345678A, 529.982.247-26, 000-12-3456.",
    "Prices 1,234.56 and 1.234,56 EUR, 50 %, ratio 16:9, 3x4, 100%25, temperature -12.5",
    "Größe, 日本語のテキスト, emoji 👩‍👩‍👧 stay; so does a soft\u00adhyphen.",
)
