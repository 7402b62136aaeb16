"""A prompt with an image: picked, pasted, described, removed, asked about, asked again."""

from io import BytesIO

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.e2e.conftest import PHONE, Cast, Visit
from tests.e2e.test_accessibility import check

pytestmark = pytest.mark.timeout(300)  # the first test also starts a site

PASTE = """(prompt) => {
  const files = new DataTransfer();
  const svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='alert(1)'/>";
  files.items.add(new File([svg], "a.svg", { type: "image/svg+xml" }));
  prompt.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true }));
}"""


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (320, 160), "teal").save(file, "JPEG")
    return file.getvalue()


def upload(data: bytes) -> FilePayload:
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": data}


def test_an_image_goes_with_a_prompt(stage: Cast, visit: Visit) -> None:
    stage.only("echo-one", "echo-two")
    with psycopg.connect(stage.site.postgres.url("arena")) as database:
        database.execute("UPDATE contestants_contestant SET takes_images = slug LIKE 'echo-%'")
    visitor = visit(stage.site, expected="status of 400", **PHONE).open()
    expect(visitor.see("image-chosen")).to_be_hidden()
    visitor.see("image-file").set_input_files(upload(b"no image"))
    expect(visitor.see("image-error")).to_contain_text("no image that can be read")
    visitor.see("prompt").evaluate(PASTE)  # which the browser could show, and the server does not
    expect(visitor.see("image-chosen")).to_be_visible()
    visitor.ask("Which colour?")
    expect(visitor.see("prompt-error")).to_contain_text("Only PNG")
    visitor.see("image-remove").press("Enter")
    expect(visitor.see("image-chosen")).to_be_hidden()
    visitor.see("image-file").set_input_files(upload(picture()))
    visitor.see("image-alt").fill("All teal")
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.see("send").tap()
    visitor.await_state("open")
    expect(visitor.see("asked-image")).to_have_js_property("naturalWidth", 320)
    expect(visitor.see("asked-image")).to_have_attribute("alt", "All teal")
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.see("vote-a").tap()
    visitor.see("same-prompt").tap()
    expect(visitor.see("reveal")).to_be_hidden()
    visitor.await_state("open")
    expect(visitor.see("asked-image")).to_have_js_property("naturalWidth", 320)
    visitor.open("mine/")
    expect(visitor.see("own-image").first).to_have_attribute("alt", "All teal")
    check(visitor)
