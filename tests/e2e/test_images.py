"""A prompt with an image: picked, pasted, described, removed, asked about, asked again."""

from io import BytesIO

import psycopg
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.e2e.accessibility import check
from tests.e2e.conftest import PHONE, Cast, Visit, Visitor

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


def pick(visitor: Visitor, data: bytes) -> None:
    visitor.reach("image-file")
    with visitor.page.expect_file_chooser() as chooser:
        visitor.press("Enter")
    file: FilePayload = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": data}
    chooser.value.set_files(file)


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desktop", "phone"])
def test_an_image_goes_with_a_prompt_by_keyboard(
    stage: Cast, visit: Visit, context: dict[str, object]
) -> None:
    stage.only("echo-one", "echo-two")
    with psycopg.connect(stage.site.postgres.url("arena")) as database:
        database.execute("UPDATE contestants_contestant SET takes_images = slug LIKE 'echo-%'")
    visitor = visit(stage.site, expected="status of 400", **context).open()
    visitor.page.on("filechooser", lambda _: None)  # from now on no window of the system opens
    expect(visitor.see("image-chosen")).to_be_hidden()
    expect(visitor.see("prompt")).to_be_focused()
    pick(visitor, b"no image")
    expect(visitor.see("image-error")).to_contain_text("cannot be read as an image")
    visitor.see("prompt").evaluate(PASTE)  # which the browser could show, and the server does not
    expect(visitor.see("image-chosen")).to_be_visible()
    visitor.reach("prompt", "Shift+Tab")
    visitor.page.keyboard.type("Which colour?")
    visitor.press("Control+Enter")
    expect(visitor.see("prompt-error")).to_contain_text("Only PNG")
    visitor.reach("image-remove")
    visitor.press("Enter")
    expect(visitor.see("image-chosen")).to_be_hidden()
    pick(visitor, picture())
    expect(visitor.see("image-chosen")).to_be_visible()
    visitor.reach("image-alt")
    visitor.page.keyboard.type("All teal")
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.reach("send")
    visitor.press("Enter")
    visitor.await_state("open")
    expect(visitor.see("asked-image")).to_have_js_property("naturalWidth", 320)
    expect(visitor.see("asked-image")).to_have_attribute("alt", "All teal")
    check(visitor)
    assert visitor.too_wide() <= 0
    visitor.reach("vote-a")
    visitor.press("Space")
    expect(visitor.see("reveal-title")).to_be_focused()
    visitor.reach("same-prompt")
    visitor.press("Enter")
    expect(visitor.see("reveal")).to_be_hidden()
    visitor.await_state("open")
    expect(visitor.see("asked-image")).to_have_js_property("naturalWidth", 320)
    visitor.open("account/battles/")
    expect(visitor.see("own-image").first).to_have_attribute("alt", "All teal")
    check(visitor)
