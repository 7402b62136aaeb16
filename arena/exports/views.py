"""Download published exports, and the library that verifies them."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from arena.exports.library import NOTEBOOK, notebook, wheel
from arena.exports.models import Export
from arena.exports.selectors import MANIFEST, folder_of

PART = 1 << 18  # bytes sent at a time
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
CONTENT_TYPES = {
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".ndjson": "application/x-ndjson",
    ".gz": "application/gzip",
    ".parquet": "application/vnd.apache.parquet",
}


@require_safe
def export_file(request: HttpRequest, name: str, path: str) -> HttpResponseBase:
    """A file of an export, or the part that a Range header asks for (RFC 9110, section 14)."""
    export = get_object_or_404(Export, name=name)
    if path != MANIFEST and path not in export.manifest["files"]:
        raise Http404("This export has no such file.")
    file = folder_of(name) / path
    if not file.is_file():
        raise Http404("This export is no longer kept.")
    size = file.stat().st_size
    etag = f'"{name}/{path}"'  # a file never changes
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": etag,
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    begin, end = 0, size
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    partial = bool(asked) and request.headers.get("If-Range", etag) == etag
    if asked and partial:
        begin, end = _range(asked, size)
        if begin >= end:
            headers["Content-Range"] = f"bytes */{size}"
            return HttpResponse(status=416, headers=headers)
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    response = StreamingHttpResponse(
        () if request.method == "HEAD" else _parts(file, begin, end),
        status=206 if partial else 200,
        content_type=CONTENT_TYPES[file.suffix],
        headers=headers,
    )
    response["Content-Length"] = str(end - begin)
    return response


def _range(asked: re.Match[str], size: int) -> tuple[int, int]:
    """The first byte to send and the one after the last; an empty range if there are none."""
    first, last = asked.groups()
    if first:
        return int(first), min(int(last) + 1, size) if last else size
    return (max(0, size - int(last)), size) if last else (size, size)


async def _parts(path: Path, begin: int, end: int) -> AsyncIterator[bytes]:
    """The bytes of a file, read in a thread so that the event loop goes on."""
    with path.open("rb") as file:
        file.seek(begin)
        while begin < end:
            part = await asyncio.to_thread(file.read, min(PART, end - begin))
            if not part:
                return
            begin += len(part)
            yield part


@require_safe
def library(request: HttpRequest, name: str) -> HttpResponse:
    """The rating library as a wheel, for pip."""
    built = wheel()
    if name != built.name:
        raise Http404("The library has a newer version; the verification page has its address.")
    etag = f'"{built.sha256}"'
    headers = {
        "Cache-Control": "public, no-cache",  # an upgrade may change it under the same name
        "ETag": etag,
        "Access-Control-Allow-Origin": "*",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(built.content, content_type="application/zip", headers=headers)


@require_safe
def recompute(request: HttpRequest) -> HttpResponse:
    """The notebook that recomputes a board of this site."""
    site = request.build_absolute_uri("/").rstrip("/")
    headers = {
        "Cache-Control": "public, no-cache",
        "Content-Disposition": f'attachment; filename="{NOTEBOOK.name}"',
        "Access-Control-Allow-Origin": "*",
    }
    content = notebook(site, reverse("exports:library", args=[wheel().name]))
    return HttpResponse(content, content_type="application/x-ipynb+json", headers=headers)
