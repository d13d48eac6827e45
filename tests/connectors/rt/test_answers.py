"""What RT's connector makes of answers that no recording holds: a limit of a proxy, pictures in texts."""

from __future__ import annotations

import httpx
import pytest

from syncd.core.model import Visibility
from syncd.sdk.errors import RateLimited
from syncd_rt import RequestTracker, RtConfig
from syncd_rt.snapshot import conversation
from syncd_rt.wire import StoredPart, Transaction

CONFIG = RtConfig(connector="rt", url="http://127.0.0.1:1", token="t", user="syncbot")  # type: ignore[arg-type]


@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_limit_of_a_proxy_is_obeyed() -> None:
    """RT itself has none."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(429, headers={"retry-after": "93"})

    rt = RequestTracker(CONFIG, transport=httpx.MockTransport(answer))
    with pytest.raises(RateLimited) as limited:
        await rt.update("1", {"subject": "x"}, expect="1")
    assert limited.value.retry_after == 93
    with pytest.raises(RateLimited):
        await rt.update("1", {"subject": "x"}, expect="1")
    assert len(asked) == 1, "nothing is asked until then"
    await rt.aclose()


@pytest.mark.shows("inline images")
def test_a_picture_in_a_mail_is_a_file_beside_its_text() -> None:
    """Mails name their pictures by `cid:`, and RT keeps each as a part of the message, often without a file name."""
    said = Transaction.model_validate({"id": "9", "Type": "Correspond", "Creator": {"id": "carol"}})
    parts = [
        StoredPart(id="1", TransactionId="9", ContentType="multipart/related"),
        StoredPart(id="2", TransactionId="9", ContentType="text/html", Content='see <img src="cid:a"> above'),
        StoredPart(id="3", TransactionId="9", ContentType="image/png", Headers="Content-Length: 3"),
    ]
    _, thread = conversation("1", [said], parts, own="syncbot")
    [comment] = thread.comments
    [image] = comment.attachments
    assert (image.name, image.media_type, image.size) == ("part-3", "image/png", 3)
    assert image.visibility is Visibility.PUBLIC
    assert "see" in comment.body.text
