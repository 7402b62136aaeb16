"""URLs of the moderators' pages, and of the pages for voters and the public."""

from django.urls import path

from arena.moderation.consumers import QueueConsumer
from arena.moderation.web.case import (
    case_page,
    claim,
    image,
    return_to_queue,
    vote_page,
    voter_page,
)
from arena.moderation.web.decisions import answer, approve, ban, decide, preview_page, undo
from arena.moderation.web.log import log_export, log_page, quality_page
from arena.moderation.web.public import appeal, rulings, transparency, transparency_json
from arena.moderation.web.queue import drop_filter, queue_page, save_filter

app_name = "moderation"

urlpatterns = [
    path("moderation/", queue_page, name="queue"),
    path("moderation/cases/<int:case_id>/", case_page, name="case"),
    path("moderation/cases/<int:case_id>/votes/<int:vote_id>/", vote_page, name="vote"),
    path("moderation/cases/<int:case_id>/images/<uuid:image_id>/", image, name="image"),
    path("moderation/cases/<int:case_id>/claim/", claim, name="claim"),
    path("moderation/cases/<int:case_id>/return/", return_to_queue, name="return"),
    path("moderation/cases/<int:case_id>/ban/", ban, name="ban"),
    path("moderation/voters/<uuid:voter_id>/", voter_page, name="voter"),
    path("moderation/filters/", save_filter, name="save_filter"),
    path("moderation/filters/<int:filter_id>/", drop_filter, name="drop_filter"),
    path("moderation/preview/", preview_page, name="preview"),
    path("moderation/decide/", decide, name="decide"),
    path("moderation/decisions/<int:decision_id>/undo/", undo, name="undo"),
    path("moderation/decisions/<int:decision_id>/approve/", approve, name="approve"),
    path("moderation/appeals/<int:appeal_id>/", answer, name="answer"),
    path("moderation/quality/", quality_page, name="quality"),
    path("moderation/log/", log_page, name="log"),
    path("moderation/log.ndjson", log_export, name="log_export"),
    path("account/decisions/", rulings, name="rulings"),
    path("account/decisions/<int:decision_id>/appeal/", appeal, name="appeal"),
    path("transparency/", transparency, name="transparency"),
    path("transparency.json", transparency_json, name="transparency_json"),
]

websocket_urlpatterns = [
    path("ws/moderation/", QueueConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels takes them
]
